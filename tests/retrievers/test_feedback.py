from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrievers.feedback import LEADERS, SHARPNESS, feedback

if TYPE_CHECKING:
    from indexers.embed import Matrix


def unit(*rows: list[float]) -> Matrix:
    matrix = np.array(rows, dtype=np.float32)
    return np.asarray(matrix / np.linalg.norm(matrix, axis=1, keepdims=True), dtype=np.float32)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.integers(0, 2**32 - 1))
def test_it_is_the_cosine_with_the_weighted_mean_of_the_leaders(scores: list[float], seed: int) -> None:
    vectors = unit(*np.random.default_rng(seed).normal(size=(len(scores), 5)).tolist())
    order = sorted(range(len(scores)), key=lambda place: -scores[place])[:LEADERS]
    centre = sum(np.exp(SHARPNESS * (scores[place] - max(scores))) * vectors[place].astype(float) for place in order)

    found = feedback(np.array(scores), vectors)

    assert found == pytest.approx(vectors.astype(float) @ (centre / np.linalg.norm(centre)), abs=1e-6)


def test_one_that_is_far_ahead_is_nearly_alone_and_equals_share() -> None:
    vectors = unit([1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0])

    assert feedback(np.array([0.9, 0.5, 0.4, 0.3]), vectors)[0] == pytest.approx(1.0, abs=1e-6)
    assert feedback(np.array([0.9, 0.9, 0.9, 0.3]), vectors)[:3] == pytest.approx([3**-0.5] * 3)


def test_a_candidate_without_a_vector_neither_leads_nor_is_compared() -> None:
    vectors = unit([1, 0], [0, 1], [1, 1])
    vectors[0] = np.nan

    found = feedback(np.array([0.9, 0.8, 0.1]), vectors)

    assert np.isnan(found).tolist() == [True, False, False]
    assert found[1] == pytest.approx(1.0)
    assert np.isnan(feedback(np.array([0.9]), vectors[:1])).all()


def test_leaders_that_cancel_each_other_say_nothing() -> None:
    assert feedback(np.array([0.5, 0.5]), unit([1, 0], [-1, 0])).tolist() == [0.0, 0.0]
