"""Fit the coefficients, and score each question by coefficients that were fitted without its group."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.answerable.sets import Posed, from_headings, labelled, windows
from benchmarks.verifier.fit import Fitted, fit
from rag.answerable.decision import features, without_names
from rag.answerable.features import MEANING

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from indexers.embed import PieceReader

SHARES = {"clapnq": 1.0, "clapnq_dev": 1.0, "mtragun": 0.3, "handbook": 1.0}
"""What each set weighs; in it, both labels weigh the same."""

LOOSENESS = 30.0
FOLDS = 10
ROUNDS = 3
"""Times that the folds are drawn; a question's score is the mean of its log-odds."""

ANY = ("any_sentence", "any_late_least")
FOR = {"held", "best", *MEANING, *ANY}
AGAINST = {"all_missing", "all_terms", "kind_missing"}
"""What may only speak for an answer, and only against one; ``heading`` may do either."""

EITHER_WAY = ("heading", "kind_missing", "all_missing", "all_terms")
NAMES = {"meaning": (*MEANING, *ANY, *EITHER_WAY), "words": ("held", "best", *EITHER_WAY)}
"""The features of each of the two regressions; what words say of a passage adds nothing to what an encoder says."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A question of a set with the features that decide; None where there was nothing to look at."""

    posed: Posed
    features: dict[str, float] | None


def training_sets(folder: Path) -> list[Posed]:
    """All that may teach what ships."""
    return [
        *labelled(folder, "clapnq"),
        *labelled(folder, "mtragun"),
        *windows(folder / "retrieval" / "clapnq_dev"),
        *from_headings(folder / "handbook"),
    ]


def look(posed: Sequence[Posed], encoder: PieceReader | None) -> list[Looked]:
    """The features of each question that go into its regression."""
    names = NAMES["words" if encoder is None else "meaning"]
    looked = []
    for one in posed:
        found = features(one.question, one.stretches, encoder)
        looked.append(Looked(one, None if found is None else {name: found[name] for name in names}))
    return looked


def names_of(looked: Sequence[Looked]) -> list[str]:
    """The features in their order."""
    return list(next(one.features for one in looked if one.features))


def trained(looked: Sequence[Looked]) -> Fitted:
    """Coefficients of those of ``looked`` whose set has a share."""
    rows = [one for one in looked if one.features and one.posed.set in SHARES]
    names = names_of(rows)
    signs = [1 if name in FOR else -1 if name in AGAINST else 0 for name in names]
    labels = np.array([one.posed.answered for one in rows])
    return fit(matrix(rows, names), labels, _weights(rows), signs, looseness=LOOSENESS)


def held_out(looked: Sequence[Looked]) -> NDArray[np.float64]:
    """For each the probability by coefficients fitted without any question of its group; 0 where nothing was found."""
    logits = np.zeros(len(looked))
    some = np.array([one.features is not None for one in looked])
    for drawn in range(ROUNDS):
        folds = np.array([_fold(one.posed.group, drawn) for one in looked])
        for at in range(FOLDS):
            fitted = trained([one for one, fold in zip(looked, folds, strict=True) if fold != at])
            here = np.flatnonzero((folds == at) & some).tolist()
            given = matrix([looked[place] for place in here], names_of(looked))
            chances = np.clip(fitted.probabilities(given), 1e-9, 1 - 1e-9)
            logits[here] += np.log(chances / (1 - chances)) / ROUNDS
    return np.where(some, decided(looked, 1 / (1 + np.exp(-logits))), 0.0)


def decided(looked: Sequence[Looked], probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the product makes of the regression's probabilities."""
    pairs = zip(looked, probabilities.tolist(), strict=True)
    return np.array([without_names(one, its.posed.question, its.posed.stretches) for its, one in pairs])


def matrix(looked: Sequence[Looked], names: Sequence[str]) -> NDArray[np.float64]:
    """A row of features each."""
    return np.array([[(one.features or {})[name] for name in names] for one in looked]).reshape(-1, len(names))


def model_json(fitted: Fitted, names: Sequence[str]) -> dict[str, Any]:
    """One regression as it ships."""
    columns = zip(names, fitted.centres.tolist(), fitted.spreads.tolist(), fitted.weights.tolist(), strict=True)
    rows = [
        {"name": name, "centre": round(centre, 6), "spread": round(spread, 6), "weight": round(weight, 6)}
        for name, centre, spread, weight in columns
    ]
    return {"offset": round(fitted.offset, 6), "features": rows}


def _weights(rows: Sequence[Looked]) -> NDArray[np.float64]:
    """Those of one set and label share its weight; passages from elsewhere are held against the set's own answers."""
    own = {"clapnq_dev": "clapnq"}
    keys = [(one.posed.set, one.posed.answered) for one in rows]
    weights = np.zeros(len(rows))
    for name, share in SHARES.items():
        for answered in (False, True):
            source = own.get(name, name) if answered else name
            here = np.array([key == (source, answered) for key in keys])
            if here.any():
                weights[here] += share / here.sum()
    return weights


def _fold(group: str, drawn: int) -> int:
    return int(hashlib.sha256(f"{drawn} {group}".encode()).hexdigest(), 16) % FOLDS
