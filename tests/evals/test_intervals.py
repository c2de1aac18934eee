from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.intervals import gain_interval, mean_interval, mean_of_means_interval


def test_the_same_figures_give_the_same_interval_and_a_coin_gives_the_known_one() -> None:
    coin = [0.0, 1.0] * 50
    assert mean_interval(coin) == mean_interval(list(coin))
    assert mean_interval(coin) == pytest.approx((0.4, 0.6), abs=0.02)


def test_22_of_45_is_035_to_063() -> None:
    assert mean_interval([1.0] * 22 + [0.0] * 23) == pytest.approx((0.35, 0.63), abs=0.02)


def test_questions_that_go_together_say_less() -> None:
    values = [float(group % 2) for group in range(10) for _ in range(20)]
    groups = [f"g{group}" for group in range(10) for _ in range(20)]
    low, high = mean_interval(values, groups=groups)
    alone_low, alone_high = mean_interval(values)
    assert high - low > 3 * (alone_high - alone_low)


def test_a_gain_is_taken_question_by_question() -> None:
    dice = random.Random(1)  # noqa: S311  # figures, not secrets
    before = [dice.random() for _ in range(100)]
    after = [value + 0.01 for value in before]
    low, high = gain_interval(before, after)
    assert low == pytest.approx(0.01) == high


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_the_interval_lies_within_the_values(values: list[float]) -> None:
    low, high = mean_interval(values)
    assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9


def test_a_mean_over_sets_weighs_each_set_alike() -> None:
    assert mean_of_means_interval([[1.0], [0.0] * 1000]) == (0.5, 0.5)
    low, high = mean_of_means_interval([[0.0, 1.0] * 50, [0.0, 1.0] * 50])
    assert (low, high) == pytest.approx((0.43, 0.57), abs=0.02)
