"""How sure a mean is: bootstrap intervals over questions, the same for the same figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

SEED = 7
RESAMPLES = 2000
LEVEL = 0.95
_AT_ONCE = 2**22


def mean_interval(values: Sequence[float], *, groups: Sequence[str] | None = None) -> tuple[float, float]:
    """The 95% percentile interval of the mean, from 2,000 resamples with a fixed seed.

    Args:
        values: One per question, at least one.
        groups: What each question belongs to. Groups are drawn instead of questions then: questions about one document
            are right or wrong together, so that many of them say less than as many about different ones.

    Source: Efron, Bootstrap methods: another look at the jackknife, Annals of Statistics 7(1), 1979; over groups: Field
    & Welsh, Bootstrapping clustered data, JRSS B 69(3), 2007, doi:10.1111/j.1467-9868.2007.00593.x.
    """
    return _ends(_means(values, groups, np.random.Generator(np.random.PCG64(SEED))))


def gain_interval(
    before: Sequence[float], after: Sequence[float], *, groups: Sequence[str] | None = None
) -> tuple[float, float]:
    """The 95% interval of the mean gain, each question held against itself; arguments as in `mean_interval`."""
    return mean_interval([new - old for old, new in zip(before, after, strict=True)], groups=groups)


def ratio_interval(parts: NDArray[np.float64]) -> tuple[float, float] | None:
    """The 95% interval of ``sum(above) / sum(below)`` over cases, from 2,000 resamples of the cases.

    Args:
        parts: Shape ``(cases, 2)``: what each case adds above and below the line.

    Returns:
        None where no case adds below the line. Resamples that draw none that does are left out.
    """
    return interval(ratios_of(resampled_sums(parts)))


def resampled_sums(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sums of each of 2,000 resamples of the cases; the same draws for the same number of cases.

    Args:
        parts: Shape ``(cases, columns)``.

    Returns:
        Shape ``(2000, columns)``.
    """
    chance = np.random.Generator(np.random.PCG64(SEED))
    sums: list[NDArray[np.float64]] = []
    step = max(1, _AT_ONCE // len(parts))
    for first in range(0, RESAMPLES, step):
        drawn = chance.integers(len(parts), size=(min(step, RESAMPLES - first), len(parts)))
        sums.append(parts[drawn].sum(axis=1))
    return np.concatenate(sums)


def ratios_of(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """``above / below`` of each row of two sums; NaN, which callers leave out, where below is 0."""
    below = np.where(sums[:, 1] > 0, sums[:, 1], np.nan)
    ratios: NDArray[np.float64] = sums[:, 0] / below
    return ratios


def mean_of_means_interval(sets: Sequence[Sequence[float]]) -> tuple[float, float]:
    """The 95% interval of the mean over sets of questions, each set of the same weight and drawn for itself."""
    chance = np.random.Generator(np.random.PCG64(SEED))
    return _ends(np.mean([_means(values, None, chance) for values in sets], axis=0))


def chance_of_luck(gains: Sequence[Sequence[float]], *, groups: Sequence[str]) -> float:
    """How likely the best of several gains is as good as it looks where none of them is worth anything.

    Among many trials one looks well by luck, and looks so in every fold, since all folds share questions. Resampling
    the groups says how far the luckiest strays from what it is worth.

    Args:
        gains: A row a trial, a gain a question.
        groups: What each question belongs to.

    Source: White, A reality check for data snooping, Econometrica 68(5), 2000, doi:10.1111/1468-0262.00152.
    """
    sums, counts = zip(*(_by_group(np.asarray(row, dtype=np.float64), groups) for row in gains), strict=True)
    table, sizes = np.stack(sums), counts[0]
    observed = table.sum(axis=1) / sizes.sum()
    chance = np.random.Generator(np.random.PCG64(SEED))
    luckier = 0
    for _ in range(RESAMPLES):
        drawn = chance.integers(len(sizes), size=len(sizes))
        means = table[:, drawn].sum(axis=1) / sizes[drawn].sum()
        luckier += bool((means - observed).max() >= observed.max())
    return luckier / RESAMPLES


def drawn_weights(count: int, *, groups: Sequence[str] | None = None) -> Iterator[NDArray[np.float64]]:
    """How often each of ``count`` cases is drawn in each of 2,000 resamples, for measures that are no means.

    Args:
        count: Cases, at least one.
        groups: As in `mean_interval`.

    Yields:
        Arrays of shape ``(some resamples, count)``; together 2,000 rows, the same ones every time.
    """
    members = np.arange(count) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1]
    size = int(members.max()) + 1
    chance = np.random.Generator(np.random.PCG64(SEED))
    step = max(1, _AT_ONCE // count)
    for first in range(0, RESAMPLES, step):
        rows = min(step, RESAMPLES - first)
        drawn = chance.integers(size, size=(rows, size)) + size * np.arange(rows)[:, None]
        times = np.bincount(drawn.ravel(), minlength=rows * size).reshape(rows, size)
        yield times[:, members].astype(np.float64)


def interval(resampled: NDArray[np.float64]) -> tuple[float, float] | None:
    """The 95% percentile interval of a measure over resamples; those where it has no value (NaN) are left out.

    Returns:
        None where it has a value in none of them.
    """
    known = resampled[~np.isnan(resampled)]
    return _ends(known) if len(known) else None


def _means(values: Sequence[float], groups: Sequence[str] | None, chance: np.random.Generator) -> NDArray[np.float64]:
    """The mean of each resample."""
    sums, counts = _by_group(np.asarray(values, dtype=np.float64), groups)
    means: list[NDArray[np.float64]] = []
    step = max(1, _AT_ONCE // len(sums))
    for first in range(0, RESAMPLES, step):
        drawn = chance.integers(len(sums), size=(min(step, RESAMPLES - first), len(sums)))
        means.append(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1))
    return np.concatenate(means)


def _ends(means: NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _by_group(
    values: NDArray[np.float64], groups: Sequence[str] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sum and size of each group, groups in order of their names."""
    if groups is None:
        return values, np.ones_like(values)
    _, places = np.unique(np.asarray(groups), return_inverse=True)
    sums = np.bincount(places, weights=values).astype(np.float64)
    return sums, np.bincount(places).astype(np.float64)
