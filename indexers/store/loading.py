"""What a reader holds in memory of one generation, and how little of it is read again after a small change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indexers.errors import StoreDamaged
from indexers.store import catalogue as query_of
from indexers.store import meta
from indexers.store.connection import SEGMENTS
from indexers.store.history import entries_at
from indexers.store.segments import Segment, read_segment
from indexers.store.vector_search import LiveRows, VectorSearch, disjoint, locate, unsealed

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping
    from datetime import datetime

    from numpy.typing import NDArray

    from indexers.store.connection import Catalogue
    from indexers.store.rows import DocumentEntry


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """What one read transaction saw; ``layout`` moves when segments do, ``generation`` when documents do.

    ``entries`` are by URI; ``segments`` are those that are whole, ``tail`` has the live rows that none of them holds.
    """

    generation: int
    layout: int
    entries: tuple[DocumentEntry, ...]
    segments: Mapping[str, Segment]
    tail: Segment
    search: VectorSearch


def load(catalogue: Catalogue, *, dimension: int, held: Loaded | None) -> Loaded:
    """Read the present generation; what ``held`` has of it is not read again.

    Raises:
        StoreDamaged: The catalogue contradicts itself or a row fails its check. A damaged segment raises nothing: its
            rows are searched in the catalogue until a writer seals them anew.
    """
    while True:
        layout, segments = _segments(catalogue, dimension, held)
        with catalogue.reading() as connection:
            if meta.counter(connection, "layout") != layout:
                continue  # a writer has sealed meanwhile, and may have unlinked what was to be opened
            entries = _entries(connection, held)
            live = _live(entries)
            tail = _tail(connection, unsealed(live, list(segments.values())), held, dimension)
            search = VectorSearch(live, [*segments.values(), tail])
            return Loaded(meta.counter(connection, "generation"), layout, entries, segments, tail, search)


def load_at(
    catalogue: Catalogue, held: Loaded, moment: datetime, *, dimension: int
) -> tuple[Loaded, tuple[DocumentEntry, ...]]:
    """What is held, but with the version of each document that was current at a moment.

    Returns:
        The generation as of then: vectors of versions that no segment holds any more are read from the catalogue. And
        the documents whose version of then is not kept, or cannot be searched any more.

    Raises:
        StoreDamaged: A row fails its check.
    """
    with catalogue.reading() as connection:
        entries, missing = entries_at(connection, held.entries, moment, generation=held.generation)
        live = _live(entries)
        tail = _tail(connection, unsealed(live, list(held.segments.values())), held, dimension)
    search = VectorSearch(live, [*held.segments.values(), tail])
    return Loaded(held.generation, held.layout, entries, held.segments, tail, search), missing


def _segments(catalogue: Catalogue, dimension: int, held: Loaded | None) -> tuple[int, dict[str, Segment]]:
    with catalogue.reading() as connection:
        layout = meta.counter(connection, "layout")
        names = query_of.segment_names(connection)

    def fetch(rows: NDArray[np.int64]) -> NDArray[np.float16]:
        with catalogue.reading() as connection:
            return query_of.stored(connection, rows, dimension=dimension)[1]

    known = held.segments if held else {}
    if names and all(name in known for name in names):
        return layout, {name: known[name] for name in names}
    whole: dict[str, Segment] = {}
    for name in names:
        try:
            segment = known.get(name) or read_segment(
                catalogue.folder / SEGMENTS, name, dimension=dimension, fetch=fetch
            )
        except StoreDamaged:
            continue  # not data loss: its rows count as unsealed, and a writer seals them again
        if disjoint(whole.values(), segment):
            whole[name] = segment
    return layout, whole


def _entries(connection: sqlite3.Connection, held: Loaded | None) -> tuple[DocumentEntry, ...]:
    """Every document, by URI: what is held, without what was removed since and with what was written since.

    A catalogue that was put back from elsewhere is noticed by its sum of generations, and read whole.
    """
    if held is not None:
        merged = {entry.id: entry for entry in held.entries}
        for document_id, _ in query_of.removed_after(connection, held.generation):
            merged.pop(document_id, None)
        for entry in query_of.entries_after(connection, held.generation):
            merged[entry.id] = entry
        if (len(merged), sum(entry.touched for entry in merged.values())) == query_of.touched(connection):
            return tuple(sorted(merged.values(), key=lambda entry: entry.uri.encode()))
    return tuple(query_of.entries(connection))


def _live(entries: tuple[DocumentEntry, ...]) -> LiveRows:
    firsts = np.fromiter((entry.first_row for entry in entries), dtype=np.int64, count=len(entries))
    counts = np.fromiter((entry.chunks for entry in entries), dtype=np.int64, count=len(entries))
    return LiveRows.of(firsts, counts)


def _tail(connection: sqlite3.Connection, rows: NDArray[np.int64], held: Loaded | None, dimension: int) -> Segment:
    """The rows that no segment holds, read from the catalogue where they are not held."""
    spans = np.empty((len(rows), 2), dtype=np.int64)
    vectors = np.empty((len(rows), dimension), dtype=np.float16)
    missing = np.ones(len(rows), dtype=np.bool_)
    if held is not None:
        places, known = locate(rows, held.tail.rows)
        spans[known], vectors[known] = held.tail.spans[places[known]], held.tail.vectors[places[known]]
        missing = ~known
    spans[missing], vectors[missing] = query_of.stored(connection, rows[missing], dimension=dimension)
    return Segment(rows, spans, vectors)
