"""Normalised discounted cumulative gain at a cut-off."""

from __future__ import annotations

from math import log2

from evals.measures.found import Ranks
from evals.outcome import NOT_MEASURABLE, Outcome


def ndcg(ranks: Ranks, *, k: int) -> Outcome:
    """Discounted gain of the evidence items over that of the best order, each item worth 1.

    Items found by one hit take successive positions from its rank on, so that the value never exceeds 1.

    Source: Jaervelin & Kekaelaeinen, TOIS 20(4), 2002, doi:10.1145/582415.582418, with the log2(rank + 1) discount.
    """
    if not ranks:
        return NOT_MEASURABLE
    gain, position = 0.0, 0
    for rank in sorted(rank for rank in ranks if rank is not None):
        position = max(rank, position + 1)
        if position <= k:
            gain += 1 / log2(position + 1)
    return gain / sum(1 / log2(best + 1) for best in range(1, min(len(ranks), k) + 1))
