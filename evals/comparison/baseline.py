"""A baseline: a run's figures, case by case and without any text, small enough to be committed beside the cases."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict

from evals.comparison.thresholds import Threshold
from evals.errors import EvalError, RunError
from evals.outcome import NOT_MEASURABLE, PLACES, Gap
from evals.runs.report import write_file
from evals.runs.run_folder import Cell, StoredCase, StoredRun, read_model, read_run
from evals.scores import Said

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from evals.outcome import Outcome

FORMAT: Literal["plumbline-baseline-1"] = "plumbline-baseline-1"


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a run is held against: ``thresholds`` are kept with the figures, so that one file is the whole gate."""

    run: StoredRun
    thresholds: tuple[Threshold, ...] = ()


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    digest: str
    answerable: bool
    abstained: bool
    failed: bool | None = None
    scores: tuple[Cell, ...]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["plumbline-baseline-1"]
    fingerprints: dict[str, str]
    settings: dict[str, Any] = {}
    thresholds: dict[str, float]
    measures: dict[str, Cell]
    cases: dict[str, _Row]


def read_baseline(path: Path) -> Baseline:
    """A baseline file, or a run folder to be used as one.

    Raises:
        RunError: It is neither, or cannot be read; names the field.
    """
    if path.is_dir():
        return Baseline(read_run(path))
    stored = read_model(path, _File, what="a baseline")
    names = list(stored.measures)
    for name, row in stored.cases.items():
        if len(row.scores) != len(names):
            raise RunError(path, f"cases.{name}.scores: {len(row.scores)} figures for {len(names)} measures")
    run = StoredRun(
        path=path,
        fingerprints=stored.fingerprints,
        asked_with=stored.settings,
        measures=stored.measures,
        cases={name: _case(name, row, names) for name, row in stored.cases.items()},
    )
    return Baseline(run, tuple(Threshold(name, least) for name, least in stored.thresholds.items()))


def write_baseline(run: StoredRun, file: Path, *, measures: Sequence[str], thresholds: Sequence[Threshold]) -> None:
    """Write the baseline of a run: a case a line, so that a diff shows which cases changed.

    Raises:
        EvalError: The run has no such measure.
        ReportError: The file cannot be written.
    """
    for name in measures:
        if name not in run.measures:
            raise EvalError(f"no measure {name!r} in {run.path}; there are {', '.join(run.measures)}")
    head = {
        "format": FORMAT,
        "fingerprints": dict(run.fingerprints),
        "thresholds": {threshold.measure: threshold.least for threshold in thresholds},
        "measures": {name: _cell(run.measures[name]) for name in measures},
    }
    rows = [f"    {json.dumps(name)}: {json.dumps(_row(case, measures))}" for name, case in run.cases.items()]
    text = json.dumps(head, indent=2, allow_nan=False).removesuffix("\n}")
    text += f',\n  "settings": {json.dumps(dict(run.asked_with), sort_keys=True, allow_nan=False)}'
    text += ',\n  "cases": {\n' + ",\n".join(rows) + "\n  }\n}\n"
    write_file(file, text)


def _row(case: StoredCase, measures: Sequence[str]) -> dict[str, object]:
    return {
        "digest": case.digest,
        "answerable": case.said.answerable,
        "abstained": case.said.abstained,
        "failed": case.failed,
        "scores": [_cell(case.scores.get(name, NOT_MEASURABLE)) for name in measures],
    }


def _case(name: str, row: _Row, names: Sequence[str]) -> StoredCase:
    said = Said(row.answerable, row.abstained)
    return StoredCase(name, "", row.digest, said, dict(zip(names, row.scores, strict=True)), row.failed)


def _cell(value: Outcome) -> float | str:
    return value.value if isinstance(value, Gap) else round(value, PLACES)
