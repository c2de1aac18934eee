"""The errors of evaluating.

RagError                      (indexers.errors)
└── EvalError                 an evaluation cannot be run
    ├── CaseError             a file of cases or stored answers cannot be read: names file, line and field
    │   └── LabelError        a file of labelled claims holds no line that can be judged
    ├── CollectionError       a folder in BEIR's format cannot be read: names file and line
    ├── GateError             a `--fail-under` that names no measure, or no number
    ├── RatingError           a file of ratings cannot be read or written, or a rating says nothing
    ├── ReportError           the report cannot be written
    └── RunError              a run folder, or a baseline of one, cannot be read
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from indexers.errors import RagError


class EvalError(RagError):
    """An evaluation cannot be run."""

    hint = "`rag eval COMMAND --help` says what each command needs."


class CaseError(EvalError):
    """A file of cases or of stored answers cannot be read."""

    hint = (
        "Each line is one JSON object: id, question, reference, answerable, kind, and evidence with document and one "
        "of page_index, quote, or start and end."
    )

    def __init__(self, path: Path, problem: str, *, line: int | None = None, field: str | None = None) -> None:
        where = f"{path}" + (f", line {line}" if line is not None else "") + (f", field {field!r}" if field else "")
        super().__init__(f"{where}: {problem}")
        self.path = path
        self.line = line
        self.field = field
        self.problem = problem

    @property
    def told(self) -> str:
        """The complaint without the file's name: for a list under it."""
        where = [f"line {self.line}"] * (self.line is not None) + [f"field {self.field!r}"] * (self.field is not None)
        return f"{', '.join(where)}: {self.problem}" if where else self.problem


class LabelError(CaseError):
    """A file of labelled claims cannot be read, or none of its lines can be judged."""

    hint = (
        "Each line is one JSON object: context (a text or a list of texts), claim, label (1 supported, 0 not), and "
        "optionally id, set and group."
    )


class CollectionError(EvalError):
    """A folder in BEIR's format cannot be read."""

    hint = (
        "The folder holds corpus.jsonl (lines with _id, title, text), queries.jsonl (_id, text) and qrels.tsv "
        "(query-id, corpus-id, score, by tabs, under a header)."
    )


class GateError(EvalError):
    """A threshold that names no measure of this run, or no number."""

    hint = "Write --fail-under MEASURE=VALUE with a value from 0 to 1, for instance --fail-under recall@10=0.8."

    def __init__(self, threshold: str, problem: str, *, known: Iterable[str] = ()) -> None:
        names = ", ".join(known)
        super().__init__(f"--fail-under {threshold}: {problem}" + (f"; known measures: {names}" if names else ""))


class ReportError(EvalError):
    """The report cannot be written where it was asked for."""

    hint = "Name a folder that can be written with --report DIR."

    def __init__(self, directory: Path, problem: str) -> None:
        super().__init__(f"cannot write {directory}: {problem}")


class RunError(EvalError):
    """A run folder, or a baseline made of one, cannot be read."""

    hint = "`rag eval run CASES --out RUN` makes a run folder, `rag eval gate RUN --write-baseline FILE` a baseline."

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path}: {problem}")


class RatingError(EvalError):
    """A file of ratings cannot be read or written, or what was chosen is no rating."""

    hint = "Ratings are JSON lines as `rag eval rate` writes them; give another file with --out to begin anew."
