"""Codes of pieces: what is pooled, what is left out, and how near the cosines come to those of the vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.late.codes import best_cosines, encode_pieces, pack

if TYPE_CHECKING:
    from numpy.typing import NDArray

DIMENSIONS = 192


def units(count: int, seed: int = 0) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).standard_normal((count, DIMENSIONS)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def near(rows: NDArray[np.float32], cosine: float, seed: int = 9) -> NDArray[np.float32]:
    """Unit rows at about that cosine to ``rows``."""
    mixed = cosine * rows + (1 - cosine**2) ** 0.5 * units(len(rows), seed)
    return np.asarray(mixed / np.linalg.norm(mixed, axis=1, keepdims=True), dtype=np.float32)


@pytest.mark.parametrize("cosine", [0.0, 0.3, 0.6, 0.9])
def test_a_code_gives_back_the_cosine(cosine: float) -> None:
    rows = units(400)
    queries = near(rows, cosine)
    exact = (rows * queries).sum(axis=1)
    counts = np.ones(len(rows), dtype=np.int64)
    found = np.diagonal(best_cosines(queries, pack(rows), counts))
    assert np.abs(found - exact).mean() < 0.03
    assert (found - exact).mean() == pytest.approx(0, abs=0.01), "not off to one side"


@pytest.mark.parametrize(
    ("pieces", "counts"),
    [
        pytest.param(7, [12, 0, 1, 37], id="a-few"),
        pytest.param(7, [100, 86, 200], id="as-many-as-are-multiplied-at-once"),  # 2 times 260,000 / 192 / 7
        pytest.param(7, [1024, 1, 500, 0], id="several-blocks"),
        pytest.param(256, [3, 40], id="a-question-as-long-as-may-be"),
        pytest.param(1, [5], id="one-piece"),
    ],
)
def test_the_best_is_that_of_a_plain_loop_over_unpacked_codes(pieces: int, counts: list[int]) -> None:
    demand_the_best(units(sum(counts)), units(pieces, seed=3), np.array(counts, dtype=np.int64))


def demand_the_best(rows: NDArray[np.float32], query: NDArray[np.float32], counts: NDArray[np.int64]) -> None:
    codes = pack(rows)
    levels = np.concatenate([codes >> shift & 3 for shift in (0, 2, 4, 6)], axis=1).astype(np.float64)
    plain = (levels - 1.5) * 0.9957 / (DIMENSIONS**0.5 * 0.8812) @ query.T
    found = best_cosines(query, codes, counts)
    for at, (first, count) in enumerate(zip(np.cumsum(counts) - counts, counts, strict=True)):
        if count:
            assert found[at] == pytest.approx(plain[first : first + count].max(axis=0), abs=1e-5)
        else:
            assert np.isnan(found[at]).all(), "nothing is known of a chunk without codes"


def test_occurrences_of_a_piece_become_one_code_of_their_mean() -> None:
    vectors = units(8).reshape(1, 8, DIMENSIONS)
    texts = [[101, 5, 7, 5, 9, 102]]  # shorter than its row: the rest is padding
    kept = np.ones(200, dtype=np.bool_)
    kept[[101, 102, 9]] = False
    (found,) = encode_pieces(texts, vectors, kept=kept)
    assert found.pieces.tolist() == [5, 7]
    mean = vectors[0, 1] + vectors[0, 3]
    assert found.codes.tolist() == pack(np.stack([mean, vectors[0, 2]])).tolist()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.integers(0, 12), max_size=9), min_size=1, max_size=6), st.integers(0, 1000))
def test_texts_that_are_encoded_together_are_encoded_as_if_alone(texts: list[list[int]], seed: int) -> None:
    longest = max(1, *map(len, texts))
    vectors = units(len(texts) * longest, seed).reshape(len(texts), longest, DIMENSIONS)
    kept = np.arange(13) > 3
    together = encode_pieces(texts, vectors, kept=kept)
    for at, text in enumerate(texts):
        (alone,) = encode_pieces([text], vectors[at : at + 1], kept=kept)
        assert together[at].pieces.tolist() == alone.pieces.tolist() == sorted({piece for piece in text if piece > 3})
        assert together[at].codes.tolist() == alone.codes.tolist()


def test_a_vector_of_no_length_has_a_code() -> None:
    assert pack(np.zeros((1, DIMENSIONS), dtype=np.float32)).shape == (1, DIMENSIONS // 4)
