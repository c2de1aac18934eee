"""One scorer for every system: does a hit stand on the evidence page, or hold the evidence quote?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evals.intervals import mean_interval

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.corpus import Evidence, Question

CUTOFFS = (1, 5, 10, 20)


@dataclass(frozen=True, slots=True)
class Found:
    """A hit of any system: the file's name, the page (from 1) on which it begins, and its text."""

    document: str
    page: int | None
    text: str


def recall(questions: Sequence[Question], found: Mapping[str, Sequence[Found]]) -> dict[str, float]:
    """The share of questions with any of their evidence among the first k hits, for each k, and its 95% interval.

    The interval at 10 is a bootstrap over questions with a fixed seed.
    """
    figures: dict[str, float] = {}
    for cutoff in CUTOFFS:
        won = [float(_any(question, found.get(question.id, ())[:cutoff])) for question in questions]
        figures[f"recall@{cutoff}"] = sum(won) / len(won)
        if cutoff == 10:
            low, high = mean_interval(won)
            figures |= {"recall@10 low": low, "recall@10 high": high}
    return figures


def _any(question: Question, hits: Sequence[Found]) -> bool:
    return any(_bears(hit, evidence) for hit in hits for evidence in question.evidence)


def _bears(hit: Found, evidence: Evidence) -> bool:
    if hit.document != evidence.document:
        return False
    if evidence.quote is not None:
        return _folded(evidence.quote) in _folded(hit.text)
    return hit.page == evidence.page


def _folded(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())
