"""Average precision over evidence items; its mean over cases is MAP."""

from __future__ import annotations

from evals.measures.found import Ranks
from evals.outcome import NOT_MEASURABLE, Outcome


def average_precision(ranks: Ranks) -> Outcome:
    """The precision at the place of each evidence item that was found, over all of them.

    Items found by one hit take successive places from its rank on, as for nDCG.

    Source: Buckley & Voorhees, Evaluating evaluation measure stability, SIGIR 2000, doi:10.1145/345508.345543.
    """
    if not ranks:
        return NOT_MEASURABLE
    total, place = 0.0, 0
    for found, rank in enumerate(sorted(rank for rank in ranks if rank is not None), start=1):
        place = max(rank, place + 1)
        total += found / place
    return total / len(ranks)
