"""A question with its reference answer and the places in the documents that bear it out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from evals.errors import CaseError
from evals.jsonl import Line, read_lines

Filled = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A place in a document that bears the reference out.

    ``document`` is a URI, or as much of its end as is unique: mostly a file name. The place is ``[start, end)`` in the
    canonical text, a quote, or a page counted from 0; where several are given, the most exact (in this order) counts.
    """

    document: str
    page_index: int | None = None
    quote: str | None = None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One eval question. ``answerable`` is false where the documents do not answer, and abstaining is right."""

    id: str
    question: str
    reference: str = ""
    answerable: bool = True
    kind: str = ""
    evidence: tuple[Evidence, ...] = ()


class EvidenceLine(Line):
    """Evidence as a stranger wrote it; other keys (the page's `text`, for instance) are let through."""

    document: Filled | None = None
    page_index: int | None = Field(default=None, ge=0)
    quote: Filled | None = None
    start: int | None = Field(default=None, ge=0)
    end: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _has_a_place(self) -> Self:
        if (self.start is None) != (self.end is None):
            raise ValueError("start and end go together")
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise ValueError("end must be greater than start")
        if self.start is None and self.quote is None and self.page_index is None:
            raise ValueError("names no place: give page_index, quote, or start and end")
        return self


class CaseLine(Line):
    """A case as a stranger wrote it; ``document`` stands for evidence that names none."""

    id: Filled
    question: Filled
    reference: str | None = None
    answerable: bool = True
    kind: str | None = None
    document: str | None = None
    evidence: tuple[EvidenceLine, ...] = ()


def load_cases(path: Path) -> list[Case]:
    """The cases of a JSONL file, in file order.

    Raises:
        CaseError: The file cannot be read or is empty, a line is not a case, or an id stands twice.
    """
    cases: list[Case] = []
    lines: dict[str, int] = {}
    for number, line in read_lines(path, CaseLine):
        if line.id in lines:
            raise CaseError(path, f"{line.id!r} already stands in line {lines[line.id]}", line=number, field="id")
        lines[line.id] = number
        cases.append(case_of(path, number, line))
    return cases


def case_of(path: Path, number: int, line: CaseLine) -> Case:
    """A checked line as a case.

    Raises:
        CaseError: Evidence names no document.
    """
    evidence: list[Evidence] = []
    for position, item in enumerate(line.evidence):
        document = item.document or line.document
        if not document:
            raise CaseError(path, "names no document", line=number, field=f"evidence.{position}.document")
        evidence.append(Evidence(document, item.page_index, item.quote, item.start, item.end))
    return Case(line.id, line.question, line.reference or "", line.answerable, line.kind or "", tuple(evidence))
