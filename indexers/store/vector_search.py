"""Exact search over sealed segments and the unsealed tail, merged so that the way of sealing never shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from indexers.store.segments import TIE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from indexers.embed import Matrix, Vector


class Part(Protocol):
    """A set of vectors that can be searched by itself: a sealed segment or the tail."""

    @property
    def rows(self) -> NDArray[np.int64]:
        """The catalogue's chunk rows; positions count along them."""

    def nearest(self, query: Vector, *, limit: int, allowed: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The positions of the ``limit`` best allowed vectors and of all that may tie with the last; unordered."""

    def vectors(self, positions: NDArray[np.int64]) -> Matrix:
        """The stored vectors at ``positions``, float32."""


@dataclass(frozen=True, slots=True, eq=False)
class Tail:
    """The vectors that no healthy segment holds, read from the catalogue."""

    rows: NDArray[np.int64]
    matrix: Matrix

    def nearest(self, query: Vector, *, limit: int, allowed: NDArray[np.bool_]) -> NDArray[np.int64]:
        """See Part."""
        positions = np.flatnonzero(allowed)
        if len(positions) <= limit:
            return positions
        scores = (self.matrix @ query)[positions]
        cut = np.partition(scores, len(scores) - limit)[len(scores) - limit]
        return np.asarray(positions[scores >= cut - TIE])

    def vectors(self, positions: NDArray[np.int64]) -> Matrix:
        """See Part."""
        return self.matrix[positions]


@dataclass(frozen=True, slots=True, eq=False)
class LiveRows:
    """The chunks that a search may find, column by column, by catalogue row.

    ``documents`` are positions in the list of documents by URI, so they are also the order of ties.
    """

    rows: NDArray[np.int64]
    documents: NDArray[np.int64]
    starts: NDArray[np.int64]


class VectorSearch:
    """Finds live rows by cosine; immutable, and safe for any number of threads."""

    def __init__(self, live: LiveRows, parts: Sequence[Part]) -> None:
        """Say for each part which of its positions are live; a row that two parts hold counts in the first."""
        self._live = live
        self._parts: list[tuple[Part, NDArray[np.int64], NDArray[np.bool_]]] = []
        unclaimed = np.ones(len(live.rows), dtype=np.bool_)
        for part in parts:
            places, alive = locate(part.rows, live.rows)
            alive &= unclaimed[places] if len(live.rows) else alive
            unclaimed[places[alive]] = False
            self._parts.append((part, places, alive))

    def nearest(self, query: Vector, *, limit: int, documents: NDArray[np.bool_] | None) -> list[tuple[int, float]]:
        """``(position in the live rows, cosine)``, best first, ties by document URI, then by start.

        Args:
            query: Of length 1, shape ``(dimension,)``.
            limit: At least 1.
            documents: A flag a document: whether its chunks may be found. None allows all.
        """
        places: list[NDArray[np.int64]] = []
        scores: list[NDArray[np.float64]] = []
        for part, at, alive in self._parts:
            allowed = alive if documents is None else alive & documents[self._live.documents[at]]
            if allowed.any():
                found = part.nearest(query, limit=limit, allowed=allowed)
                places.append(at[found])
                scores.append(_exact_scores(part.vectors(found), query))
        if not places:
            return []
        place, score = np.concatenate(places), np.concatenate(scores)
        best = np.lexsort((self._live.starts[place], self._live.documents[place], -score))[:limit]
        return [(int(place[one]), float(score[one])) for one in best]


def locate(rows: NDArray[np.int64], live: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Where each of ``rows`` stands in ``live`` (ascending), and whether it is there at all."""
    if not len(live):
        return np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows), dtype=np.bool_)
    places = np.minimum(np.searchsorted(live, rows), len(live) - 1)
    return places, live[places] == rows


def unsealed(live: NDArray[np.int64], parts: Iterable[Part]) -> NDArray[np.int64]:
    """The live rows that no part holds, ascending."""
    loose = np.ones(len(live), dtype=np.bool_)
    for part in parts:
        places, alive = locate(part.rows, live)
        loose[places[alive]] = False
    return live[loose]


def _exact_scores(vectors: Matrix, query: Vector) -> NDArray[np.float64]:
    """Inner products summed row by row in double: equal vectors get equal scores, wherever they are kept."""
    products = vectors.astype(np.float64) * query.astype(np.float64)
    return np.asarray(products.sum(axis=1))
