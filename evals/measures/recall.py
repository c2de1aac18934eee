"""Recall and hit rate at a cut-off."""

from __future__ import annotations

from evals.measures.found import Ranks
from evals.outcome import NOT_MEASURABLE, Outcome


def recall(ranks: Ranks, *, k: int) -> Outcome:
    """The share of evidence items found among the first ``k`` hits.

    Source: Manning, Raghavan & Schuetze, Introduction to Information Retrieval, 2008, section 8.4.
    """
    return _found(ranks, k) / len(ranks) if ranks else NOT_MEASURABLE


def hit_rate(ranks: Ranks, *, k: int) -> Outcome:
    """1 where any evidence item is among the first ``k`` hits, else 0 (success@k).

    Source: Craswell & Hawking, Overview of the TREC-2003 Web Track, "success@n".
    """
    return float(_found(ranks, k) > 0) if ranks else NOT_MEASURABLE


def _found(ranks: Ranks, k: int) -> int:
    return sum(rank is not None and rank <= k for rank in ranks)
