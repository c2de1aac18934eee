from __future__ import annotations

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.retrieval import RECALL_AT, ranking_scores

DOCUMENTS = [f"d{number}" for number in range(30)]
RANKINGS = st.lists(st.sampled_from(DOCUMENTS), unique=True)
GRADES = st.dictionaries(st.sampled_from([*DOCUMENTS, "never-found"]), st.integers(0, 4), min_size=1)

TREC = {
    "ndcg@10": ir_measures.nDCG @ 10,
    **{f"recall@{k}": ir_measures.R @ k for k in RECALL_AT},
    "mrr@10": ir_measures.RR @ 10,
    "map": ir_measures.AP,
}


@given(RANKINGS, GRADES)
def test_every_measure_is_that_of_trec_eval(ranking: list[str], grades: dict[str, int]) -> None:
    run = [ir_measures.ScoredDoc("q", name, -float(place)) for place, name in enumerate(ranking)]
    # trec_eval passes over a question that is not in the run, where ours counts 0: one document that nobody judged
    run.append(ir_measures.ScoredDoc("q", "nobody", -100.0))
    qrels = [ir_measures.Qrel("q", name, grade) for name, grade in grades.items()]
    reference = ir_measures.calc_aggregate(list(TREC.values()), qrels, run)
    assert ranking_scores(ranking, grades) == pytest.approx({name: reference[trec] for name, trec in TREC.items()})


def test_nothing_found_and_nothing_relevant_count_0() -> None:
    assert set(ranking_scores([], {"a": 1}).values()) == {0.0}
    assert set(ranking_scores(["a"], {"a": 0}).values()) == {0.0}
    assert set(ranking_scores(["a"], {"a": -1}).values()) == {0.0}


def test_by_hand() -> None:
    scores = ranking_scores(["x", "a", "y", "b"], {"a": 1, "b": 1, "c": 1})
    assert scores["map"] == pytest.approx((1 / 2 + 2 / 4) / 3)
    assert scores["mrr@10"] == 0.5
    assert [scores["recall@1"], scores["recall@5"]] == pytest.approx([0, 2 / 3])
