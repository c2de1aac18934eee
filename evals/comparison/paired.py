"""Two runs held against each other measure by measure, over the cases that both have: is the difference more than luck?

The interval is a paired bootstrap over cases. The p-value is McNemar's exact one where a measure says yes or no of a
case, and a randomization test otherwise: if the two runs were alike, any case's figures might as well be exchanged.
Several measures are several chances to be lucky, so p-values are corrected together, by Holm.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from evals.intervals import LEVEL, SEED, interval, ratios_of, resampled_sums
from evals.outcome import PLACES
from evals.parts import parts_of
from evals.scores import ABSTENTION, AMOUNTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from evals.runs.run_folder import StoredCase

SIGNIFICANT = 1 - LEVEL
EXCHANGES = 9_999
_AT_ONCE = 2**22

Test = Literal["McNemar, exact", "randomization"]


@dataclass(frozen=True, slots=True)
class Paired:
    """One measure of runs A and B over ``cases`` cases that have it in both.

    ``interval`` holds the true difference B - A in 95 of 100 such samples of cases. ``wins`` and ``losses`` count cases
    in which B is better and worse than A. ``p`` is two-sided, ``p_holm`` corrected over all measures compared.
    """

    measure: str
    cases: int
    a: float
    b: float
    interval: tuple[float, float]
    wins: int
    losses: int
    test: Test
    p: float
    p_holm: float = 1.0

    @property
    def difference(self) -> float:
        """B - A."""
        return self.b - self.a

    @property
    def better(self) -> bool | None:
        """Whether B is better; None where it is neither better nor worse."""
        if round(self.difference, PLACES) == 0:
            return None
        return (self.difference < 0) == lower_is_better(self.measure)

    @property
    def significant(self) -> bool:
        """Whether the difference is more than luck, all measures compared taken together."""
        return self.better is not None and self.p_holm < SIGNIFICANT


def lower_is_better(measure: str) -> bool:
    """Tokens, cost and seconds; every other measure is better when it is higher."""
    return measure in AMOUNTS or measure == "seconds"


def compare_measures(pairs: Sequence[tuple[StoredCase, StoredCase]], names: Sequence[str]) -> tuple[Paired, ...]:
    """Every named measure that both runs have of at least one case, in the order of the names.

    Args:
        pairs: The same case in run A and in run B.
        names: The measures; they are corrected for as many of them as can be compared.
    """
    found = [one for name in names if (one := _compare(pairs, name)) is not None]
    corrected = holm([one.p for one in found])
    return tuple(replace(one, p_holm=p) for one, p in zip(found, corrected, strict=True))


def holm(chances: Sequence[float]) -> list[float]:
    """The p-values corrected for being so many, in their order.

    Source: Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6, 1979.
    """
    corrected = [1.0] * len(chances)
    least = 0.0
    for place, at in enumerate(sorted(range(len(chances)), key=lambda one: chances[one])):
        least = max(least, min(1.0, (len(chances) - place) * chances[at]))
        corrected[at] = least
    return corrected


def mcnemar(wins: int, losses: int) -> float:
    """How likely wins and losses lie so far apart, or farther, where either is as likely: exact and two-sided.

    Source: McNemar, Note on the sampling error of the difference between correlated proportions, Psychometrika 12(2),
    1947; exact by the binomial distribution.
    """
    from scipy.stats import binomtest

    return float(binomtest(wins, wins + losses).pvalue) if wins + losses else 1.0


def randomization(before: NDArray[np.float64], after: NDArray[np.float64]) -> float:
    """How likely so large a difference of ratios is, if each case's two figures might as well be exchanged; two-sided.

    9,999 exchanges with a fixed seed; the observed one counts among them, so that no p-value is 0.

    Args:
        before: Shape ``(cases, 2)``: what each case adds above and below the line in run A.
        after: Likewise in run B.

    Source: Smucker, Allan & Carterette, A comparison of statistical significance tests for information retrieval
    evaluation, CIKM 2007, doi:10.1145/1321440.1321528.
    """
    observed = _distance(before.sum(axis=0)[None], after.sum(axis=0)[None])[0]
    chance = np.random.Generator(np.random.PCG64(SEED))
    step = max(1, _AT_ONCE // len(before))
    whole, gain = before.sum(axis=0), after - before
    farther = 0
    for first in range(0, EXCHANGES, step):
        moved = chance.integers(2, size=(min(step, EXCHANGES - first), len(before))).astype(np.float64) @ gain
        distances = _distance(whole + moved, whole + gain.sum(axis=0) - moved)
        farther += int(np.count_nonzero(distances >= observed - 1e-12))
    return (farther + 1) / (EXCHANGES + 1)


def _distance(before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.float64]:
    """Between the two ratios of each row; 0 where one has none."""
    distances: NDArray[np.float64] = np.nan_to_num(np.abs(ratios_of(after) - ratios_of(before)))
    return distances


def _compare(pairs: Sequence[tuple[StoredCase, StoredCase]], name: str) -> Paired | None:
    before, after = (_parts(name, [pair[side] for pair in pairs]) for side in (0, 1))
    if name not in ABSTENTION:  # of a mean only what both have can be held against each other
        both = (before[:, 1] > 0) & (after[:, 1] > 0)
        before, after = before[both], after[both]
    if not before[:, 1].any() or not after[:, 1].any():
        return None
    a, b = (float(side[:, 0].sum() / side[:, 1].sum()) for side in (before, after))
    sign = -1.0 if lower_is_better(name) else 1.0
    gains = sign * _worth(after - before)
    wins, losses = int(np.count_nonzero(gains > 0)), int(np.count_nonzero(gains < 0))
    binary = name not in ABSTENTION and bool(np.isin(np.stack([before, after])[:, :, 0], (0.0, 1.0)).all())
    p = mcnemar(wins, losses) if binary else randomization(before, after)
    test: Test = "McNemar, exact" if binary else "randomization"
    return Paired(name, len(before), a, b, _interval(before, after, gain=b - a), wins, losses, test, p)


def _worth(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Which way a case moves its measure: a needless abstention adds below the line alone, which is a loss.

    Of a mean, below is 1 on either side.
    """
    worth: NDArray[np.float64] = 2 * parts[:, 0] - parts[:, 1]
    return worth


def _parts(name: str, cases: Sequence[StoredCase]) -> NDArray[np.float64]:
    return parts_of(name, [case.scores for case in cases], [case.said for case in cases])


def _interval(before: NDArray[np.float64], after: NDArray[np.float64], *, gain: float) -> tuple[float, float]:
    """The same cases are drawn for both runs; where no draw can be measured, what was seen is all there is."""
    sums = resampled_sums(np.concatenate([before, after], axis=1))
    gains = ratios_of(sums[:, 2:]) - ratios_of(sums[:, :2])
    return interval(gains) or (gain, gain)
