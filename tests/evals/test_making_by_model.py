"""Cases that a model writes, through the real client: what cannot be checked is left out, and counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from api.cli import main
from evals.case import load_cases
from tests.scripted_server import json_reply, scripted_server

LEAVE = (
    "Employees may take 16 weeks of parental leave at full pay, and up to 10 further weeks at 70 percent of their base "
    "salary. It must be announced at least 8 weeks before it begins. Part-time employees take it in proportion."
)
TRUE = {
    "question": "How many weeks of parental leave at full pay may employees take?",
    "answer": "Employees may take 16 weeks of parental leave at full pay.",
    "quote": LEAVE.split(". ")[0] + ".",
}


def completion(value: object) -> bytes:
    text = value if isinstance(value, str) else json.dumps(value)
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return json_reply({"choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": 9}})


@pytest.mark.parametrize(
    ("written", "refused"),
    [
        pytest.param(TRUE, None, id="kept"),
        pytest.param("no json", "not the JSON that was asked for", id="no-json"),
        pytest.param(TRUE | {"extra": 1}, "not the JSON that was asked for", id="another-key"),
        pytest.param(TRUE | {"question": "Tell me about leave."}, "no question", id="no-question"),
        pytest.param(
            TRUE | {"question": "What does the passage say of leave?"},
            "asks about the passage, which nobody has seen",
            id="about-the-passage",
        ),
        pytest.param(
            TRUE | {"quote": "Employees may take 16 weeks of leave."}, "the quote is not in the document", id="made-up"
        ),
        pytest.param(
            TRUE | {"answer": "Employees may take 26 weeks of parental leave at full pay."},
            "the quote does not bear the answer out",
            id="another-number",
        ),
    ],
)
def test_a_case_is_kept_only_if_it_can_be_checked(
    written: object,
    refused: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "leave.md").write_text(f"# Leave\n\n{LEAVE}\n")
    out = tmp_path / "cases.jsonl"
    with scripted_server(completion(written)) as model:
        monkeypatch.setenv("OPENAI_BASE_URL", model.url)
        code = main(
            ["eval", "make", str(tmp_path / "docs"), "--out", str(out), "--model", "m", "--unanswerable", "0", "--json"]
        )
        sent = model.asked[0].body["messages"]
    assert code == 0
    told = json.loads(capsys.readouterr().out)
    assert LEAVE in json.loads(sent[1]["content"])["passage"]
    if refused is not None:
        assert (told["cases"], told["refused"]) == (0, {refused: 1})
        return
    (case,) = load_cases(out)
    assert (case.question, case.reference, case.kind) == (TRUE["question"], TRUE["answer"], "by model")
    assert case.evidence[0].quote == TRUE["quote"]


def test_an_endpoint_that_fails_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "docs").mkdir()
    for number in range(6):
        (tmp_path / "docs" / f"{number}.md").write_text(f"# Leave {number}\n\n{LEAVE} Number {number}.\n")
    with scripted_server(json_reply({"error": {"message": "no"}}, status=400)) as model:
        monkeypatch.setenv("OPENAI_BASE_URL", model.url)
        code = main(["eval", "make", str(tmp_path / "docs"), "--out", str(tmp_path / "c.jsonl"), "--model", "m"])
    assert code == 2
    assert "the model made nothing; the endpoint failed" in capsys.readouterr().err
    assert not (tmp_path / "c.jsonl").exists()
