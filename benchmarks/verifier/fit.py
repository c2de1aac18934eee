"""A logistic regression whose weights have known signs, fitted so that every set and both labels count alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rag.verify.scorer import SPREAD_LIMIT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """Standardised coefficients; see `rag.verify.scorer.Scorer`."""

    centres: Floats
    spreads: Floats
    weights: Floats
    offset: float

    def probabilities(self, rows: Floats) -> Floats:
        """Of rows of features, shape ``(n, features)``."""
        given = np.clip((rows - self.centres) / self.spreads, -SPREAD_LIMIT, SPREAD_LIMIT)
        odds: Floats = 1.0 / (1.0 + np.exp(-(given @ self.weights + self.offset)))
        return odds


def fit(
    rows: Floats, labels: NDArray[np.bool_], importance: Floats, signs: Sequence[int], *, looseness: float
) -> Fitted:
    """Fit by the penalised likelihood.

    A weight that may only speak for or only against support cannot learn how the claims of one set happen to be made:
    that is what keeps the scorer right on sets that it was not trained on.

    Args:
        rows: Shape ``(n, features)``.
        labels: True where supported.
        importance: Of each row.
        signs: Of each feature 1 or -1 as its weight may be, or 0.
        looseness: The variance that weights are expected to have, the importance of all rows together being 1.
    """
    from scipy.optimize import minimize

    share = importance / importance.sum()
    centres = share @ rows
    spreads = np.sqrt(share @ (rows - centres) ** 2) + 1e-6
    given = np.clip((rows - centres) / spreads, -SPREAD_LIMIT, SPREAD_LIMIT)
    side = np.where(labels, 1.0, -1.0)

    def loss(point: Floats) -> tuple[float, Floats]:
        margins = side * (given @ point[:-1] + point[-1])
        pull = -share * side / (1.0 + np.exp(margins))
        value = share @ np.logaddexp(0.0, -margins) + 0.5 * point[:-1] @ point[:-1] / looseness
        return float(value), np.append(given.T @ pull + point[:-1] / looseness, pull.sum())

    bounds = [{1: (0.0, None), -1: (None, 0.0), 0: (None, None)}[sign] for sign in signs] + [(None, None)]
    start = np.zeros(len(signs) + 1)
    found = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B", options={"maxiter": 2000, "ftol": 1e-12})
    return Fitted(centres, spreads, found.x[:-1], float(found.x[-1]))


def importance(sets: Sequence[str], labels: NDArray[np.bool_], families: dict[str, str]) -> Floats:
    """So that every family of sets, in it every set, and in that both labels weigh the same.

    Args:
        sets: Of each row.
        labels: Of each row.
        families: By set; a set that is not named is a family of its own.
    """
    family = np.array([families.get(name, name) for name in sets])
    named = np.array(sets)
    weights = np.zeros(len(named))
    for one in np.unique(family):
        within = np.unique(named[family == one])
        for name in within:
            for label in (False, True):
                here = (named == name) & (labels == label)
                if here.any():
                    weights[here] = 1.0 / (len(within) * here.sum())
    return weights
