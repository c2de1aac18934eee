"""A run folder read back: what `rag eval run --out` and `rag eval judge --out` wrote, case by case."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evals.errors import RunError
from evals.outcome import Gap
from evals.scores import Said

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from evals.outcome import Outcome
    from evals.scores import Outcomes

REPORT = "report.json"
ANSWERS = "answers.jsonl"
TIMINGS = "timings.json"
JUDGEMENT = "judgement.json"

Cell = Annotated[float, Field(strict=True, allow_inf_nan=False)] | Gap
"""An outcome as written: a number, or the word for why there is none."""


M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class StoredCase:
    """A case of a stored run. ``digest`` tells the case itself; ``failed`` and ``answer`` are None where not kept."""

    id: str
    question: str
    digest: str
    said: Said
    scores: Outcomes
    failed: bool | None = None
    reference: str = ""
    answer: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run as stored: each case by its id, in their order (an id that comes again has its number behind it).

    ``measures`` are the names and values in report order.
    """

    path: Path
    fingerprints: Mapping[str, str]
    asked_with: Mapping[str, object]
    measures: Mapping[str, Outcome]
    cases: Mapping[str, StoredCase]


class _CaseRow(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    question: str = ""
    digest: str = ""
    answerable: bool = True
    abstained: bool | None = None
    scores: dict[str, Cell]
    failed: bool | None = None
    reference: str = ""
    answer: str | None = None
    error: str | None = None


class _Value(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    value: Cell


class _Settings(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    asked_with: dict[str, Any] = {}


class _RunFile(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    fingerprints: dict[str, str]
    settings: _Settings = _Settings()
    measures: dict[str, _Value]
    cases: tuple[_CaseRow, ...] = ()
    answers: tuple[_CaseRow, ...] = ()


def read_run(path: Path) -> StoredRun:
    """The run in a folder: its ``report.json``, else its ``judgement.json``; or one of these files.

    Raises:
        RunError: There is none, it cannot be read, or it is no run of this version.
    """
    stored = read_model(run_file(path), _RunFile, what="a run that this version can read")
    return StoredRun(
        path=path,
        fingerprints=stored.fingerprints,
        asked_with=stored.settings.asked_with,
        measures={name: figures.value for name, figures in stored.measures.items()},
        cases=_by_id(stored.cases or stored.answers),
    )


def run_file(path: Path) -> Path:
    """The file that holds a run's figures: of a folder ``report.json``, else ``judgement.json``; a file is itself."""
    if not path.is_dir():
        return path
    return next((path / name for name in (REPORT, JUDGEMENT) if (path / name).is_file()), path / REPORT)


def read_model(file: Path, model: type[M], *, what: str) -> M:
    """A JSON file as a checked value.

    Raises:
        RunError: It cannot be read, or is not ``what``; names the field.
    """
    return _model_of(_text(file), file, model, what)


def read_model_lines(file: Path, model: type[M], *, what: str) -> list[M]:
    """A JSONL file as checked values, blank lines left out.

    Raises:
        RunError: It cannot be read, or a line is not ``what``; names the line and the field.
    """
    lines = enumerate(_text(file).split("\n"), start=1)
    return [_model_of(line, file, model, f"{what} in line {number}") for number, line in lines if line.strip()]


def numbered(ids: Iterable[str]) -> list[str]:
    """The ids in their order; one that comes again has its number behind it."""
    times: dict[str, int] = {}
    names: dict[str, None] = {}
    for one in ids:
        name = one
        while name in names:  # an id may itself be called as another one's second
            times[one] = times.get(one, 1) + 1
            name = f"{one} ({times[one]})"
        names[name] = None
    return list(names)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise RunError(file, f"not UTF-8 text (byte {error.start})") from error
    except OSError as error:
        raise RunError(file, error.strerror or type(error).__name__) from error


def _model_of(text: str, file: Path, model: type[M], what: str) -> M:
    try:
        # not pydantic's own parser, which refuses half a character in a file name that nobody asked about
        return model.model_validate(json.loads(text))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise RunError(file, f"not {what}: {f'{field}: ' if field else ''}{first['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise RunError(file, f"not {what}: {error}") from error


def _by_id(rows: tuple[_CaseRow, ...]) -> dict[str, StoredCase]:
    cases: dict[str, StoredCase] = {}
    for name, row in zip(numbered(row.id for row in rows), rows, strict=True):
        cases[name] = StoredCase(
            id=name,
            question=row.question,
            digest=row.digest,
            said=Said(row.answerable, bool(row.abstained)),
            scores=row.scores,
            failed=row.failed,
            reference=row.reference,
            answer=row.answer,
            error=row.error,
        )
    return cases
