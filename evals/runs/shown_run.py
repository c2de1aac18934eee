"""A run folder as a page shows it: figures, and of every case what was wanted, found, said and judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from evals.errors import RunError
from evals.outcome import Gap
from evals.runs.run_folder import ANSWERS, TIMINGS, numbered, read_model, read_model_lines, run_file

Number = Annotated[float, Field(allow_inf_nan=False)]
Shown = Number | Gap
"""An outcome as written: a number, or the word for why there is none."""


class Part(BaseModel):
    """A part of a run's files; what a page does not show is passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Measured(Part):
    """A measure with the three counts of its cases, and the ends of its interval where there is one."""

    value: Shown
    measured: int = 0
    abstained: int = 0
    not_measurable: int = 0
    interval: tuple[Number, Number] | None = None


class Wanted(Part):
    """An evidence item: ``rank`` of the first hit that bears it out, or the ``reason`` why it is not in the index."""

    document: str
    uri: str | None = None
    page: int | None = None
    text: str = ""
    rank: int | None = None
    reason: str | None = None


class Found(Part):
    """A hit; ``evidence`` numbers the items (from 0) that it bears out."""

    rank: int
    score: Number = 0.0
    uri: str
    page: int | None = None
    text: str = ""
    evidence: tuple[int, ...] = ()


class Sentence(Part):
    """A sentence of an answer with its verdict; ``citations`` are numbers of the answer's quotes."""

    text: str
    verdict: str = ""
    score: Number | None = None
    reasons: tuple[str, ...] = ()
    citations: tuple[int, ...] = ()


class Quote(Part):
    """A citation."""

    number: int
    uri: str = ""
    page: int | None = None
    cells: str = ""
    quote: str


class Tokens(Part):
    """As the endpoint counted them."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


class Stored(Part):
    """A stored answer; ``answerable`` of the file is the case's, ``chance`` the system's own estimate."""

    id: str
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Quote, ...] = ()
    model: str = ""
    usage: Tokens = Tokens()


class CaseRow(Part):
    """A case of a run."""

    id: str
    kind: str = ""
    question: str = ""
    reference: str = ""
    answerable: bool = True
    chance_answerable: Number | None = None
    answer: str | None = None
    abstained: bool | None = None
    error: str | None = None
    failed: bool | None = None
    scores: dict[str, Shown] = {}
    evidence: tuple[Wanted, ...] = ()
    hits: tuple[Found, ...] = ()
    sentences: tuple[Sentence, ...] = ()

    def value(self, measure: str) -> float | None:
        """The number that a measure says of this case, if it says one."""
        value = self.scores.get(measure)
        return None if value is None or isinstance(value, Gap) else value


class Seconds(Part):
    """How long a case took, and the steps of its answer."""

    seconds: Number = 0.0
    answer_ms: dict[str, Number] = {}


class Timings(Part):
    """Of a run; by case id."""

    by_case: dict[str, Seconds] = {}


class RunFile(Part):
    """``report.json`` or ``judgement.json``."""

    fingerprints: dict[str, str] = {}
    corpus: dict[str, str | int] = {}
    settings: dict[str, Any] = {}
    measures: dict[str, Measured]
    by_kind: dict[str, dict[str, Measured]] = {}
    trivial: dict[str, dict[str, Measured]] = {}
    cases: tuple[CaseRow, ...] = ()
    answers: tuple[CaseRow, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownRun:
    """A run under the name that the page gives it; ``cases`` by id, in file order."""

    name: str
    path: Path
    file: RunFile
    cases: Mapping[str, CaseRow]
    answers: Mapping[str, Stored]
    seconds: Mapping[str, Seconds]

    @property
    def measures(self) -> Mapping[str, Measured]:
        """In report order."""
        return self.file.measures

    def sentences(self, name: str) -> tuple[Sentence, ...]:
        """The sentences of a case's answer as judged."""
        stored = self.answers.get(name)
        return self.cases[name].sentences or (stored.sentences if stored else ())

    def quotes(self, name: str) -> tuple[Quote, ...]:
        """What a case's answer cites."""
        stored = self.answers.get(name)
        return stored.citations if stored else ()


KIND = "a run that this version can read"


def read_shown(path: Path, *, name: str) -> ShownRun:
    """A run folder, or its ``report.json`` or ``judgement.json``, with the answers and timings that lie beside it.

    Raises:
        RunError: There is none, or a file of it is not one that this version can read.
    """
    file = run_file(path)
    run = read_model(file, RunFile, what=KIND)
    rows = run.cases or run.answers
    answers, timings = file.parent / ANSWERS, file.parent / TIMINGS
    stored = read_model_lines(answers, Stored, what="an answer") if answers.is_file() else []
    return ShownRun(
        name=name,
        path=path,
        file=run,
        cases=dict(zip(numbered(row.id for row in rows), rows, strict=True)),
        answers=dict(zip(numbered(answer.id for answer in stored), stored, strict=True)),
        seconds=read_model(timings, Timings, what=KIND).by_case if timings.is_file() else {},
    )


def read_runs(paths: Sequence[Path]) -> list[ShownRun]:
    """Several runs, named after their folders, with as much of the path as tells them apart.

    Raises:
        RunError: As for `read_shown`; or the same folder twice.
    """
    return [read_shown(path, name=name) for path, name in zip(paths, named_apart(paths), strict=True)]


def named_apart(paths: Sequence[Path]) -> list[str]:
    """The last part of each path, with as much of what is before it as tells them apart.

    Raises:
        RunError: The same path twice.
    """
    resolved = [path.resolve() for path in paths]
    for at, path in enumerate(resolved):
        if path in resolved[:at]:
            raise RunError(paths[at], "this run is named twice")
    deep = 1
    while len({path.parts[-deep:] for path in resolved}) < len(resolved):
        deep += 1
    return ["/".join(path.parts[-deep:]) for path in resolved]
