from __future__ import annotations

from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.measures.ranking import graded_ndcg, graded_scores
from evals.search.retrieval import RECALL_AT, ranking_scores

DOCUMENTS = [f"d{number}" for number in range(30)]
RANKINGS = st.lists(st.sampled_from(DOCUMENTS), unique=True)
GRADES = st.dictionaries(st.sampled_from([*DOCUMENTS, "never-found"]), st.integers(-1, 4), min_size=1)


def gains(grades: list[int]) -> float:
    return sum(max(grade, 0) / log2(rank + 1) for rank, grade in enumerate(grades, start=1))


def by_hand(ranking: list[str], grades: dict[str, int]) -> dict[str, float]:
    """The formulas of the textbook, written out."""
    relevant = {name for name, grade in grades.items() if grade > 0}
    hits = [rank for rank, name in enumerate(ranking, start=1) if name in relevant]
    if not relevant:
        return dict.fromkeys(("ndcg@10", *(f"recall@{k}" for k in RECALL_AT), "mrr@10", "map"), 0.0)
    best = gains(sorted(grades.values(), reverse=True)[:10])
    return {
        "ndcg@10": gains([grades.get(name, 0) for name in ranking[:10]]) / best,
        **{f"recall@{k}": sum(rank <= k for rank in hits) / len(relevant) for k in RECALL_AT},
        "mrr@10": 1 / hits[0] if hits and hits[0] <= 10 else 0.0,
        "map": sum(found / rank for found, rank in enumerate(hits, start=1)) / len(relevant),
    }


@given(RANKINGS, GRADES)
def test_every_measure_is_that_of_the_textbook(ranking: list[str], grades: dict[str, int]) -> None:
    assert ranking_scores(ranking, grades) == pytest.approx(by_hand(ranking, grades))


def test_nothing_found_and_nothing_relevant_count_0() -> None:
    assert set(ranking_scores([], {"a": 1}).values()) == {0.0}
    assert set(ranking_scores(["a"], {"a": 0}).values()) == {0.0}
    assert set(ranking_scores(["a"], {"a": -1}).values()) == {0.0}
    assert set(ranking_scores(["a"], {}).values()) == {0.0}


def test_by_hand() -> None:
    scores = ranking_scores(["x", "a", "y", "b"], {"a": 1, "b": 1, "c": 1})
    assert scores["map"] == pytest.approx((1 / 2 + 2 / 4) / 3)
    assert scores["mrr@10"] == 0.5
    assert [scores["recall@1"], scores["recall@5"]] == pytest.approx([0, 2 / 3])
    assert graded_ndcg(["x", "a"], {"a": 1}, k=2) == pytest.approx(1 / log2(3))
    assert graded_scores(["x", "a"], {"a": 1}, ("precision@2",)) == {"precision@2": 0.5}


def test_a_name_may_be_anything() -> None:
    assert graded_ndcg(["\ud800 x", "nobody"], {"\ud800 x": 1}, k=1) == 1.0
