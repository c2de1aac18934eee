from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.measures.abstention_cost import CostPoint, Decided, abstention_costs, worth_up_to
from evals.measures.latency import percentile
from evals.outcome import NOT_MEASURABLE, Outcome

RIGHT = Decided(answerable=True, abstained=False, right=True)
WRONG = Decided(answerable=True, abstained=False, right=False)
MISSED = Decided(answerable=True, abstained=True, right=False)
INVENTED = Decided(answerable=False, abstained=False, right=False)
DECLINED = Decided(answerable=False, abstained=True, right=True)
UNTOLD = Decided(answerable=True, abstained=False, right=None)


@pytest.mark.parametrize(
    ("cases", "cost", "always", "worth"),
    [
        pytest.param([RIGHT, DECLINED], 0.0, 0.5, NOT_MEASURABLE, id="perfect"),
        pytest.param([RIGHT, RIGHT, WRONG, MISSED], (10 + 1) / 4, 1.0, 3.0, id="by-hand"),
        pytest.param([RIGHT, INVENTED], 5.0, 0.5, 1.0, id="an-answer-where-there-is-none"),
        pytest.param([MISSED, DECLINED], 0.5, 0.5, NOT_MEASURABLE, id="always-abstains"),
        pytest.param([WRONG, WRONG], 10.0, 1.0, 1.0, id="always-wrong"),
        pytest.param([RIGHT, UNTOLD], 0.0, 1.0, NOT_MEASURABLE, id="what-cannot-be-judged-is-left-out"),
    ],
)
def test_costs_at_ten_abstentions_a_wrong_answer(
    cases: list[Decided], cost: float, always: float, worth: Outcome
) -> None:
    assert abstention_costs(cases, prices=[10.0]) == (CostPoint(10.0, cost, always),)
    assert worth_up_to(cases) == worth


def test_without_a_case_there_is_no_curve() -> None:
    assert abstention_costs([]) == ()
    assert abstention_costs([UNTOLD]) == ()
    assert worth_up_to([]) is NOT_MEASURABLE


CASES = st.lists(st.sampled_from([RIGHT, WRONG, MISSED, INVENTED, DECLINED, UNTOLD]), max_size=12)


@given(CASES)
def test_the_curve_never_falls_and_crosses_always_abstaining_at_what_it_is_worth(cases: list[Decided]) -> None:
    costs = [point.cost for point in abstention_costs(cases)]
    assert costs == sorted(costs)
    worth = worth_up_to(cases)
    if worth is not NOT_MEASURABLE:
        (point,) = abstention_costs(cases, prices=[float(worth)])
        assert point.cost == pytest.approx(point.always_abstaining)


@given(st.lists(st.floats(0, 1e6), min_size=1), st.integers(1, 100))
def test_a_percentile_was_measured_and_so_many_do_not_exceed_it(values: list[float], percent: int) -> None:
    found = percentile(values, percent)
    assert found in values
    assert sum(value <= float(found) for value in values) * 100 >= percent * len(values)
    assert sum(value < float(found) for value in values) * 100 < percent * len(values)


def test_no_value_no_percentile() -> None:
    assert percentile([], 95) is NOT_MEASURABLE
