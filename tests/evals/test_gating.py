"""A stored run at the gate: what passes, what fails, and what a CI service and a pull request are shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from evals.comparison.baseline import Baseline, read_baseline, write_baseline
from evals.comparison.compare import main_measures
from evals.comparison.gate import Gate, gate_run
from evals.comparison.gate_markdown import gate_markdown
from evals.comparison.junit import junit_xml
from evals.comparison.thresholds import Threshold
from evals.errors import EvalError, RunError
from evals.outcome import ABSTAINED
from evals.runs.run_folder import StoredRun, read_run

NASTY = 'It costs \x1b[31m"5" <b>&\x00\ufffe\u2028 ]]> `x` | [a](http://a.example)'


def stored(folder: Path, correct: list[bool], **more: object) -> StoredRun:
    """A run with a case for each value; ``more`` goes into every case."""
    rows: list[dict[str, Any]] = [
        {
            "id": f"case {at}",
            "question": f"Question {at}?",
            "digest": str(at),
            "answerable": True,
            "abstained": False,
            "failed": not right,
            "answer": "Five.",
            "reference": "Six.",
            "scores": {"accuracy": float(right), "answer_correctness": float(right), "faithfulness": "abstained"},
            **more,
        }
        for at, right in enumerate(correct)
    ]
    mean = sum(correct) / len(correct)
    figures = {
        "fingerprints": {"documents": "d", "cases": "c", "settings": "s", "verifier": "v", "program": "p"},
        "measures": {
            "accuracy": {"value": mean},
            "answer_correctness": {"value": mean},
            "faithfulness": {"value": "abstained"},
        },
        "cases": rows,
    }
    folder.mkdir()
    (folder / "report.json").write_text(json.dumps(figures, ensure_ascii=True))
    return read_run(folder)


def failed_checks(gate: Gate) -> list[str]:
    return [check.name for check in gate.checks if not check.passed]


def test_a_baseline_says_of_every_case_what_the_run_said(tmp_path: Path) -> None:
    run = stored(tmp_path / "run", [True, False, True, False])
    file = tmp_path / "some" / "baseline.json"
    write_baseline(run, file, measures=main_measures(run), thresholds=[Threshold("accuracy", 0.6)])
    baseline = read_baseline(file)
    assert baseline.thresholds == (Threshold("accuracy", 0.6),)
    assert baseline.run.measures == {name: run.measures[name] for name in main_measures(run)}
    assert baseline.run.cases["case 1"].scores["faithfulness"] is ABSTAINED
    for name, case in run.cases.items():
        kept = baseline.run.cases[name]
        assert (kept.scores, kept.said, kept.failed, kept.digest) == (case.scores, case.said, case.failed, case.digest)
    text = file.read_text()
    assert "Question" not in text, "a baseline holds figures and no text"
    assert sum('"case ' in line for line in text.splitlines()) == 4, "a case a line"


@pytest.mark.parametrize(
    ("before", "now", "fails"),
    [
        pytest.param([True] * 20, [True] * 20, [], id="the-same"),
        pytest.param([True] * 20, [True] * 19 + [False], [], id="one-case-may-be-luck"),
        pytest.param(
            [True] * 20,
            [True] * 10 + [False] * 10,
            ["no significant loss of accuracy", "no significant loss of answer_correctness"],
            id="ten-cases-are-not",
        ),
        pytest.param([False] * 20, [True] * 20, [], id="better"),
    ],
)
def test_a_significant_loss_fails(tmp_path: Path, before: list[bool], now: list[bool], fails: list[str]) -> None:
    gate = gate_run(stored(tmp_path / "now", now), Baseline(stored(tmp_path / "before", before)), ())
    assert failed_checks(gate) == fails
    assert gate.passed == (not fails)


def test_thresholds_of_the_baseline_count_unless_others_are_given(tmp_path: Path) -> None:
    run = stored(tmp_path / "run", [True, False])
    baseline = Baseline(run, (Threshold("accuracy", 0.6), Threshold("answer_correctness", 0.1)))
    assert failed_checks(gate_run(run, baseline, ())) == ["accuracy at least 0.6"]
    assert gate_run(run, baseline, [Threshold("accuracy", 0.4)]).passed
    assert failed_checks(gate_run(run, None, [Threshold("faithfulness", 0.1)])) == ["faithfulness at least 0.1"]


def test_a_case_taken_out_or_edited_and_a_measure_no_longer_taken_fail(tmp_path: Path) -> None:
    before = stored(tmp_path / "before", [True, False, False])
    now = stored(tmp_path / "now", [True, True], digest="0")
    gate = gate_run(now, Baseline(before), ())
    assert failed_checks(gate) == ["every case of the baseline is there, as it was"]
    (found,) = [check.found for check in gate.checks if not check.passed]
    assert found.startswith("case 2 is gone, case 1 was edited; ")
    lacking = StoredRun(now.path, now.fingerprints, {}, {"accuracy": 1.0}, before.cases)
    assert failed_checks(gate_run(lacking, Baseline(before), ())) == [
        "answer_correctness is measured",
        "faithfulness is measured",
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param(lambda one: one.pop("format"), "format", id="no-format"),
        pytest.param(lambda one: one.update(extra=1), "extra", id="unknown-key"),
        pytest.param(lambda one: one["cases"]["case 0"]["scores"].pop(), "cases.case 0.scores", id="too-few-figures"),
    ],
)
def test_what_is_no_baseline_is_refused_by_field(tmp_path: Path, change: Any, told: str) -> None:
    run = stored(tmp_path / "run", [True])
    file = tmp_path / "baseline.json"
    write_baseline(run, file, measures=main_measures(run), thresholds=())
    value = json.loads(file.read_text())
    change(value)
    file.write_text(json.dumps(value))
    with pytest.raises(RunError, match=told):
        read_baseline(file)
    with pytest.raises(EvalError, match="no measure 'acuracy'"):
        write_baseline(run, file, measures=["acuracy"], thresholds=())


ATTRIBUTES = {
    "testsuites": ({"name"}, set()),
    "testsuite": ({"name", "tests", "failures", "errors"}, {"skipped", "time"}),
    "properties": (set(), set()),
    "property": ({"name", "value"}, set()),
    "testcase": ({"name", "classname", "time"}, set()),
    "failure": ({"message", "type"}, set()),
    "error": ({"message", "type"}, set()),
    "skipped": ({"message"}, set()),
}
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase"},
    "properties": {"property"},
    "testcase": {"failure", "error", "skipped"},
}


def valid(xml: str) -> ET.Element:
    """The document, read strictly and held to what JUnit's schemas of Jenkins and Ant have in common."""
    root = ET.fromstring(xml.encode())  # noqa: S314  it is our own
    assert root.tag == "testsuites"
    for element in root.iter():
        must, may = ATTRIBUTES[element.tag]
        assert must <= set(element.attrib) <= must | may, element.tag
        assert {child.tag for child in element} <= CHILDREN.get(element.tag, set())
    for suite in root:
        tests = suite.findall("testcase")
        assert int(suite.attrib["tests"]) == len(tests)
        for plural, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.attrib[plural]) == sum(test.find(kind) is not None for test in tests)
    return root


def outcomes(root: ET.Element, suite: str) -> dict[str, str]:
    return {
        test.attrib["name"]: next((child.tag for child in test), "passed")
        for test in root.findall(f"./testsuite[@name='{suite}']/testcase")
    }


def test_junit_has_a_test_a_check_and_a_test_a_failed_case(tmp_path: Path) -> None:
    before = stored(tmp_path / "before", [False, True, True])
    now = stored(tmp_path / "now", [False, False, True])
    failing = valid(junit_xml(gate_run(now, Baseline(before, (Threshold("accuracy", 0.9),)), ())))
    assert outcomes(failing, "checks")["accuracy at least 0.9"] == "failure"
    assert outcomes(failing, "checks")["no significant loss of accuracy"] == "passed"
    assert outcomes(failing, "cases") == {"case 0": "skipped", "case 1": "failure"}
    passing = valid(junit_xml(gate_run(now, Baseline(before), ())))
    assert set(outcomes(passing, "checks").values()) == {"passed"}
    assert outcomes(passing, "cases") == {"case 0": "skipped", "case 1": "skipped"}, "green stays green"


def test_an_error_in_the_place_of_an_answer_is_a_junit_error(tmp_path: Path) -> None:
    run = stored(tmp_path / "run", [False], error="EndpointFailed: 500")
    root = valid(junit_xml(gate_run(run, None, [Threshold("accuracy", 0.5)])))
    assert outcomes(root, "cases") == {"case 0": "error"}


def test_what_documents_and_models_say_breaks_neither_the_xml_nor_the_markdown(tmp_path: Path) -> None:
    run = stored(tmp_path / "run", [False], question=NASTY, answer=NASTY, id=NASTY)
    before = stored(tmp_path / "before", [True], id=NASTY)
    gate = gate_run(run, Baseline(before), [Threshold("accuracy", 0.5)])
    root = valid(junit_xml(gate))
    (case,) = root.findall("./testsuite[@name='cases']/testcase")
    assert '\\x1b[31m"5" <b>&\\x00' in case.attrib["name"]
    text = gate_markdown(gate)
    assert "FAILED" in text
    assert "<b>" not in text
    assert "](http" not in text
    assert gate_markdown(gate) == text


def test_the_markdown_names_what_changed_since_the_baseline(tmp_path: Path) -> None:
    before = stored(tmp_path / "before", [True, True])
    now = stored(tmp_path / "now", [True, False])
    now = StoredRun(now.path, {**now.fingerprints, "documents": "e"}, {}, now.measures, now.cases)
    text = gate_markdown(gate_run(now, Baseline(before), ()))
    assert "passed" in text
    assert "The documents changed since the baseline" in text
    assert "1 cases lost" in text
    assert "case 1: Question 1?" in text
