"""A verifier against a file of labelled claims: which lines are read, and what `rag eval verify` writes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from api.cli import main
from evals.errors import EvalError, LabelError
from evals.verifier.labelled import Labelled, load_labelled
from evals.verifier.verify import verification_json, verify_labelled
from rag.errors import NoVerdict
from rag.verify.verifier import HermeticVerifier

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from rag.verify.evidence import Evidence
    from rag.verify.verdict import Verdict

    Run = Callable[..., "Told"]

LEAVE = "Employees may take 16 weeks of parental leave at full pay."
LINES: list[dict[str, Any]] = [
    {"id": "a", "context": LEAVE, "claim": "Employees may take 16 weeks of parental leave.", "label": 1, "set": "hr"},
    {"id": "b", "context": LEAVE, "claim": "Employees may take 18 weeks of parental leave.", "label": 0, "set": "hr"},
    {"context": ["Dogs are welcome.", LEAVE], "claim": "Dogs are welcome.", "label": True, "set": "pets"},
    {"id": "d", "context": [], "claim": "Cats are welcome.", "label": 0, "set": "pets"},
]


class Told(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """`rag eval verify` in this process."""

    def command(*arguments: object) -> Told:
        capsys.readouterr()
        code = main(["eval", "verify", *map(str, arguments)])
        told = capsys.readouterr()
        return Told(code, told.out, told.err)

    return command


def write(path: Path, *lines: object) -> Path:
    path.write_text(
        "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines), encoding="utf-8"
    )
    return path


def test_lines_are_read_with_one_text_or_several_and_numbered_where_they_have_no_id(tmp_path: Path) -> None:
    cases, wrong = load_labelled(write(tmp_path / "f.jsonl", *LINES))
    assert wrong == []
    assert [case.id for case in cases] == ["a", "b", "3", "d"]
    assert cases[2] == Labelled("3", 3, ("Dogs are welcome.", LEAVE), "Dogs are welcome.", True, "pets", "line 3")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        pytest.param("{", "line 2: Invalid JSON", id="no-json"),
        pytest.param("[1]", "line 2: Input should be an object", id="no-object"),
        pytest.param({"context": "x", "claim": "y"}, "line 2, field 'label': Field required", id="no-label"),
        pytest.param({"context": "x", "claim": "y", "label": 2}, "line 2, field 'label': a label is 1", id="label-2"),
        pytest.param({"context": "x", "claim": "y", "label": "1"}, "line 2, field 'label': a label is 1", id="text"),
        pytest.param({"context": "x", "claim": "y", "label": None}, "line 2, field 'label': a label is 1", id="null"),
        pytest.param({"context": "x", "claim": " ", "label": 1}, "line 2, field 'claim'", id="empty-claim"),
        pytest.param({"contexts": "x", "claim": "y", "label": 1}, "line 2, field 'context'", id="misspelt"),
        pytest.param({"context": {"a": 1}, "claim": "y", "label": 1}, "line 2, field 'context", id="object"),
    ],
)
def test_a_bad_line_is_named_and_costs_itself_alone(tmp_path: Path, line: object, told: str) -> None:
    cases, wrong = load_labelled(write(tmp_path / "f.jsonl", LINES[0], line, "", LINES[1]))
    assert [case.line for case in cases] == [1, 4]
    assert len(wrong) == 1
    assert wrong[0].told.startswith(told)


@pytest.mark.parametrize("content", [pytest.param("", id="empty"), pytest.param("{\n[]\n", id="nothing-good")])
def test_a_file_without_a_good_line_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "f.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(LabelError, match=r"f\.jsonl"):
        load_labelled(path)


def test_the_figures_are_those_of_the_verdicts_written_beside_them(tmp_path: Path, run: Run) -> None:
    scores = tmp_path / "scores.jsonl"
    result = run(write(tmp_path / "f.jsonl", *LINES, "{"), "--out", scores, "--json")
    figures = json.loads(result.out)
    written = [json.loads(line) for line in scores.read_text(encoding="utf-8").splitlines()]
    assert (figures["n"], figures["positives"]) == (4, 2)
    assert [line["id"] for line in written] == ["a", "b", "3", "d"]
    assert written[1]["failed_checks"] == ["number"]
    right = [(line["score"] >= figures["threshold"]) == bool(line["label"]) for line in written]
    assert figures["balanced_accuracy"] == sum(right) / 4 == 1.0
    assert all((line["verdict"] == "supported") == (line["score"] >= figures["threshold"]) for line in written)
    assert figures["verdicts"]["supported"] == {"supported": 2, "not_supported": 0}
    assert list(figures["by_set"]) == ["hr", "pets"]
    assert [(one["line"], one["field"]) for one in figures["skipped"]] == [(5, None)]
    assert "line 5" in result.err
    assert {"auroc", "f1_unsupported", "f1_flag_everything", "ece", "brier"} <= set(figures)


def test_the_same_file_gives_the_same_bytes(tmp_path: Path, run: Run) -> None:
    path = write(tmp_path / "f.jsonl", *LINES)
    assert run(path, "--json").out == run(path, "--json").out


def test_one_class_is_not_measurable_and_fails_a_threshold(tmp_path: Path, run: Run) -> None:
    path = write(tmp_path / "f.jsonl", LINES[0])
    result = run(path, "--json", "--fail-under", "auroc=0.5")
    assert json.loads(result.out)["auroc"] == "not measurable"
    assert result.code == 1
    assert "auroc" in result.err


def test_a_threshold_that_is_met_passes_and_one_that_is_no_measure_is_refused(tmp_path: Path, run: Run) -> None:
    path = write(tmp_path / "f.jsonl", *LINES)
    assert run(path, "--fail-under", "balanced_accuracy=0.7").code == 0
    refused = run(path, "--fail-under", "f1_flag_everything=0.1")
    assert refused.code == 2
    assert "f1_flag_everything" in refused.err


def test_people_read_a_table(tmp_path: Path, run: Run) -> None:
    out = run(write(tmp_path / "f.jsonl", *LINES)).out
    assert "4 claims, 2 of them supported" in out
    assert "balanced_accuracy" in out
    assert "pets" in out


class Reluctant(HermeticVerifier):
    """Has no verdict on cats."""

    def verify(self, claim: str, evidence: Evidence | Sequence[str]) -> Verdict:
        if "Cats" in claim:
            raise NoVerdict("twice nonsense")
        return super().verify(claim, evidence)


def test_a_claim_that_a_judge_has_no_verdict_on_costs_itself_alone(tmp_path: Path) -> None:
    cases, _ = load_labelled(write(tmp_path / "f.jsonl", *LINES))
    verification = verify_labelled(Reluctant(), cases)
    assert [case.id for case in verification.cases] == ["a", "b", "3"]
    assert [error.told for error in verification.skipped] == ["line 4: no verdict: twice nonsense"]
    with pytest.raises(EvalError, match="twice nonsense"):
        verify_labelled(Reluctant(), cases[3:])


def test_evidence_that_claims_share_is_judged_as_if_it_were_their_own(tmp_path: Path) -> None:
    cases, _ = load_labelled(write(tmp_path / "f.jsonl", *(LINES * 30)))
    verification = verify_labelled(HermeticVerifier(), cases)
    assert verification.verdicts[:4] == verification.verdicts[116:]
    assert verification_json(verification)["n"] == 120
