"""Hidden systems: the answers of several runs to the same cases, each run known by a digest of its answers alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from evals.errors import RunError
from evals.runs.fingerprints import digest
from evals.runs.run_folder import numbered, read_model_lines
from evals.runs.shown_run import CaseRow, RunFile, ShownRun, Stored, named_apart, read_shown

if TYPE_CHECKING:
    from evals.runs.shown_run import Quote, Sentence

KEY_DIGITS = 8


class AnswerRow(Stored):
    """A line of stored answers, as `rag ask --json` writes them, with an id."""

    question: str
    text: str | None = None
    abstained: bool = False
    reference: str | None = None
    answerable: bool = True


@dataclass(frozen=True, slots=True)
class System:
    """A run under its ``key``, which raters see nothing of and their files hold in the place of its name."""

    key: str
    run: ShownRun

    def answer(self, case: str) -> str:
        """What it said; an error came in the place of some answers."""
        row = self.run.cases[case]
        if row.error is not None:
            return "(an error came in the place of an answer)"
        return row.answer or " ".join(sentence.text for sentence in self.run.sentences(case))

    def sentences(self, case: str) -> tuple[Sentence, ...]:
        """The sentences that may be judged one by one; an abstention has none."""
        return () if self.run.cases[case].abstained else self.run.sentences(case)

    def quotes(self, case: str) -> Mapping[int, Quote]:
        """What it cites, by number."""
        return {quote.number: quote for quote in self.run.quotes(case)}


def read_systems(paths: Sequence[Path]) -> list[System]:
    """Run folders or files of stored answers, in the order of their keys, which says nothing of the order given.

    Raises:
        RunError: One cannot be read, or says in every case what another one says.
        CaseError: A line of stored answers is not one.
    """
    runs = [_read(path, name) for path, name in zip(paths, named_apart(paths), strict=True)]
    systems: dict[str, System] = {}
    for run in runs:
        key = digest(sorted([name, row.question, row.answer or "", row.error or ""] for name, row in run.cases.items()))
        key = key[:KEY_DIGITS]
        if key in systems:
            raise RunError(run.path, f"says in every case what {systems[key].run.path} says: there is nothing to rate")
        systems[key] = System(key, run)
    return [systems[key] for key in sorted(systems)]


def shared_cases(systems: Sequence[System]) -> list[str]:
    """The cases that every system has answered, with the same question, in the first one's order.

    Raises:
        RunError: There is none.
    """
    first, *others = systems
    shared = [
        name
        for name, row in first.run.cases.items()
        if _answered(row)
        and all(
            name in other.run.cases
            and _answered(other.run.cases[name])
            and other.run.cases[name].question == row.question
            for other in others
        )
    ]
    if not shared:
        told = "no case with an answer" if not others else "no answered case in common with the other runs"
        raise RunError(first.run.path, told)
    return shared


def _answered(row: CaseRow) -> bool:
    return row.abstained is not None or row.error is not None or bool(row.answer)


def _read(path: Path, name: str) -> ShownRun:
    if path.suffix != ".jsonl":
        return read_shown(path, name=name)
    lines = read_model_lines(path, AnswerRow, what="a stored answer")
    names = numbered(line.id for line in lines)
    rows = [
        CaseRow(
            id=line.id,
            question=line.question,
            reference=line.reference or "",
            answerable=line.answerable,
            answer=line.text if line.text is not None else " ".join(one.text for one in line.sentences),
            abstained=line.abstained,
        )
        for line in lines
    ]
    cases = dict(zip(names, rows, strict=True))
    return ShownRun(name, path, RunFile(measures={}), cases, dict(zip(names, lines, strict=True)), {})
