"""What trec_eval says of a ranking of documents that a judge has graded, through `ir_measures`.

These are the figures of published tables, so they come from the library that those use. Apart from
`evals.measures.found`, which counts evidence items: one hit may bear out two of them, which no TREC run can say.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ir_measures import Measure

Grades = Mapping[str, int]
"""The grade of every judged document of one question."""


def graded_scores(ranking: Sequence[str], grades: Grades, names: Sequence[str]) -> dict[str, float]:
    """The named measures of one ranking.

    A document without a grade, or with one of 0 or less, is not relevant. A question for which nothing is relevant, or
    nothing was found, scores 0, as a system that answers nothing should.

    Args:
        ranking: Documents, best first, each once.
        grades: Of any documents, found or not.
        names: ``ndcg@K`` (linear gains), ``recall@K``, ``precision@K``, ``mrr@K`` or ``map``.

    Source: MacAvaney, Macdonald & Ounis, Streamlining Evaluation with ir-measures, ECIR 2022, arXiv:2111.13466.
    """
    import ir_measures  # 80 ms, and most commands measure no ranking

    # Places instead of names: a name may be no valid UTF-8. Who is not graded stands there so that the run is not
    # empty: the library passes over a question that is not in the run.
    place = {name: f"d{at}" for at, name in enumerate(dict.fromkeys((*ranking, *grades)))}
    run = [ir_measures.ScoredDoc("q", place[name], -float(rank)) for rank, name in enumerate(ranking)]
    run.append(ir_measures.ScoredDoc("q", "nobody", -float(len(ranking))))
    qrels = [ir_measures.Qrel("q", place[name], grade) for name, grade in grades.items()]
    measures = {_measure(name): name for name in names}
    found = {measures[one.measure]: float(one.value) for one in ir_measures.iter_calc(list(measures), qrels, run)}
    return {name: found.get(name, 0.0) for name in names}


def graded_ndcg(ranking: Sequence[str], grades: Grades, *, k: int) -> float:
    """Only nDCG at ``k``, as in `graded_scores`."""
    name = f"ndcg@{k}"
    return graded_scores(ranking, grades, (name,))[name]


@functools.cache
def _measure(name: str) -> Measure:
    import ir_measures

    kind, _, cut = name.partition("@")
    if kind == "map":
        return ir_measures.AP
    families = {"ndcg": ir_measures.nDCG, "recall": ir_measures.R, "precision": ir_measures.P, "mrr": ir_measures.RR}
    return families[kind] @ int(cut)
