"""How well a score tells supported claims from others: measures over one set of labelled claims.

"Positive" is a supported claim, except in F1, where it is one that is not: those are what a verifier is there to find.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evals.intervals import drawn_weights, interval
from evals.outcome import NOT_MEASURABLE, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Measure = Callable[[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64], float], NDArray[np.float64]]

BINS = 10
"""Of equal width over the scores, for calibration."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Claims with a score in ``[low, high)`` (the last bin holds 1 too): the mean score and how many are supported."""

    low: float
    high: float
    n: int
    mean_score: Outcome
    supported: Outcome


@dataclass(frozen=True, slots=True)
class Detection:
    """The measures of one set; ``intervals`` are 95% bootstrap ends of those that have a value."""

    n: int
    positives: int
    values: dict[str, Outcome]
    intervals: dict[str, tuple[float, float]]
    bins: tuple[Bin, ...]


def detect(
    scores: Sequence[float], supported: Sequence[bool], *, threshold: float, groups: Sequence[str] | None = None
) -> Detection:
    """Measure one set.

    Args:
        scores: Higher is better supported, 0 to 1.
        supported: The labels.
        threshold: A score from here on says "supported"; fixed before the set was opened.
        groups: Which cases are drawn together when intervals are resampled.
    """
    given, labels = np.asarray(scores, dtype=np.float64), np.asarray(supported, dtype=np.bool_)
    once = np.ones((1, len(given)))
    values = {name: _outcome(float(of(given, labels, once, threshold)[0])) for name, of in MEASURES.items()}
    resampled: dict[str, list[NDArray[np.float64]]] = {name: [] for name in MEASURES}
    for weights in drawn_weights(len(given), groups=groups):
        for name, of in MEASURES.items():
            resampled[name].append(of(given, labels, weights, threshold))
    ends = {name: interval(np.concatenate(parts)) for name, parts in resampled.items()}
    measured = {name: pair for name, pair in ends.items() if pair is not None and values[name] is not NOT_MEASURABLE}
    return Detection(len(given), int(labels.sum()), values, measured, reliability(scores, supported))


def reliability(scores: Sequence[float], supported: Sequence[bool]) -> tuple[Bin, ...]:
    """Of ten bins of the score how many claims are in each, what they score and how many of them are supported."""
    given, labels = np.asarray(scores, dtype=np.float64), np.asarray(supported, dtype=np.bool_)
    place = _bin(given)
    bins = []
    for at in range(BINS):
        here = place == at
        n = int(here.sum())
        mean, share = (float(given[here].mean()), float(labels[here].mean())) if n else (NOT_MEASURABLE,) * 2
        bins.append(Bin(at / BINS, (at + 1) / BINS, n, mean, share))
    return tuple(bins)


def _balanced_accuracy(
    scores: NDArray[np.float64], labels: NDArray[np.bool_], weights: NDArray[np.float64], threshold: float
) -> NDArray[np.float64]:
    """The mean of the shares of supported and of other claims that the threshold puts on the right side."""
    said = scores >= threshold
    return 0.5 * (_share(weights, labels, said) + _share(weights, ~labels, ~said))


def auroc(scores: NDArray[np.float64], labels: NDArray[np.bool_], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The chance that one with the label scores above one without, ties counting half, for each row of weights.

    Args:
        scores: Shape ``(n,)``.
        labels: Shape ``(n,)``.
        weights: Shape ``(rows, n)``: how often each counts.

    Returns:
        Shape ``(rows,)``; NaN where a row has one kind only.

    Source: Hanley & McNeil, The meaning and use of the area under a ROC curve, Radiology 143(1), 1982.
    """
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(scores[order]) > 0])
    positive = np.add.reduceat(weights[:, order] * labels[order], starts, axis=1)
    negative = np.add.reduceat(weights[:, order] * ~labels[order], starts, axis=1)
    below = np.cumsum(negative, axis=1) - negative
    pairs = positive.sum(axis=1) * negative.sum(axis=1)
    return _divided((positive * (below + 0.5 * negative)).sum(axis=1), pairs)


def _f1_unsupported(
    scores: NDArray[np.float64], labels: NDArray[np.bool_], weights: NDArray[np.float64], threshold: float
) -> NDArray[np.float64]:
    """F1 of finding the claims that are not supported."""
    flagged = scores < threshold
    found = weights @ (flagged & ~labels)
    return _divided(2 * found, weights @ flagged + weights @ ~labels)


def _f1_flag_everything(
    _scores: NDArray[np.float64], labels: NDArray[np.bool_], weights: NDArray[np.float64], _threshold: float
) -> NDArray[np.float64]:
    """The F1 of calling every claim unsupported: what a verifier has to beat."""
    others = weights @ ~labels
    return _divided(2 * others, weights.sum(axis=1) + others)


def _brier(
    scores: NDArray[np.float64], labels: NDArray[np.bool_], weights: NDArray[np.float64], _threshold: float
) -> NDArray[np.float64]:
    """The mean square between probability and label; lower is better.

    Source: Brier, Verification of forecasts expressed in terms of probability, Monthly Weather Review 78(1), 1950.
    """
    return _divided(weights @ (scores - labels) ** 2, weights.sum(axis=1))


def _ece(
    scores: NDArray[np.float64], labels: NDArray[np.bool_], weights: NDArray[np.float64], _threshold: float
) -> NDArray[np.float64]:
    """Expected calibration error over ten bins; lower is better.

    Source: Naeini, Cooper & Hauskrecht, Obtaining well calibrated probabilities using Bayesian binning, AAAI 2015.
    """
    place = _bin(scores)
    gaps = [np.abs(weights @ ((place == at) * (scores - labels))) for at in range(BINS)]
    return _divided(np.sum(gaps, axis=0), weights.sum(axis=1))


MEASURES: dict[str, Measure] = {
    "balanced_accuracy": _balanced_accuracy,
    "auroc": lambda scores, labels, weights, _threshold: auroc(scores, labels, weights),
    "f1_unsupported": _f1_unsupported,
    "f1_flag_everything": _f1_flag_everything,
    "ece": _ece,
    "brier": _brier,
}
"""By name, in report order: each over the rows of weights, NaN where a row has no value."""


def _share(weights: NDArray[np.float64], among: NDArray[np.bool_], which: NDArray[np.bool_]) -> NDArray[np.float64]:
    return _divided(weights @ (among & which), weights @ among)


def _divided(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    quotients: NDArray[np.float64] = np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)
    return quotients


def _bin(scores: NDArray[np.float64]) -> NDArray[np.intp]:
    return np.minimum((scores * BINS).astype(np.intp), BINS - 1)


def _outcome(value: float) -> Outcome:
    return NOT_MEASURABLE if np.isnan(value) else value
