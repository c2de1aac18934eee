"""Unsealed rows become a segment; half dead and smaller ones are folded into it, damaged ones healed."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

import numpy as np

from indexers.errors import StoreDamaged, StoreError
from indexers.store import catalogue as query_of
from indexers.store import meta
from indexers.store.connection import SEGMENTS
from indexers.store.rows import signed
from indexers.store.segment_file import remove_unnamed
from indexers.store.segments import Segment, read_segment, seal_segment
from indexers.store.vector_search import disjoint, locate, unsealed

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from indexers.store.connection import Catalogue
    from indexers.store.vector_search import LiveRows

BATCH_ROWS = 8192
"""Vectors that are in memory at once."""


class Sealing:
    """The segments of one writer's index. A segment is durable under its name before the catalogue names it."""

    def __init__(self, catalogue: Catalogue, *, dimension: int, seal_rows: int) -> None:
        self._catalogue = catalogue
        self._folder = catalogue.folder / SEGMENTS
        self._dimension = dimension
        self._seal_rows = seal_rows
        self._held: dict[str, Segment] = {}

    def seal(self, *, deep: bool) -> None:
        """See ``Writer.seal``."""
        with self._catalogue.reading() as connection:
            live = query_of.live_rows(connection)
            named = query_of.segment_names(connection)
        healthy = self._healthy(named, deep=deep)
        tail = unsealed(live, list(healthy.values()))
        if len(tail) < self._seal_rows and len(healthy) == len(named):
            return
        kept = _not_folded(healthy, live, len(tail))
        folded = [segment for name, segment in healthy.items() if name not in kept]
        self._replace(kept, unsealed(live, [healthy[name] for name in kept]), folded)

    def _replace(self, kept: list[str], rows: NDArray[np.int64], folded: list[Segment]) -> None:
        added = []
        if len(rows):
            added = [seal_segment(self._folder, rows, self._batches(rows, folded), dimension=self._dimension)]
        with self._catalogue.writing() as connection:
            kept_json = json.dumps(kept)
            connection.execute("DELETE FROM segments WHERE name NOT IN (SELECT value FROM json_each(?))", (kept_json,))
            new = [signed("segments", name, len(rows)) for name in added]
            connection.executemany("INSERT INTO segments VALUES (?, ?, ?)", new)
            meta.put(connection, "layout", str(meta.counter(connection, "layout") + 1))
        self._held = {name: self._held[name] for name in kept}
        self.clear([*kept, *added])

    def clear(self, named: Iterable[str]) -> None:
        """Remove what no row of the catalogue names, and make the folder if it is gone.

        Raises:
            StoreError: The folder cannot be written.
        """
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            remove_unnamed(self._folder, named)
        except OSError as error:
            raise StoreError(f"{self._folder} cannot be written: {error.strerror}") from error

    def _batches(
        self, rows: NDArray[np.int64], folded: Sequence[Segment]
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float16]]]:
        """Spans and vectors of the rows, some at a time: from the folded segments, else from the catalogue."""
        for first in range(0, len(rows), BATCH_ROWS):
            some = rows[first : first + BATCH_ROWS]
            spans, vectors = (
                np.empty((len(some), 2), dtype=np.int64),
                np.empty((len(some), self._dimension), np.float16),
            )
            missing = np.ones(len(some), dtype=np.bool_)
            for segment in folded:
                places, held = locate(some, segment.rows)
                spans[held], vectors[held] = segment.spans[places[held]], segment.stored(places[held])
                missing &= ~held
            if missing.any():
                with self._catalogue.reading() as connection:
                    found = query_of.stored(connection, some[missing], dimension=self._dimension)
                spans[missing], vectors[missing] = found
            yield spans, vectors

    def _healthy(self, named: Sequence[str], *, deep: bool) -> dict[str, Segment]:
        for name in named if deep else set(named) - set(self._held):
            self._held.pop(name, None)
            try:
                self._held[name] = read_segment(
                    self._folder, name, dimension=self._dimension, fetch=self._fetch, deep=deep
                )
            except StoreDamaged:
                continue  # its rows count as unsealed, and are sealed anew
        healthy: dict[str, Segment] = {}
        for name in named:
            if name in self._held and disjoint(healthy.values(), self._held[name]):
                healthy[name] = self._held[name]
        return healthy

    def _fetch(self, rows: NDArray[np.int64]) -> NDArray[np.float16]:
        with self._catalogue.reading() as connection:
            return query_of.stored(connection, rows, dimension=self._dimension)[1]


def seal_all(connection: sqlite3.Connection, folder: Path, *, dimension: int, seal_rows: int) -> None:
    """Put one segment of every live row in the place of those that the catalogue names, inside a write transaction.

    Readers go from the old segments to the new one, and never to a catalogue whose vectors are all unsealed. What the
    old ones were is removed by the next writer. Where there are fewer rows than ``seal_rows`` none is sealed.

    Raises:
        StoreDamaged: A vector in the catalogue fails its check.
        StoreError: The disk is full.
    """
    connection.execute("DELETE FROM segments")
    meta.put(connection, "layout", str(meta.counter(connection, "layout") + 1))
    rows = unsealed(query_of.live_rows(connection), [])
    if len(rows) < seal_rows:
        return
    batches = (
        query_of.stored(connection, rows[first : first + BATCH_ROWS], dimension=dimension)
        for first in range(0, len(rows), BATCH_ROWS)
    )
    with contextlib.suppress(OSError):  # where it cannot be made the segment cannot be written, which says why
        (folder / SEGMENTS).mkdir(mode=0o700, exist_ok=True)
    name = seal_segment(folder / SEGMENTS, rows, batches, dimension=dimension)
    connection.execute("INSERT INTO segments VALUES (?, ?, ?)", signed("segments", name, len(rows)))


def _not_folded(healthy: Mapping[str, Segment], live: LiveRows, tail_rows: int) -> list[str]:
    """The names of the segments that stay: more than half alive, and larger than what is sealed now.

    Folding what is no larger keeps the segments few (their sizes at least double) and each row is rewritten
    at most log2(n) times.
    """
    counted = sorted((live.within(segment).count, len(segment.rows), name) for name, segment in healthy.items())
    sealed_now = tail_rows + sum(alive for alive, size, _ in counted if 2 * alive < size)
    kept = []
    for alive, size, name in counted:
        if 2 * alive < size:
            continue
        if alive <= sealed_now:
            sealed_now += alive
        else:
            kept.append(name)
    return kept
