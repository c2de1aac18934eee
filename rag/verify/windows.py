"""Which sentences of the evidence speak of a sentence of the claim, and which of its words they hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rag.verify.index import Index
    from rag.verify.terms import Term

MOST_CHOSEN = 3
"""A claim rarely says more than three sentences of the evidence together do."""


@dataclass(frozen=True, slots=True)
class Held:
    """The content words of one sentence of a claim, and whether some of the evidence holds each.

    Attributes:
        said: The content words.
        weights: Of each what it weighs.
        best, pair, triple: What the best sentence holds, and the best two and three that follow each other.
        chosen: What the best `MOST_CHOSEN` sentences hold, wherever they stand, taken one after the other.
        everywhere: What any sentence holds.
        nearest: The position of the best sentence.
        support: Those of the chosen, the most telling first; at least one.
    """

    said: tuple[Term, ...]
    weights: NDArray[np.float64]
    best: NDArray[np.bool_]
    pair: NDArray[np.bool_]
    triple: NDArray[np.bool_]
    chosen: NDArray[np.bool_]
    everywhere: NDArray[np.bool_]
    nearest: int
    support: tuple[int, ...]


def held(said: Sequence[Term], index: Index) -> Held:
    """Hold the content words against every sentence, weighed by how rare they are. At least one word."""
    weights = np.array([term.weight for term in said])
    found = np.array([[term.stem in stems for term in said] for stems in index.stem_sets], dtype=np.bool_)
    pair = found.copy()
    pair[:-1] |= found[1:]
    triple = pair.copy()
    triple[:-2] |= found[2:]
    nearest = int((found @ weights).argmax())
    chosen, support = _choose(found, weights)
    return Held(
        said=tuple(said),
        weights=weights,
        best=found[nearest],
        pair=pair[(pair @ weights).argmax()],
        triple=triple[(triple @ weights).argmax()],
        chosen=chosen,
        everywhere=np.asarray(found.any(axis=0)),
        nearest=nearest,
        support=support or (nearest,),
    )


def _choose(found: NDArray[np.bool_], weights: NDArray[np.float64]) -> tuple[NDArray[np.bool_], tuple[int, ...]]:
    """One sentence after the other, each for what it adds."""
    covered = np.zeros(found.shape[1], dtype=np.bool_)
    support: list[int] = []
    while len(support) < MOST_CHOSEN:
        gains = (found & ~covered) @ weights
        most = int(gains.argmax())
        if gains[most] <= 0:
            break
        support.append(most)
        covered = covered | found[most]
    return covered, tuple(support)
