"""Reciprocal rank; its mean over cases is MRR."""

from __future__ import annotations

from evals.measures.found import Ranks
from evals.outcome import NOT_MEASURABLE, Outcome


def reciprocal_rank(ranks: Ranks) -> Outcome:
    """``1 / rank`` of the first evidence item found, 0 where none was.

    Source: Voorhees, The TREC-8 Question Answering Track Report, 1999.
    """
    if not ranks:
        return NOT_MEASURABLE
    found = [rank for rank in ranks if rank is not None]
    return 1 / min(found) if found else 0.0
