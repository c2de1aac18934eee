from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexers.chunk import Chunk, chunk_id
from retrievers.fuse import reciprocal_rank_fusion, weighted_score_fusion
from retrievers.hit import Hit


def chunk_at(place: int) -> Chunk:
    return Chunk(chunk_id("d", "v", place, place + 1), "d", "v", place, place, place + 1, 1)


def ranking(scores: dict[int, float], name: str = "one") -> list[Hit]:
    order = sorted(scores, key=lambda place: -scores[place])
    return [Hit(chunk_at(place), scores[place], rank, name) for rank, place in enumerate(order, start=1)]


def places(hits: list[Hit]) -> list[int]:
    return [hit.chunk.start for hit in hits]


RANKINGS = st.lists(
    st.dictionaries(st.integers(0, 12), st.floats(-1e6, 1e6, allow_subnormal=False), max_size=12), max_size=4
)


@given(RANKINGS, st.integers(1, 100))
def test_rank_fusion_is_the_sum_of_reciprocal_ranks(lists: list[dict[int, float]], k: int) -> None:
    rankings = [ranking(scores) for scores in lists]
    expected: dict[int, float] = defaultdict(float)
    for hits in rankings:
        for hit in hits:
            expected[hit.chunk.start] += 1 / (k + hit.rank)

    fused = reciprocal_rank_fusion(rankings, k=k)

    assert {hit.chunk.start: hit.score for hit in fused} == pytest.approx(dict(expected))
    assert [hit.rank for hit in fused] == list(range(1, len(expected) + 1))
    assert all(one.score >= other.score for one, other in pairwise(fused))


@given(RANKINGS, st.sampled_from(["weighted", "rrf"]))
def test_the_parts_of_a_hit_add_up_to_its_score(lists: list[dict[int, float]], fusion: str) -> None:
    rankings = [ranking(scores, name=str(number)) for number, scores in enumerate(lists)]
    given_by = {(hit.chunk, hit.retriever): (hit.score, hit.rank) for hits in rankings for hit in hits}
    fused = reciprocal_rank_fusion(rankings) if fusion == "rrf" else weighted_score_fusion(rankings, [0.3] * len(lists))
    for hit in fused:
        assert sum(part.share or 0.0 for part in hit.parts) == pytest.approx(hit.score)
        assert {(part.name, part.score, part.rank) for part in hit.parts} == {
            (name, *found) for (chunk, name), found in given_by.items() if chunk == hit.chunk
        }


@given(RANKINGS, st.data())
def test_score_fusion_is_the_weighted_sum_of_normalised_scores(
    lists: list[dict[int, float]], data: st.DataObject
) -> None:
    weights = [data.draw(st.floats(0, 1)) for _ in lists]
    expected: dict[int, float] = defaultdict(float)
    for scores, weight in zip(lists, weights, strict=True):
        low, high = min(scores.values(), default=0), max(scores.values(), default=0)
        for place, score in scores.items():
            expected[place] += weight * ((score - low) / (high - low) if high > low else 1.0)

    fused = weighted_score_fusion([ranking(scores) for scores in lists], weights)

    assert {hit.chunk.start: hit.score for hit in fused} == pytest.approx(dict(expected))


@given(st.permutations(range(8)))
def test_equal_scores_are_in_text_order_whatever_the_order_given(order: list[int]) -> None:
    hits = [Hit(chunk_at(place), 0.5, rank, "one") for rank, place in enumerate(order, start=1)]

    assert places(weighted_score_fusion([hits, []], [0.6, 0.4])) == list(range(8))


def test_one_empty_ranking_leaves_the_order_of_the_other() -> None:
    hits = ranking({3: 9.0, 1: 2.0, 2: 1.0})

    assert places(weighted_score_fusion([[], hits], [0.6, 0.4])) == [3, 1, 2]
    assert places(reciprocal_rank_fusion([[], hits])) == [3, 1, 2]
    assert weighted_score_fusion([[], []], [0.6, 0.4]) == []


def test_a_weight_for_each_ranking() -> None:
    with pytest.raises(ValueError, match="zip"):
        weighted_score_fusion([[], []], [1.0])
