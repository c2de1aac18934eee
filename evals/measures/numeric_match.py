"""Does the answer give the number that the reference gives, at whatever scale and rounding?

Source: the graders' rule of FinanceBench, Islam et al. 2023, arXiv:2311.11944, section 4: another scale and small
deviations of rounding are let through. Written on answers to 22 of its questions; ``python -m benchmarks.agreement``
reports the others.
"""

from __future__ import annotations

from decimal import Decimal

from evals.outcome import ABSTAINED, NOT_MEASURABLE, Outcome
from evals.text.quantities import Date, Quantity, in_scale_of, quantities, same
from indexers.sentences import sentence_spans

CLOSING_STATEMENTS = 3
"""A computed answer closes with its result and sometimes repeats it; what stands between is the working."""

NEAR_SHARE, WORKED_SHARE = Decimal("0.02"), Decimal("0.001")
"""Two decimal fractions may differ by one unit of the last place shown, at most 2%, or by a thousandth: that much comes
of working with rounded figures. Whole numbers are counts, years and amounts as printed, and may not."""


def numeric_match(question: str, reference: str, answer: str, *, abstained: bool) -> Outcome:
    """The share of the reference's numbers and dates that the answer gives as its result.

    Those of the reference's first statement that has any which the question does not: explanations follow the answer.
    The answer must give them in its first statement with a number or in its last three, so that copying a table says
    nothing. The sign is not compared: accounts print a loss as ``(12)``. Not measurable without a number to ask for.
    """
    wanted = _asked(question, reference)
    if not wanted:
        return NOT_MEASURABLE
    if abstained:
        return ABSTAINED
    stated = [number for statement in _results(answer) for number in statement]
    return sum(any(same(number, said) or _near(number, said) for said in stated) for number in wanted) / len(wanted)


def _asked(question: str, reference: str) -> list[Quantity]:
    given = quantities(question)
    for statement in _statements(reference):
        asked = [in_scale_of(question, number) for number in statement if number not in given]
        if asked:
            return asked
    return []


def _results(answer: str) -> list[tuple[Quantity, ...]]:
    statements = _statements(answer)
    return [*statements[:1], *statements[1:][-CLOSING_STATEMENTS:]]


def _statements(text: str) -> list[tuple[Quantity, ...]]:
    """The numbers of each sentence that has any."""
    found = (quantities(text[start:end]) for start, end in sentence_spans(text))
    return [numbers for numbers in found if numbers]


def _near(wanted: Quantity, said: Quantity) -> bool:
    """Whether two decimal fractions differ by no more than working with rounded figures makes them differ."""
    if isinstance(wanted, Date) or isinstance(said, Date):
        return False
    if (wanted.unit == "%") != (said.unit == "%") or max(wanted.step, said.step) >= 1:
        return False
    difference = abs(wanted.value - said.value)
    greater = max(wanted.value, said.value)
    return difference <= WORKED_SHARE * greater or difference <= min(max(wanted.step, said.step), NEAR_SHARE * greater)
