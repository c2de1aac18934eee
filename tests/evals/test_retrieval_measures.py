from __future__ import annotations

from math import log2

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.locate import Place
from evals.measures.average_precision import average_precision
from evals.measures.found import evidence_ranks, page_ranks
from evals.measures.mrr import reciprocal_rank
from evals.measures.ndcg import ndcg
from evals.measures.recall import hit_rate, recall
from evals.outcome import NOT_MEASURABLE
from indexers.chunk import Chunk
from retrievers.hit import Hit


def hits(*spans: tuple[str, int, int]) -> list[Hit]:
    return [
        Hit(Chunk(f"c{rank}", document, "v", rank, start, end, end - start), 1 / rank, rank, "dense")
        for rank, (document, start, end) in enumerate(spans, start=1)
    ]


QUOTE = Place("a", ((100, 120),), ((0, 1000),), whole_page=False)
PAGE = Place("a", ((1000, 2000),), ((1000, 2000),), whole_page=True)
UNPAGED = Place("b", ((5, 9), (50, 54)), (), whole_page=False)


def test_a_hit_finds_a_quote_by_half_of_it_and_a_page_by_any_of_its_text() -> None:
    found = hits(("b", 100, 120), ("a", 0, 105), ("a", 110, 300), ("a", 900, 1001), ("b", 40, 60))
    assert evidence_ranks(found, [QUOTE, PAGE, UNPAGED]) == (3, 4, 5)
    assert page_ranks(found, [QUOTE, PAGE, UNPAGED]) == (2, 4)


@pytest.mark.parametrize(
    ("ranks", "k", "expected_recall", "expected_hit", "expected_ndcg"),
    [
        pytest.param((1,), 1, 1.0, 1.0, 1.0, id="first"),
        pytest.param((2,), 1, 0.0, 0.0, 0.0, id="below-the-cut"),
        pytest.param((3,), 5, 1.0, 1.0, 0.5, id="third"),
        pytest.param((2, None), 5, 0.5, 1.0, (1 / log2(3)) / (1 + 1 / log2(3)), id="one-of-two"),
        pytest.param((1, 1), 1, 1.0, 1.0, 1.0, id="one-hit-finds-both"),
        pytest.param((1, 1), 5, 1.0, 1.0, 1.0, id="one-hit-finds-both-and-no-more-than-1"),
        pytest.param((1, 1, 3), 5, 1.0, 1.0, 1.0, id="shared-ranks-push-on"),
        pytest.param((None,), 5, 0.0, 0.0, 0.0, id="never"),
    ],
)
def test_by_hand(
    ranks: tuple[int | None, ...], k: int, expected_recall: float, expected_hit: float, expected_ndcg: float
) -> None:
    assert recall(ranks, k=k) == expected_recall
    assert hit_rate(ranks, k=k) == expected_hit
    assert ndcg(ranks, k=k) == pytest.approx(expected_ndcg)


def test_reciprocal_rank() -> None:
    assert reciprocal_rank((None, 4, 2)) == 0.5
    assert reciprocal_rank((None,)) == 0.0


def test_average_precision() -> None:
    assert average_precision((2, None, 4)) == pytest.approx((1 / 2 + 2 / 4) / 3)
    assert average_precision((1, 1)) == 1.0


def test_without_evidence_nothing_is_measurable() -> None:
    values = [recall((), k=5), hit_rate((), k=5), ndcg((), k=5), reciprocal_rank(()), average_precision(())]
    assert values == [NOT_MEASURABLE] * 5


RANKS = st.lists(st.integers(1, 30), unique=True, min_size=1, max_size=6)


@given(RANKS, st.integers(0, 3), st.integers(1, 25))
def test_where_a_hit_finds_one_item_at_most_the_figures_are_those_of_ir_measures(
    found: list[int], missing: int, k: int
) -> None:
    ranks = tuple(found) + (None,) * missing
    qrels = [ir_measures.Qrel("q", f"e{item}", 1) for item in range(len(ranks))]
    run = [
        ir_measures.ScoredDoc("q", f"e{found.index(rank)}" if rank in found else f"x{rank}", -float(rank))
        for rank in range(1, 31)
    ]
    reference = ir_measures.calc_aggregate(
        [ir_measures.R @ k, ir_measures.nDCG @ k, ir_measures.RR, ir_measures.Success @ k, ir_measures.AP], qrels, run
    )
    assert recall(ranks, k=k) == pytest.approx(reference[ir_measures.R @ k])
    assert ndcg(ranks, k=k) == pytest.approx(reference[ir_measures.nDCG @ k])
    assert hit_rate(ranks, k=k) == pytest.approx(reference[ir_measures.Success @ k])
    assert reciprocal_rank(ranks) == pytest.approx(reference[ir_measures.RR])
    assert average_precision(ranks) == pytest.approx(reference[ir_measures.AP])


@given(st.lists(st.none() | st.integers(1, 30), min_size=1, max_size=6), st.integers(1, 25))
def test_every_value_lies_between_0_and_1_and_recall_grows_with_k(ranks: list[int | None], k: int) -> None:
    found = tuple(ranks)
    values = [recall(found, k=k), hit_rate(found, k=k), ndcg(found, k=k), average_precision(found)]
    assert all(isinstance(value, float) and 0 <= value <= 1 for value in values)
    assert float(recall(tuple(ranks), k=k + 1)) >= float(recall(tuple(ranks), k=k))
