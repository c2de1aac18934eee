"""Which settings find more on these questions: tried out, cross-validated, held against those of now."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evals.errors import EvalError
from evals.intervals import chance_of_luck, gain_interval
from evals.outcome import PLACES
from evals.search.unfolded import unfolded
from evals.tuning.judged import FOLDS, folds

if TYPE_CHECKING:
    from collections.abc import Callable

    from evals.search.retrieval import Searcher
    from evals.tuning.judged import Judged

LEAST_GROUPS = 10
"""With questions about fewer documents nothing can be told from chance."""

MOST_LUCK = 0.025

FOUND = 30
"""Hits searched for; those that repeat others do not push evidence out of the ten that count."""

Grid = Mapping[str, Sequence[float]]
"""Values of settings by dotted name, of which all combinations are tried."""

GRIDS: tuple[Grid, ...] = (
    {"fusion.lexical_weight": (0.1, 0.2, 0.4, 0.8, 1.6, 3.2), "fusion.late_weight": (0.0, 0.75, 1.5, 3.0)},
    {"fusion.about_weight": (0.0, 0.1, 0.4, 0.8)},
)
"""What is tried: words against meaning and the closer look, and apart from these how much a document's name counts."""

Trial = dict[str, float]
"""Settings by dotted name."""


@dataclass(frozen=True, slots=True)
class Gain:
    """What a change is worth: the mean nDCG@10 before and after, on questions that it was not chosen by."""

    before: float
    after: float
    low: float
    high: float

    @property
    def wins(self) -> bool:
        """Whether it is better for all that 95% of resamples say."""
        return self.low > 0


@dataclass(frozen=True, slots=True)
class Tuned:
    """Every trial with its mean, the best of them, and what choosing it like this is worth.

    ``luck`` is the chance that the best of so many trials looks as good where none is better than what stands now.
    """

    questions: int
    groups: int
    trials: tuple[tuple[Trial, float], ...]
    best: Trial
    gain: Gain
    luck: float
    by_kind: Mapping[str, float]

    @property
    def wins(self) -> bool:
        """Better on the whole, not by luck, and on no kind of question worse."""
        proved = self.gain.wins and self.luck <= MOST_LUCK
        return bool(self.best) and proved and min(self.by_kind.values()) >= 0


def trials_of(present: Mapping[str, float], grids: Sequence[Grid]) -> list[Trial]:
    """All combinations of each grid's values, the present settings first, as the empty trial.

    Args:
        present: The settings of now by dotted name; others are not tried.
        grids: What to try.
    """
    trials: list[Trial] = [{}]
    for grid in grids:
        names = sorted(name for name in grid if name in present)
        for values in itertools.product(*(grid[name] for name in names)):
            trial = {name: value for name, value in zip(names, values, strict=True) if value != present[name]}
            if trial not in trials:
                trials.append(trial)
    return trials


def scores_of(rag: Searcher, questions: Sequence[Judged]) -> list[float]:
    """nDCG@10 of every question."""
    return [one.score(unfolded(rag.search(one.text, limit=FOUND))) for one in questions]


def choose(
    questions: Sequence[Judged],
    trials: Sequence[Trial],
    scores: Callable[[Trial], Sequence[float]],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Tuned:
    """Try everything; what a choice is worth is measured on documents that it was not made by.

    Args:
        questions: Of at least ten documents.
        trials: The present settings first.
        scores: Of every question under a trial.
        progress: Called with the trials done and the trials in all.

    Raises:
        EvalError: The questions are about too few documents.

    Source: Stone, Cross-validatory choice and assessment of statistical predictions, JRSS B 36(2), 1974; for luck see
    `evals.intervals.chance_of_luck`.
    """
    groups = [question.group for question in questions]
    refuse_few(groups)
    table: list[Sequence[float]] = []
    for trial in trials:
        table.append(scores(trial))
        if progress is not None:
            progress(len(table), len(trials))
    places = folds(groups)
    chosen = [
        _best([[row[at] for at, place in enumerate(places) if place != fold] for row in table]) for fold in range(FOLDS)
    ]
    after = [table[chosen[place]][at] for at, place in enumerate(places)]
    return Tuned(
        questions=len(questions),
        groups=len(set(groups)),
        trials=tuple((trial, statistics.fmean(row)) for trial, row in zip(trials, table, strict=True)),
        best=trials[_best(table)],
        gain=gain_of(table[0], after, groups),
        luck=_luck(table, groups),
        by_kind=_by_kind(questions, table[0], after),
    )


def refuse_few(groups: Sequence[str]) -> None:
    """Refuse questions about fewer than ten documents.

    Raises:
        EvalError: They are.
    """
    if len(set(groups)) < LEAST_GROUPS:
        told = f"{len(groups)} questions about {len(set(groups))} documents"
        raise EvalError(f"{told} cannot tell one setting from another; {LEAST_GROUPS} documents are needed")


def gain_of(before: Sequence[float], after: Sequence[float], groups: Sequence[str]) -> Gain:
    """The gain with its interval over groups."""
    low, high = gain_interval(before, after, groups=groups)
    return Gain(statistics.fmean(before), statistics.fmean(after), low, high)


def _best(table: Sequence[Sequence[float]]) -> int:
    """The first of the best rows: the present settings wherever they are as good."""
    means = [round(statistics.fmean(row), PLACES) for row in table]
    return means.index(max(means))


def _luck(table: Sequence[Sequence[float]], groups: Sequence[str]) -> float:
    gains = [[new - old for old, new in zip(table[0], row, strict=True)] for row in table[1:]]
    return chance_of_luck(gains, groups=groups) if gains else 1.0


def _by_kind(questions: Sequence[Judged], before: Sequence[float], after: Sequence[float]) -> dict[str, float]:
    gains: dict[str, list[float]] = {}
    for question, old, new in zip(questions, before, after, strict=True):
        gains.setdefault(question.kind, []).append(new - old)
    return {kind: statistics.fmean(gains[kind]) for kind in sorted(gains)}
