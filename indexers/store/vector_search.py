"""Search over sealed segments and the unsealed tail, merged so that the way of sealing never shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indexers.store.selection import Selection, ranges

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from indexers.embed import Vector
    from indexers.store.segments import Segment


@dataclass(frozen=True, slots=True, eq=False)
class LiveRows:
    """The rows that a search may find: of each document ``counts`` rows from ``firsts`` on, by first row.

    ``documents`` are positions in the list of documents by URI, so they are also the order of ties.
    """

    firsts: NDArray[np.int64]
    counts: NDArray[np.int64]
    documents: NDArray[np.int64]

    @classmethod
    def of(cls, firsts: NDArray[np.int64], counts: NDArray[np.int64]) -> LiveRows:
        """The rows of documents given in the order of their URIs; those without chunks are left out."""
        order = np.argsort(firsts, kind="stable")
        order = order[counts[order] > 0]
        return cls(firsts[order], counts[order], order)

    def within(self, part: Segment) -> Selection:
        """Where in the part the rows of each document stand."""
        begins = np.searchsorted(part.rows, self.firsts)
        return Selection(begins, np.searchsorted(part.rows, self.firsts + self.counts), len(part.rows))

    def documents_at(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The document of each of these rows, which are live."""
        return self.documents[np.searchsorted(self.firsts, rows, side="right") - 1]


@dataclass(frozen=True, slots=True)
class Found:
    """A chunk by its row, its document's position in the list by URI and its place in the text, and its cosine."""

    row: int
    document: int
    start: int
    end: int
    score: float


class VectorSearch:
    """Finds live rows by cosine; immutable, and safe for any number of threads. No two parts hold the same row."""

    def __init__(self, live: LiveRows, parts: Sequence[Segment]) -> None:
        self._live = live
        self._parts = [(part, live.within(part)) for part in parts if len(part.rows)]

    def selections(self, documents: NDArray[np.bool_]) -> tuple[Selection, ...]:
        """Where the rows of some documents stand in each part.

        Args:
            documents: A flag a document, in the order of the list by URI.
        """
        wanted = np.flatnonzero(documents[self._live.documents])
        return tuple(places.only(wanted) for _part, places in self._parts)

    def nearest(self, query: Vector, *, limit: int, within: Sequence[Selection] | None = None) -> list[Found]:
        """The best, best first, ties by document URI, then by place.

        Args:
            query: Of length 1, shape ``(dimension,)``.
            limit: At least 1.
            within: What ``selections`` gave for the documents that may be found. None allows all.
        """
        rows, spans, scores = [], [], []
        for place, (part, places) in enumerate(self._parts):
            among = places if within is None else within[place]
            positions = part.nearest(query, limit=limit, among=among)
            rows.append(part.rows[positions])
            spans.append(part.spans[positions])
            scores.append(part.scores(query, positions))
        if not rows:
            return []
        row, span, score = np.concatenate(rows), np.concatenate(spans), np.concatenate(scores)
        document = self._live.documents_at(row)
        best = np.lexsort((row, document, -score))[:limit]
        return _found(row[best], document[best], span[best], score[best])

    def vectors(self, rows: NDArray[np.int64]) -> tuple[list[Found], NDArray[np.float16]]:
        """The chunks in these live rows, in no order, each scored 0, and their vectors as they are kept, in that order.

        Args:
            rows: Ascending; those that no part holds are passed over.
        """
        found: list[Found] = []
        stored = []
        for part, _places in self._parts:
            positions, held = locate(rows, part.rows)
            positions, here = positions[held], rows[held]
            found += _found(here, self._live.documents_at(here), part.spans[positions], np.zeros(len(here)))
            stored.append(part.stored(positions))
        return found, np.concatenate(stored) if stored else np.empty((0, 0), dtype=np.float16)


def _found(
    rows: NDArray[np.int64], documents: NDArray[np.int64], spans: NDArray[np.int64], scores: NDArray[np.float64]
) -> list[Found]:
    columns = (rows.tolist(), documents.tolist(), *spans.T.tolist(), scores.tolist())
    return [Found(*one) for one in zip(*columns, strict=True)]


def locate(rows: NDArray[np.int64], held: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Where each of ``rows`` stands in ``held`` (ascending), and whether it is there at all."""
    if not len(held):
        return np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows), dtype=np.bool_)
    places = np.minimum(np.searchsorted(held, rows), len(held) - 1)
    return places, held[places] == rows


def unsealed(live: LiveRows, parts: Sequence[Segment]) -> NDArray[np.int64]:
    """The live rows that no part holds, ascending."""
    covered = np.zeros(len(live.firsts), dtype=np.int64)
    for part in parts:
        within = live.within(part)
        covered += within.ends - within.begins
    some = covered < live.counts
    rows = ranges(live.firsts[some], live.counts[some])
    loose = np.ones(len(rows), dtype=np.bool_)
    for part in parts:
        loose &= ~locate(rows, part.rows)[1]
    return rows[loose]


def disjoint(parts: Iterable[Segment], part: Segment) -> bool:
    """Whether the part holds no row of the others."""
    return not any(locate(part.rows, other.rows)[1].any() for other in parts)
