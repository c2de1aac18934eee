"""The statistics of a comparison, each held against a reference that counts every possibility."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from evals.comparison.paired import compare_measures, holm, mcnemar, randomization
from evals.intervals import ratio_interval
from evals.outcome import ABSTAINED, NOT_MEASURABLE, Outcome
from evals.parts import parts_of
from evals.runs.run_folder import StoredCase
from evals.scores import ABSTENTION, Said, measure

OUTCOMES: st.SearchStrategy[Outcome] = st.one_of(
    st.sampled_from([0.0, 0.25, 1.0]), st.just(ABSTAINED), st.just(NOT_MEASURABLE)
)


def case(name: str, value: Outcome, *, measure: str = "accuracy", abstained: bool = False) -> StoredCase:
    return StoredCase(name, f"{name}?", name, Said(answerable=True, abstained=abstained), {measure: value})


@given(st.lists(st.tuples(OUTCOMES, OUTCOMES, st.booleans(), st.booleans()), min_size=1, max_size=8))
def test_the_two_sums_of_every_measure_give_what_the_report_says(
    rows: list[tuple[Outcome, Outcome, bool, bool]],
) -> None:
    names = ("answer_correctness", "faithfulness", *ABSTENTION)
    scores = [{"answer_correctness": first, "faithfulness": second} for first, second, _, _ in rows]
    said = [Said(answerable, abstained) for _, _, answerable, abstained in rows]
    reported = measure(scores, said, names)
    for name in names:
        above, below = parts_of(name, scores, said).sum(axis=0)
        value = reported[name].value
        # an abstention from all answerable questions is told as such, and not as the zero that it counts
        if below and isinstance(value, float):
            assert above / below == pytest.approx(value)
        elif not isinstance(value, float):
            assert above == 0
        else:
            assert value == 0


@pytest.mark.parametrize(("wins", "losses"), [(0, 0), (1, 0), (5, 0), (2, 12), (7, 7), (30, 11)])
def test_mcnemar_is_the_binomial_summed_by_hand(wins: int, losses: int) -> None:
    flips = wins + losses
    chances = [math.comb(flips, k) / 2**flips for k in range(flips + 1)]
    by_hand = sum(chance for chance in chances if chance <= chances[wins] + 1e-12)
    assert mcnemar(wins, losses) == pytest.approx(min(1.0, by_hand))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param([0.1, 0.5, 0.9, 0.3, 0.2, 0.4], [0.3, 0.6, 1.0, 0.9, 0.1, 0.8], id="mostly-better"),
        pytest.param([0.1, 0.5, 0.9, 0.3], [0.1, 0.5, 0.9, 0.3], id="the-same"),
        pytest.param([0.0, 0.2, 0.3, 0.1, 0.2, 0.1, 0.3], [0.9, 0.8, 0.9, 1.0, 0.9, 1.0, 0.8], id="far-better"),
    ],
)
def test_randomization_is_near_every_exchange_tried(before: list[float], after: list[float]) -> None:
    a, b = np.asarray(before), np.asarray(after)
    exchanged = [np.mean(np.where(signs, a - b, b - a)) for signs in itertools.product([False, True], repeat=len(a))]
    exact = np.mean([abs(one) >= abs(np.mean(b - a)) - 1e-12 for one in exchanged])
    ones = np.ones_like(a)
    assert randomization(np.stack([a, ones], axis=1), np.stack([b, ones], axis=1)) == pytest.approx(exact, abs=0.02)


def test_randomization_of_a_ratio_exchanges_whole_cases() -> None:
    before = np.asarray([(2, 2), (0, 1), (0, 1), (2, 2), (0, 0), (0, 1)], dtype=np.float64)
    after = np.asarray([(2, 2), (2, 2), (2, 2), (2, 2), (0, 1), (2, 2)], dtype=np.float64)

    def apart(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
        return float(abs(one[:, 0].sum() / one[:, 1].sum() - other[:, 0].sum() / other[:, 1].sum()))

    apartness = []
    for signs in itertools.product([False, True], repeat=len(before)):
        turned = np.asarray(signs)[:, None]
        apartness.append(apart(np.where(turned, after, before), np.where(turned, before, after)))
    exact = np.mean([one >= apart(before, after) - 1e-12 for one in apartness])
    assert randomization(before, after) == pytest.approx(exact, abs=0.02)


def test_holm_by_the_book() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


@settings(max_examples=30)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_lets_no_p_value_fall_and_keeps_their_order(chances: list[float]) -> None:
    corrected = holm(chances)
    assert all(before <= after <= 1 for before, after in zip(chances, corrected, strict=True))
    order = sorted(range(len(chances)), key=lambda at: chances[at])
    assert [corrected[at] for at in order] == sorted(corrected)


def test_the_interval_of_a_ratio_lies_around_it_and_is_none_where_there_is_none() -> None:
    chance = np.random.Generator(np.random.PCG64(3))
    below = chance.integers(0, 3, size=200).astype(np.float64)
    parts = np.stack([below * (chance.random(200) < 0.3), below], axis=1)
    ends = ratio_interval(parts)
    assert ends is not None
    low, high = ends
    value = parts[:, 0].sum() / parts[:, 1].sum()
    assert low < value < high
    assert 0.05 < high - low < 0.3
    assert ratio_interval(np.zeros((4, 2))) is None


def test_a_binary_measure_is_tested_by_its_wins_and_losses_and_others_by_exchanges() -> None:
    pairs = [(case(str(at), 0.0), case(str(at), 1.0)) for at in range(10)]
    (paired,) = compare_measures(pairs, ["accuracy"])
    assert (paired.test, paired.wins, paired.losses, paired.cases) == ("McNemar, exact", 10, 0, 10)
    assert paired.p == pytest.approx(2 / 2**10)
    assert paired.significant
    assert paired.better
    pairs = [(case(str(at), 0.25), case(str(at), 1.0)) for at in range(10)]
    (paired,) = compare_measures(pairs, ["accuracy"])
    assert paired.test == "randomization"
    assert paired.significant


def test_only_cases_that_have_the_measure_in_both_runs_are_held_against_each_other() -> None:
    pairs = [
        (case("both", 1.0), case("both", 0.0)),
        (case("a", 1.0), case("a", ABSTAINED)),
        (case("b", NOT_MEASURABLE), case("b", 1.0)),
    ]
    (paired,) = compare_measures(pairs, ["accuracy"])
    assert (paired.cases, paired.a, paired.b, paired.losses) == (1, 1.0, 0.0, 1)
    assert compare_measures(pairs[1:], ["accuracy"]) == ()


def test_an_abstention_is_a_lost_case_where_correctness_counts_it_as_zero() -> None:
    name = "answer_correctness"
    pairs = [(case("x", 1.0, measure=name), case("x", ABSTAINED, measure=name, abstained=True))]
    (paired,) = compare_measures(pairs, [name])
    assert (paired.a, paired.b, paired.losses) == (1.0, 0.0, 1)


@pytest.mark.parametrize("name", ["abstention_precision", "abstention_f1"])
def test_a_needless_abstention_that_goes_is_a_case_won_and_one_that_comes_is_lost(name: str) -> None:
    due = StoredCase("due", "?", "due", Said(answerable=False, abstained=True), {})
    answered, abstained = case("x", 1.0), case("x", ABSTAINED, abstained=True)
    (won,) = compare_measures([(due, due), (abstained, answered)], [name])
    (lost,) = compare_measures([(due, due), (answered, abstained)], [name])
    assert (won.better, won.wins, won.losses) == (True, 1, 0)
    assert (lost.better, lost.wins, lost.losses) == (False, 0, 1)


def test_fewer_tokens_are_better() -> None:
    name = "prompt_tokens"
    pairs = [(case(str(at), 100.0, measure=name), case(str(at), 50.0, measure=name)) for at in range(8)]
    (paired,) = compare_measures(pairs, [name])
    assert (paired.better, paired.wins, paired.losses) == (True, 8, 0)


def test_corrected_together_more_measures_prove_less() -> None:
    pairs = [
        (
            StoredCase(str(at), "", "", Said(answerable=True, abstained=False), {"accuracy": 0.0, "x": 1.0, "y": 0.5}),
            StoredCase(str(at), "", "", Said(answerable=True, abstained=False), {"accuracy": 1.0, "x": 1.0, "y": 0.5}),
        )
        for at in range(6)
    ]
    alone = compare_measures(pairs, ["accuracy"])[0]
    together = compare_measures(pairs, ["accuracy", "x", "y"])[0]
    assert alone.p == together.p
    assert together.p_holm == pytest.approx(3 * alone.p_holm)
    assert (alone.significant, together.significant) == (True, False)
