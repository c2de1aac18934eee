"""Two run folders compared: what is won, what is lost, and what a difference comes from."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evals.case import Case, Evidence
from evals.comparison.compare import compare_runs, comparison_json
from evals.errors import EvalError, RunError
from evals.outcome import ABSTAINED
from evals.runs.fingerprints import case_digest, cases_fingerprint, changed
from evals.runs.run_folder import read_run
from indexers.settings import EmbedderSettings
from rag import Rag
from rag.settings import Settings


def write_run(folder: Path, cases: dict[str, dict[str, Any]], fingerprints: Mapping[str, str] | None = None) -> Path:
    """A run folder with nothing but what is read; each case has its scores and may say more."""
    names = [name for row in cases.values() for name in row["scores"]]
    measures = {name: {"value": 0.5} for name in dict.fromkeys(names)}
    rows = [
        {"id": name, "question": f"{name}?", "answerable": True, "abstained": False, "digest": name, **row}
        for name, row in cases.items()
    ]
    known = {"documents": "d", "cases": "c", "settings": "s", "verifier": "v", "program": "p", **(fingerprints or {})}
    folder.mkdir(parents=True)
    (folder / "report.json").write_text(json.dumps({"fingerprints": known, "measures": measures, "cases": rows}))
    return folder


def right(value: float, **more: object) -> dict[str, Any]:
    return {"scores": {"accuracy": value, "answer_correctness": value}, **more}


def test_wins_and_losses_are_listed_with_question_and_what_changed(tmp_path: Path) -> None:
    a = write_run(tmp_path / "a", {"won": right(0.0, answer="Five."), "lost": right(1.0), "same": right(1.0)})
    b = write_run(tmp_path / "b", {"won": right(1.0, answer="Six."), "lost": right(0.0), "same": right(1.0)})
    told = comparison_json(compare_runs(read_run(a), read_run(b)))
    (won,), (lost,) = told["wins"], told["losses"]
    assert (won["question"], won["a"], won["b"]) == ("won?", "Five.", "Six.")
    assert won["changes"] == {"accuracy": [0.0, 1.0], "answer_correctness": [0.0, 1.0]}
    assert lost["id"] == "lost"
    assert told["measures"]["accuracy"]["difference"] == 0.0
    assert told["correction"] == "holm"


def test_an_equal_answer_that_its_sources_no_longer_bear_out_is_a_loss(tmp_path: Path) -> None:
    faithful = {"accuracy": 1.0, "faithfulness": 1.0}
    a = write_run(tmp_path / "a", {"x": {"scores": faithful}, "y": {"scores": faithful}})
    b = write_run(
        tmp_path / "b",
        {"x": {"scores": faithful | {"faithfulness": 0.5}}, "y": {"scores": faithful | {"faithfulness": "abstained"}}},
    )
    comparison = compare_runs(read_run(a), read_run(b))
    assert [(one.a.id, one.decided_by) for one in comparison.losses] == [("x", "faithfulness")]
    assert comparison.b.cases["y"].scores["faithfulness"] is ABSTAINED


def test_cases_of_one_run_alone_and_edited_ones_are_named_and_left_out(tmp_path: Path) -> None:
    a = write_run(tmp_path / "a", {"both": right(1.0), "gone": right(1.0), "other": right(1.0)})
    b = write_run(tmp_path / "b", {"both": right(1.0), "new": right(0.0), "other": right(0.0, digest="edited")})
    comparison = compare_runs(read_run(a), read_run(b))
    assert (comparison.only_a, comparison.only_b, comparison.edited) == (("gone",), ("new",), ("other",))
    assert comparison.cases == 1
    assert comparison.losses == ()


@pytest.mark.parametrize("part", ["documents", "cases", "settings", "verifier", "program"])
def test_a_difference_is_attributed(tmp_path: Path, part: str) -> None:
    a = read_run(write_run(tmp_path / "a", {"x": right(1.0)}))
    b = read_run(write_run(tmp_path / "b", {"x": right(1.0)}, {part: "another"}))
    assert compare_runs(a, b).differs == (part,)
    assert compare_runs(a, a).differs == ()
    settings = compare_runs(
        replace(a, asked_with={"fusion.late_weight": 1.5, "window.k": 1}),
        replace(b, asked_with={"fusion.late_weight": 0.0, "window.k": 1}),
    ).settings
    assert settings == {"fusion.late_weight": (1.5, 0.0)}


def test_fingerprints_of_cases_tell_an_edit_and_neither_their_order_nor_a_field_left_out() -> None:
    case = Case("a", "Why?", "Since", evidence=(Evidence("x.md", quote="since"),))
    other = Case("b", "How?")
    assert cases_fingerprint([case, other]) == cases_fingerprint([other, case])
    assert cases_fingerprint([case, other]) != cases_fingerprint([case])
    assert case_digest(case) == case_digest(replace(case, answerable=True, kind=""))
    edits = [replace(case, reference="For"), replace(case, answerable=False), replace(case, evidence=())]
    assert len({case_digest(one) for one in [case, *edits]}) == 4
    assert changed({"a": "1", "old": "1"}, {"a": "1", "new": "1"}) == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("{", "not a run", id="no-json"),
        pytest.param('{"measures": {}}', "fingerprints", id="another-file"),
        pytest.param(
            '{"fingerprints": {}, "measures": {"accuracy": {"value": NaN}}}', "measures.accuracy", id="not-a-number"
        ),
        pytest.param(None, "No such file", id="missing"),
    ],
)
def test_what_is_no_run_is_refused_by_name(tmp_path: Path, text: str | None, told: str) -> None:
    if text is not None:
        (tmp_path / "report.json").write_text(text)
    with pytest.raises(RunError, match=told) as refused:
        read_run(tmp_path)
    assert "report.json" in str(refused.value)


def test_runs_without_a_common_case_and_measures_that_are_not_there_are_refused(tmp_path: Path) -> None:
    a, b = (read_run(write_run(tmp_path / name, {name: right(1.0)})) for name in "ab")
    with pytest.raises(EvalError, match="no case in common"):
        compare_runs(a, b)
    with pytest.raises(EvalError, match="no measure 'acuracy'"):
        compare_runs(a, a, names=["acuracy"])


ASK_TWICE = """
import sys
from pathlib import Path
from evals.case import load_cases
from evals.runs.fingerprints import asked_with
from evals.runs.report import write_report
from evals.runs.run import run_cases
from rag import Rag
from rag.settings import load_settings
index, cases, out = map(Path, sys.argv[1:])
settings = load_settings(overrides={"index": index, "embedder.model": "hashing"})
with Rag.open(index, settings=settings) as rag:
    write_report(run_cases(rag, load_cases(cases), asked_with=asked_with(settings)), out)
"""


def test_the_same_run_in_another_process_is_the_same_to_the_byte(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    for name, text in {"leave": "Staff may take 16 weeks of leave.", "dogs": "Dogs are welcome on Fridays."}.items():
        (tmp_path / "docs" / f"{name}.md").write_text(f"# {name.title()}\n\n{text}\n")
    settings = Settings(embedder=EmbedderSettings(model="hashing"))
    with Rag.open(tmp_path / "index", settings=settings, create=True) as rag:
        rag.index([tmp_path / "docs"])
    cases = [
        {"id": "weeks", "question": "How many weeks?", "reference": "16", "evidence": []},
        {"id": "mars", "question": "Who was first on Mars?", "answerable": False},
    ]
    (tmp_path / "cases.jsonl").write_text("\n".join(map(json.dumps, cases)))
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", ASK_TWICE, tmp_path / "index", tmp_path / "cases.jsonl", tmp_path / seed],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
        )
    for name in ("report.json", "report.md", "answers.jsonl"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes(), name
    assert set(read_run(tmp_path / "1").fingerprints) == {"documents", "cases", "settings", "verifier", "program"}


def test_no_case_is_lost_where_an_id_is_called_as_another_ones_second(tmp_path: Path) -> None:
    rows = [
        {"id": name, "question": f"{at}?", "answerable": True, "abstained": False, "scores": {"accuracy": 1.0}}
        for at, name in enumerate(["x (2)", "x", "x", "x"])
    ]
    (tmp_path / "report.json").write_text(
        json.dumps({"fingerprints": {}, "measures": {"accuracy": {"value": 1.0}}, "cases": rows})
    )
    cases = read_run(tmp_path).cases
    assert list(cases) == ["x (2)", "x", "x (3)", "x (4)"]
    assert [case.question for case in cases.values()] == ["0?", "1?", "2?", "3?"]
