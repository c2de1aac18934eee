"""What trec_eval says of one ranking of documents that a judge has graded: nDCG, recall, reciprocal rank, precision.

Apart from `evals.measures.found`, which counts evidence items: here one document stands at one rank, so the formulas
are those of every published table (held to `ir_measures` by a test). A document without a grade, or with one of 0 or
less, is not relevant. A question for which nothing is relevant scores 0, as in trec_eval.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log2

Grades = Mapping[str, int]
"""The grade of every judged document of one question."""


def graded_ndcg(ranking: Sequence[str], grades: Grades, *, k: int) -> float:
    """Discounted gain of the first ``k`` documents over that of the best order; a document's gain is its grade.

    Source: Jaervelin & Kekaelaeinen, TOIS 20(4), 2002, doi:10.1145/582415.582418, with linear gains and the
    log2(rank + 1) discount, as trec_eval's ``ndcg_cut``.
    """
    best = _discounted(sorted((max(grade, 0) for grade in grades.values()), reverse=True)[:k])
    return _discounted([max(grades.get(name, 0), 0) for name in ranking[:k]]) / best if best else 0.0


def graded_recall(ranking: Sequence[str], grades: Grades, *, k: int) -> float:
    """The share of relevant documents among the first ``k``.

    Source: Manning, Raghavan & Schuetze, Introduction to Information Retrieval, 2008, section 8.4.
    """
    relevant = sum(grade > 0 for grade in grades.values())
    return sum(grades.get(name, 0) > 0 for name in ranking[:k]) / relevant if relevant else 0.0


def graded_reciprocal_rank(ranking: Sequence[str], grades: Grades, *, k: int) -> float:
    """``1 / rank`` of the first relevant document among the first ``k``, 0 where there is none.

    Source: Voorhees, The TREC-8 Question Answering Track Report, 1999.
    """
    ranks = (rank for rank, name in enumerate(ranking[:k], start=1) if grades.get(name, 0) > 0)
    return 1 / next(ranks, float("inf"))


def average_precision(ranking: Sequence[str], grades: Grades) -> float:
    """The precision at the rank of each relevant document, over all relevant documents; its mean is MAP.

    Source: Buckley & Voorhees, Evaluating evaluation measure stability, SIGIR 2000, doi:10.1145/345508.345543.
    """
    relevant = sum(grade > 0 for grade in grades.values())
    found, total = 0, 0.0
    for rank, name in enumerate(ranking, start=1):
        if grades.get(name, 0) > 0:
            found += 1
            total += found / rank
    return total / relevant if relevant else 0.0


def _discounted(gains: Sequence[int]) -> float:
    return sum(gain / log2(rank + 1) for rank, gain in enumerate(gains, start=1))
