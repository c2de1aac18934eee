"""Figures as words for a page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from evals.outcome import Gap
from evals.runs.markdown import shown

if TYPE_CHECKING:
    from evals.runs.shown_run import Measured

PLAIN = {
    "accuracy": "Cases that came out right",
    "faithfulness": "Claims that their sources bear out",
    "abstention_f1": "Telling what has no answer",
    "evidence_cited": "Answers that cite the evidence",
    "recall@10": "Evidence among ten hits",
    "mrr": "Evidence near the top",
    "citation_recall": "Claims borne out by their citations",
    "answer_correctness": "What answers say of the reference",
}
"""The measures that a first screen may show, in plain words; the first of them that a run has are shown."""


def with_interval(measured: Measured) -> str:
    """``0.74 (0.65 to 0.82)``, or the word for why there is none."""
    if isinstance(measured.value, Gap) or measured.interval is None:
        return shown(measured.value)
    return f"{shown(measured.value)} ({span(measured.interval)})"


def span(ends: tuple[float, float] | None) -> str:
    """``0.65 to 0.82``, "" where there is none."""
    return "" if ends is None else f"{shown(ends[0])} to {shown(ends[1])}"


def signed(value: float) -> str:
    """With its sign, so that a difference reads as one."""
    if abs(value) < 0.0005:
        return "0"
    return f"{value:+,.0f}" if abs(value) >= 1000 else f"{value:+.3f}"


def place(uri: str, page: int | None, cells: str = "") -> str:
    """Where a text stands, for a reader."""
    inside = cells or ("" if page is None else f"page {page}")
    return f"{uri}, {inside}" if inside else uri


def counted(number: int, thing: str) -> str:
    """``1 case``, ``2 cases``."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def listed(names: Iterable[str], *, most: int = 8) -> str:
    """The first names, and how many more there are."""
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
