"""What answering and abstaining cost, for every price of a wrong answer: the curve that an F1 cannot show.

The unit is an abstention from a question that the documents answer: somebody has to look it up. A wrong answer costs
``price`` of these, and so does any answer where the documents hold none. Right answers and right abstentions are free.

Source: Chow, On optimum recognition error and reject tradeoff, IEEE Trans. Information Theory 16(1), 1970,
doi:10.1109/TIT.1970.1054406.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evals.outcome import NOT_MEASURABLE, Outcome

PRICES = (0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0)
"""Of a wrong answer, in abstentions."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of one case; ``right`` is of the answer, and None where that cannot be told."""

    answerable: bool
    abstained: bool
    right: bool | None


@dataclass(frozen=True, slots=True)
class CostPoint:
    """The mean cost of a case at one price, beside that of always abstaining."""

    price: float
    cost: float
    always_abstaining: float


def abstention_costs(cases: Sequence[Decided], *, prices: Sequence[float] = PRICES) -> tuple[CostPoint, ...]:
    """The mean cost of a case at each price, over the cases that can be judged; none where no case can."""
    wrong, missed, due, n = _counts(cases)
    return tuple(CostPoint(price, (wrong * price + missed) / n, due / n) for price in prices) if n else ()


def worth_up_to(cases: Sequence[Decided]) -> Outcome:
    """The price of a wrong answer up to which the system costs less than always abstaining.

    0 for a system that answers nothing rightly. Not measurable without a wrong answer: then any price is worth it.
    """
    wrong, missed, due, _ = _counts(cases)
    return (due - missed) / wrong if wrong else NOT_MEASURABLE


def _counts(cases: Sequence[Decided]) -> tuple[int, int, int, int]:
    """Wrong answers, needless abstentions, answerable questions, and cases that can be judged."""
    judged = [case for case in cases if case.abstained or not case.answerable or case.right is not None]
    wrong = sum(not case.abstained and not (case.answerable and case.right is True) for case in judged)
    missed = sum(case.abstained and case.answerable for case in judged)
    return wrong, missed, sum(case.answerable for case in judged), len(judged)
