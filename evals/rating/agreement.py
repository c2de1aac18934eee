"""How far raters agree beyond chance, and how far a measure goes with people: each with a bootstrap interval."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from evals.intervals import drawn_weights, interval, mean_interval
from evals.outcome import NOT_MEASURABLE, Gap, Outcome
from evals.verifier.detection import auroc as areas

if TYPE_CHECKING:
    from numpy.typing import NDArray

Level = Literal["nominal", "ordinal"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure over ``n`` things, with the ends of its 95% interval where it has one."""

    value: Outcome
    n: int
    interval: tuple[float, float] | None = None


def krippendorff(units: Mapping[str, Sequence[float]], level: Level, groups: Mapping[str, str]) -> Figure:
    """Krippendorff's alpha over the units that at least two raters gave a value; 1 is perfect, 0 what chance gives.

    Args:
        units: The values of each unit, one a rater; what a rater left out is not in it.
        level: Whether values are names, or lie in an order.
        groups: The case of each unit: cases are drawn anew for the interval, not units.

    Returns:
        Not measurable where no unit has two values, or all values are the same.

    Source: Krippendorff, Content Analysis, 4th edition, 2018, chapter 12; computed by the `krippendorff` package.
    """
    names = [name for name, values in units.items() if len(values) > 1]
    domain = sorted({value for name in names for value in units[name]})
    if len(domain) < 2:
        return Figure(NOT_MEASURABLE, len(names))
    counts = np.array([[units[name].count(value) for value in domain] for name in names])
    cases = [groups[name] for name in names]
    value = _alpha(counts, level)
    return Figure(_outcome(value), len(names), _resampled(len(names), cases, lambda rows: _alpha(counts[rows], level)))


def spearman(one: Sequence[float], other: Sequence[float], groups: Sequence[str]) -> Figure:
    """The correlation of ranks.

    Source: Spearman, The proof and measurement of association between two things, 1904.
    """
    from scipy.stats import rankdata

    first, second = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
    return _figure(len(first), groups, lambda rows: _correlation(rankdata(first[rows]), rankdata(second[rows])))


def pearson(one: Sequence[float], other: Sequence[float], groups: Sequence[str]) -> Figure:
    """The correlation of values."""
    first, second = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
    return _figure(len(first), groups, lambda rows: _correlation(first[rows], second[rows]))


def auroc(scores: Sequence[float], positive: Sequence[bool], groups: Sequence[str]) -> Figure:
    """The chance that a score is higher where people said yes than where they said no; ties count half."""
    given, labels = np.asarray(scores, dtype=np.float64), np.asarray(positive, dtype=np.bool_)
    if not len(given):
        return Figure(NOT_MEASURABLE, 0)
    value = _outcome(float(areas(given, labels, np.ones((1, len(given))))[0]))
    if isinstance(value, Gap):
        return Figure(value, len(given))
    resampled = [areas(given, labels, weights) for weights in drawn_weights(len(given), groups=groups)]
    return Figure(value, len(given), interval(np.concatenate(resampled)))


def share(values: Sequence[float], groups: Sequence[str]) -> Figure:
    """The mean."""
    if not values:
        return Figure(NOT_MEASURABLE, 0)
    return Figure(float(np.mean(values)), len(values), mean_interval(values, groups=groups))


def _figure(n: int, groups: Sequence[str], of: Callable[[NDArray[np.intp]], float]) -> Figure:
    if not n:
        return Figure(NOT_MEASURABLE, 0)
    value = _outcome(of(np.arange(n)))
    return Figure(value, n, None if isinstance(value, Gap) else _resampled(n, groups, of))


def _resampled(n: int, groups: Sequence[str], of: Callable[[NDArray[np.intp]], float]) -> tuple[float, float] | None:
    """The interval over resamples of the groups; those in which it cannot be measured are left out."""
    values = [
        of(np.repeat(np.arange(n), weights.astype(np.intp)))
        for block in drawn_weights(n, groups=groups)
        for weights in block
    ]
    return interval(np.array(values))


def _alpha(counts: NDArray[np.int_], level: Level) -> float:
    from krippendorff import alpha

    if np.count_nonzero(counts.sum(axis=0)) < 2:
        return np.nan  # all values the same: there is nothing to agree on
    return float(alpha(value_counts=counts, level_of_measurement=level))


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    if len(one) < 3 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return np.nan
    return float(np.clip(np.corrcoef(one, other)[0, 1], -1.0, 1.0))


def _outcome(value: float) -> Outcome:
    return value if np.isfinite(value) else NOT_MEASURABLE
