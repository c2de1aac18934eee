"""Claims with their evidence and a human label: what a verifier is held against."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field

from evals.case import Filled
from evals.errors import CaseError, LabelError
from evals.jsonl import Line, sift_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

ONLY_SET = ""
"""The set of lines that name none."""


def _label(value: object) -> object:
    if value in (0, 1, False, True) and not isinstance(value, str):
        return bool(value)
    raise ValueError("a label is 1 (supported) or 0 (not)")


class LabelledLine(Line):
    """A labelled claim as a stranger wrote it."""

    context: str | tuple[str, ...]
    claim: Filled
    label: Annotated[bool, BeforeValidator(_label)]
    id: Filled | None = None
    set: str | None = Field(None, max_length=200)
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Labelled:
    """A claim, its evidence, and whether a person found it supported.

    ``group`` is shared by lines that are no independent witnesses (claims about one text); resampling draws groups.
    """

    id: str
    line: int
    context: tuple[str, ...]
    claim: str
    supported: bool
    set: str = ONLY_SET
    group: str = ""


def load_labelled(path: Path) -> tuple[list[Labelled], list[CaseError]]:
    """The labelled claims of a JSONL file in file order, and what is wrong with the lines that are none.

    A line without an ``id`` gets its number; without a ``group`` it is one for itself.

    Raises:
        LabelError: The file cannot be read, or none of its lines is a labelled claim.
    """
    try:
        lines, wrong = sift_lines(path, LabelledLine)
    except CaseError as error:
        raise LabelError(path, error.problem) from error
    if not lines:
        raise LabelError(path, f"no line can be judged; the first: {wrong[0].told}", line=wrong[0].line)
    return [_labelled(number, line) for number, line in lines], wrong


def by_set(cases: Sequence[Labelled]) -> dict[str, list[int]]:
    """The positions of each named set's cases, by name; empty where no line names one."""
    named: dict[str, list[int]] = {}
    for position, case in enumerate(cases):
        if case.set != ONLY_SET:
            named.setdefault(case.set, []).append(position)
    return dict(sorted(named.items()))


def _labelled(number: int, line: LabelledLine) -> Labelled:
    texts = (line.context,) if isinstance(line.context, str) else line.context
    name = line.id or str(number)
    return Labelled(name, number, texts, line.claim, line.label, line.set or ONLY_SET, line.group or f"line {number}")
