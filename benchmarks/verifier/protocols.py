"""How the scorer is tried on claims that it was not trained on, and how sure the figures are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.verifier.sets import BEGIN, NEVER_TRAINED_ON, SUMMEDITS, TRAINED_ON
from evals.intervals import SEED, drawn_weights, interval
from evals.verifier.detection import MEASURES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from benchmarks.verifier.sets import Table
    from benchmarks.verifier.systems import System

    Floats = NDArray[np.float64]

THRESHOLD = 0.5
"""Fixed before any set was opened: the scores are probabilities under even odds."""

FOLDS = 5
SHOWN = ("balanced_accuracy", "auroc", "ece")


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """Scores of claims that had no part in training what scored them.

    ``name`` is of a set, or of several whose figures are averaged.
    """

    protocol: str
    name: str
    parts: tuple[tuple[Table, Floats], ...]

    def figures(self) -> dict[str, tuple[float, float, float]]:
        """Of each measure the value and the ends of its 95% interval, groups of claims drawn together."""
        found = {}
        for measure in SHOWN:
            value = float(np.mean([_measured(measure, *part)[0] for part in self.parts]))
            ends = interval(np.mean(list(self._resampled(measure)), axis=0)) or (value, value)
            found[measure] = (value, *ends)
        return found

    def _resampled(self, measure: str) -> Iterator[Floats]:
        for at, (table, scores) in enumerate(self.parts):
            drawn = drawn_weights(len(scores), groups=table.groups.tolist())
            values = np.concatenate([_measured(measure, table, scores, weights) for weights in drawn])
            yield np.random.default_rng([SEED, at]).permutation(values)  # sets of as many groups are drawn alike


def trials(table: Table, system: System) -> Iterator[Trial]:
    """Every protocol for one system."""
    yield from never_trained(table, system)
    yield each_left_out(table, system)
    yield folded(table, system, BEGIN)
    yield from families_left_out(table, system)


def never_trained(table: Table, system: System) -> Iterator[Trial]:
    """The sets that nothing is trained on, by what all others train: what ships."""
    scores = system.train(table.only(np.isin(table.sets, TRAINED_ON)))
    for name in NEVER_TRAINED_ON:
        here = table.only(table.sets == name)
        yield Trial("never trained on", name, ((here, scores(here)),))


def each_left_out(table: Table, system: System) -> Trial:
    """Each domain of SummEdits by what the other domains and BEGIN train."""
    may = np.isin(table.sets, TRAINED_ON)
    parts = []
    for name in SUMMEDITS:
        here = table.only(table.sets == name)
        parts.append((here, system.train(table.only(may & (table.sets != name)))(here)))
    return Trial("domain left out", "summedits", tuple(parts))


def folded(table: Table, system: System, name: str) -> Trial:
    """A set's groups in `FOLDS` folds, each by what the others and the other sets train."""
    may = np.isin(table.sets, TRAINED_ON)
    mine = table.sets == name
    of_fold = _folds(table.groups)
    scores = np.empty(len(table.cases))
    for fold in range(FOLDS):
        tried = mine & (of_fold == fold)
        if tried.any():
            scores[tried] = system.train(table.only(may & ~tried))(table.only(tried))
    return Trial("cross-validated", name, ((table.only(mine), scores[mine]),))


def families_left_out(table: Table, system: System) -> Iterator[Trial]:
    """SummEdits by what BEGIN trains, and the other way round: claims of a kind that was never seen."""
    edits = np.isin(table.sets, SUMMEDITS)
    from_begin = system.train(table.only(table.sets == BEGIN))
    parts = [table.only(table.sets == name) for name in SUMMEDITS]
    yield Trial("set left out", "summedits", tuple((part, from_begin(part)) for part in parts))
    begin = table.only(table.sets == BEGIN)
    yield Trial("set left out", BEGIN, ((begin, system.train(table.only(edits))(begin)),))


def _folds(groups: NDArray[np.str_]) -> NDArray[np.int64]:
    """A fold of each row; groups are drawn by a fixed seed, and rows of one group stay together."""
    names, members = np.unique(groups, return_inverse=True)
    shuffled = np.random.default_rng(SEED).permutation(len(names)) % FOLDS
    return np.asarray(shuffled[members], dtype=np.int64)


def _measured(measure: str, table: Table, scores: Floats, weights: Floats | None = None) -> Floats:
    once = np.ones((1, len(scores))) if weights is None else weights
    return MEASURES[measure](scores, table.labels, once, THRESHOLD)


def told(figures: Sequence[float]) -> str:
    """A figure in hundredths with its interval."""
    value, low, high = (100 * figure for figure in figures)
    return f"{value:5.1f} ({low:.0f}-{high:.0f})"
