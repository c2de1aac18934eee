"""What a measure says: a value, or one of two named reasons why there is none. Nothing is NaN."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Gap(StrEnum):
    """Why a measure has no value."""

    ABSTAINED = "abstained"
    NOT_MEASURABLE = "not measurable"


ABSTAINED = Gap.ABSTAINED
NOT_MEASURABLE = Gap.NOT_MEASURABLE

Outcome = float | Gap
"""A finite number, or why there is none."""

PLACES = 6
"""Decimal places of a reported value; gates compare what is reported."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """A measure over many cases: the value, and of how many cases it speaks.

    ``measured + abstained + not_measurable`` is the number of cases.
    """

    value: Outcome
    measured: int
    abstained: int
    not_measurable: int


def mean(outcomes: Sequence[Outcome], *, abstained_as: float | None = None) -> Measurement:
    """The mean over the cases that have a value.

    Args:
        outcomes: One per case.
        abstained_as: What an abstention counts in the mean; None leaves abstentions out of it. They are counted as
            abstentions either way.
    """
    abstained = sum(outcome is ABSTAINED for outcome in outcomes)
    missing = sum(outcome is NOT_MEASURABLE for outcome in outcomes)
    values = [outcome for outcome in outcomes if not isinstance(outcome, Gap)]
    measured = len(values)
    if abstained_as is not None:
        values += [abstained_as] * abstained
    value = sum(values) / len(values) if values else (ABSTAINED if abstained else NOT_MEASURABLE)
    return Measurement(value, measured, abstained, missing)
