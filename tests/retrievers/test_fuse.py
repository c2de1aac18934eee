from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrievers.fuse import (
    Signal,
    aligned,
    by_min_max,
    by_rank,
    by_score,
    candidates_of,
    fused_ranking,
    total,
)

SCORES = st.lists(st.one_of(st.floats(-1e6, 1e6, allow_subnormal=False), st.just(math.nan)), max_size=12)


def ranks_of(scores: list[float]) -> np.ndarray:
    order = sorted((place for place, score in enumerate(scores) if not math.isnan(score)), key=lambda at: -scores[at])
    ranks = np.zeros(len(scores), dtype=np.int64)
    ranks[order] = np.arange(1, len(order) + 1)
    return ranks


def test_candidates_are_each_chunk_once_and_aligned_with_what_each_ranking_says() -> None:
    dense, lexical = [("a", 0.9), ("b", 0.5)], [("c", 7.0), ("a", 3.0)]

    ids = candidates_of([dense, lexical])
    scores, ranks = aligned(ids, lexical)

    assert ids == ["a", "b", "c"]
    np.testing.assert_array_equal(scores, [3.0, np.nan, 7.0])
    np.testing.assert_array_equal(ranks, [2, 0, 1])


@given(SCORES, st.floats(0, 100), st.floats(1e-3, 1e3))
def test_a_score_counts_as_it_is_whatever_else_is_in_the_list(scores: list[float], weight: float, unit: float) -> None:
    signal = by_score("s", np.array(scores), weight=weight, unit=unit)

    for place, score in enumerate(scores):
        alone = by_score("s", np.array([score]), weight=weight, unit=unit)
        expected = 0.0 if math.isnan(score) else weight * score / unit
        assert signal.shares[place] == alone.shares[0] == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_without_a_full_score_to_compare_with_a_signal_says_nothing() -> None:
    assert by_score("lexical", np.array([0.0, 1.0]), weight=1.0, unit=0.0).shares.tolist() == [0.0, 0.0]


@given(SCORES, st.floats(0, 100))
def test_min_max_goes_from_the_least_of_the_list_to_its_best(scores: list[float], weight: float) -> None:
    shares = by_min_max("s", np.array(scores), ranks_of(scores), weight=weight).shares

    known = [score for score in scores if not math.isnan(score)]
    for share, score in zip(shares, scores, strict=True):
        if math.isnan(score):
            expected = 0.0
        elif max(known) > min(known):
            expected = weight * (score - min(known)) / (max(known) - min(known))
        else:
            expected = weight
        assert share == pytest.approx(expected)


@given(SCORES, st.integers(1, 100))
def test_ranks_count_by_their_reciprocals(scores: list[float], k: int) -> None:
    ranks = ranks_of(scores)

    shares = by_rank("s", np.array(scores), ranks, k=k).shares

    assert shares.tolist() == pytest.approx([1 / (k + rank) if rank else 0.0 for rank in ranks.tolist()])


@given(st.lists(st.lists(st.floats(-1, 1), min_size=5, max_size=5), max_size=4))
def test_the_fused_score_is_the_sum_of_the_parts(lists: list[list[float]]) -> None:
    signals = [by_score(str(at), np.array(scores), weight=1.0) for at, scores in enumerate(lists)]

    fused = total(signals, candidates=5)

    for place in range(5):
        parts = [part for signal in signals for part in signal.parts([place]) if part is not None]
        assert fused[place] == pytest.approx(math.fsum(part.share or 0.0 for part in parts), abs=1e-12)


def test_a_part_has_the_signals_own_score_and_rank_and_none_where_it_says_nothing() -> None:
    signal = Signal("dense", np.array([0.8, np.nan, 0.2]), np.array([1, 0, 0]), np.array([0.4, 0.0, 0.1]))

    first, unknown, unranked = signal.parts(range(3))

    assert first is not None
    assert unranked is not None
    assert (first.name, first.score, first.rank, first.share) == ("dense", 0.8, 1, 0.4)
    assert unknown is None
    assert unranked.rank is None


def test_a_fused_ranking_is_best_first_whatever_the_order_given() -> None:
    assert fused_ranking(["b", "c", "a"], np.array([0.5, 0.9, 0.5])) == [("c", 0.9), ("a", 0.5), ("b", 0.5)]
