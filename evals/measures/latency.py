"""Percentiles of how long something took."""

from __future__ import annotations

from collections.abc import Sequence

from evals.outcome import NOT_MEASURABLE, Outcome

PERCENTS = (90, 95, 99)
"""Beside the median."""


def percentile(values: Sequence[float], percent: int) -> Outcome:
    """The smallest value that at least ``percent`` of 100 of the values do not exceed: one that was measured.

    Args:
        values: In any order; not measurable without one.
        percent: From 1 to 100.

    Source: the nearest-rank percentile, Hyndman & Fan, Sample quantiles in statistical packages, The American
    Statistician 50(4), 1996, definition 1.
    """
    ascending = sorted(values)
    return ascending[max(0, -(-percent * len(ascending) // 100) - 1)] if ascending else NOT_MEASURABLE
