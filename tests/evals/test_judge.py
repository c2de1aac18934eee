from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals.comparison.thresholds import check, parse_thresholds
from evals.errors import CaseError
from evals.outcome import ABSTAINED
from evals.runs.judge import JUDGEMENT_NAMES, judge_answers, load_answers
from evals.runs.report import judgement_json, write_judgement
from rag.verify.verifier import HermeticVerifier

BAD_ANSWERS = Path(__file__).parents[2] / "examples" / "bad_answers.jsonl"
GATE = parse_thresholds(["faithfulness=0.9"], known=JUDGEMENT_NAMES)


def write(folder: Path, *lines: object) -> Path:
    path = folder / "answers.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def test_the_stored_bad_answers_fail_the_gate() -> None:
    judgement = judge_answers(BAD_ANSWERS)
    assert len(judgement.answers) >= 12
    assert float(judgement.measures["faithfulness"].value) < 0.5
    assert float(judgement.measures["citation_recall"].value) < 0.5
    assert [failure.threshold.measure for failure in check(judgement.measures, GATE)] == ["faithfulness"]


@pytest.mark.parametrize(
    "kind", ["wrong number", "wrong scale", "wrong currency", "wrong date", "swapped name", "invented policy",
             "wrong citation", "no citation", "half invented"]
)  # fmt: skip
def test_every_bad_answer_of_the_kind_is_caught(kind: str) -> None:
    kinds = [json.loads(line)["kind"] for line in BAD_ANSWERS.read_text(encoding="utf-8").splitlines()]
    scores = [judged.scores["faithfulness"] for judged in judge_answers(BAD_ANSWERS).answers]
    assert {score for score, of in zip(scores, kinds, strict=True) if of == kind} == {0.0}


def test_the_same_questions_answered_verbatim_pass_the_gate(tmp_path: Path) -> None:
    good = [
        {
            "id": answer.id,
            "question": answer.question,
            "sentences": [{"text": quote, "evidence": [quote]} for claim in answer.claims for quote in claim.quotes],
        }
        for answer in load_answers(BAD_ANSWERS)
        if any(claim.quotes for claim in answer.claims)
    ]
    judgement = judge_answers(write(tmp_path, *good))
    assert judgement.measures["faithfulness"].value == 1.0
    assert check(judgement.measures, GATE) == ()


def test_the_verdicts_stored_with_an_answer_are_not_believed(tmp_path: Path) -> None:
    lie = {
        "id": "a",
        "question": "How long?",
        "text": "It takes 26 weeks. [1]",
        "abstained": False,
        "sentences": [{"text": "It takes 26 weeks.", "verdict": "supported", "score": 1.0, "citations": [1]}],
        "citations": [{"number": 1, "quote": "It takes 16 weeks."}],
    }
    judgement = judge_answers(write(tmp_path, lie), verifier=HermeticVerifier())
    assert judgement.measures["faithfulness"].value == 0.0
    assert judgement_json(judgement)["answers"][0]["sentences"][0]["verdict"] == "contradicted"


def test_abstentions_are_counted_and_judged_against_the_case(tmp_path: Path) -> None:
    said = {"question": "Dog?", "text": "The documents do not answer this.", "abstained": True, "sentences": []}
    judgement = judge_answers(write(tmp_path, said | {"id": "a", "answerable": False}, said | {"id": "b"}))
    assert judgement.measures["abstention_precision"].value == 0.5
    assert judgement.measures["faithfulness"].value is ABSTAINED


def test_a_judgement_is_written_the_same_twice(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_judgement(judge_answers(BAD_ANSWERS), tmp_path / name)
    for name in ("judgement.json", "judgement.md"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert "26 weeks" in (tmp_path / "one" / "judgement.md").read_text(encoding="utf-8")


SENTENCE = {"text": "A.", "citations": [1]}


@pytest.mark.parametrize(
    ("line", "word"),
    [
        pytest.param({"id": "a", "question": "Q?"}, "neither abstained nor any sentences", id="says-nothing"),
        pytest.param({"id": "a", "question": "Q?", "sentences": [SENTENCE]}, r"cites \[1\]", id="dangling-citation"),
        pytest.param({"question": "Q?", "sentences": [{"text": "A."}]}, "required", id="no-id"),
        pytest.param({"id": "a", "question": "Q?", "sentences": [{"text": " "}]}, "at least 1", id="blank-sentence"),
    ],
)
def test_a_line_that_is_no_answer_is_refused(tmp_path: Path, line: object, word: str) -> None:
    with pytest.raises(CaseError, match=word):
        judge_answers(write(tmp_path, line))


def test_an_answer_that_declines_in_words_abstained_unless_the_line_says_otherwise(tmp_path: Path) -> None:
    declined = {"question": "When?", "sentences": [{"text": "I'm sorry, but the text provided does not say."}]}
    path = write(tmp_path, {"id": "a"} | declined, {"id": "b", "abstained": False} | declined)
    assert [answer.abstained for answer in load_answers(path)] == [True, False]
