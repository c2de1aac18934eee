"""The catalogue's questions: each takes a connection inside a transaction, and checks what it reads."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from indexers.errors import StoreDamaged
from indexers.store import tallies
from indexers.store.rows import (
    CHUNK_COLUMNS,
    ENTRY_COLUMNS,
    VERSION_COLUMNS,
    DocumentEntry,
    check_row,
    read_chunk,
    read_document,
    read_entry,
    read_roots,
    read_vector,
)
from indexers.store.vector_search import LiveRows

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from indexers.chunk import Chunk
    from indexers.document import Document
    from indexers.roots import Root

BATCH_ROWS = 1000
_ENTRIES = (
    f"SELECT {ENTRY_COLUMNS} FROM documents d "  # noqa: S608  constants
    "LEFT JOIN versions v ON v.document_id = d.id AND v.version = d.version"
)


def entries(connection: sqlite3.Connection) -> list[DocumentEntry]:
    """Every document with its current version, by URI.

    Raises:
        StoreDamaged: A row fails its check, or a document is hidden by damage.
    """
    found = [read_entry(row) for row in connection.execute(f"{_ENTRIES} ORDER BY d.uri")]
    tallies.check(connection, "documents", rows=len(found), total=sum(entry.touched for entry in found))
    return found


def roots(connection: sqlite3.Connection) -> list[Root]:
    """The folders and files that were indexed, by name."""
    found = read_roots(connection.execute("SELECT name, path, mounted, digest FROM roots ORDER BY name").fetchall())
    tallies.check(connection, "roots", rows=len(found), total=sum(root.mounted for root in found))
    return found


def entries_after(connection: sqlite3.Connection, generation: int) -> list[DocumentEntry]:
    """The documents of which anything was written after ``generation``, by URI."""
    return [
        read_entry(row) for row in connection.execute(f"{_ENTRIES} WHERE d.touched > ? ORDER BY d.uri", (generation,))
    ]


def touched(connection: sqlite3.Connection) -> tuple[int, int]:
    """The number of documents and the sum of the generations of their last changes: what tells two lists apart."""
    kept = tallies.expected(connection, "documents")
    if kept is not None:
        return kept
    count, total = connection.execute("SELECT count(*), coalesce(sum(touched), 0) FROM documents").fetchone()
    return int(count), int(total)


def live_rows(connection: sqlite3.Connection) -> LiveRows:
    """The rows of the chunks of current versions.

    Raises:
        StoreDamaged: The row of a version fails its check.
    """
    columns = ", ".join("v." + column.strip() for column in VERSION_COLUMNS.split(","))
    query = (
        f"SELECT {columns} FROM documents d "  # noqa: S608  constants
        "JOIN versions v ON v.document_id = d.id AND v.version = d.version ORDER BY d.uri"
    )
    places = [check_row("versions", row)[4:6] for row in connection.execute(query)]
    firsts, counts = np.array(places, dtype=np.int64).reshape(-1, 2).T
    return LiveRows.of(firsts, counts)


def stored(
    connection: sqlite3.Connection, rows: NDArray[np.int64], *, dimension: int
) -> tuple[NDArray[np.int64], NDArray[np.float16]]:
    """Start and end, and the vector, of each chunk row, in the order asked for.

    Raises:
        StoreDamaged: A row is gone, or it, its vector, or the link between them fails its check.
    """
    columns = ", ".join("c." + column.strip() for column in CHUNK_COLUMNS.split(","))
    query = (
        f"SELECT v.id, v.key, v.fp16, v.digest, {columns} FROM json_each(?) wanted "  # noqa: S608  constants
        "JOIN chunks c ON c.row = wanted.value JOIN vectors v ON v.id = c.vector ORDER BY wanted.key"
    )
    spans = np.empty((len(rows), 2), dtype=np.int64)
    matrix = np.empty((len(rows), dimension), dtype=np.float16)
    for first in range(0, len(rows), BATCH_ROWS):
        batch = rows[first : first + BATCH_ROWS].tolist()
        found = connection.execute(query, (json.dumps(batch),)).fetchall()
        if [row[4] for row in found] != batch:
            raise StoreDamaged("the catalogue has lost the vectors of some chunks")
        for position, row in enumerate(found, start=first):
            spans[position] = check_row("chunks", row[4:])[5:7]
            matrix[position] = read_vector(row[:4], dimension=dimension)
    return spans, matrix


def vector_count(connection: sqlite3.Connection) -> int:
    """The number of distinct embedded strings, those of kept versions included."""
    return int(connection.execute("SELECT count(*) FROM vectors").fetchone()[0])


def unknown_vectors(connection: sqlite3.Connection, keys: Iterable[bytes]) -> list[bytes]:
    """Those of the keys that no vector has, in their order."""
    known = "SELECT 1 FROM vectors WHERE key = ?"
    return [key for key in keys if connection.execute(known, (key,)).fetchone() is None]


def segment_names(connection: sqlite3.Connection) -> list[str]:
    """The sealed segments, by name."""
    rows = connection.execute("SELECT name, rows, digest FROM segments ORDER BY name").fetchall()
    return [str(check_row("segments", row)[0]) for row in rows]


def rows_by_id(connection: sqlite3.Connection, ids: Sequence[str]) -> list[int]:
    """The rows of the chunks of these ids that are there, ascending; not checked: hold what stands there against it."""
    query = "SELECT row FROM chunks WHERE id IN (SELECT value FROM json_each(?)) ORDER BY row"
    return [int(row) for (row,) in connection.execute(query, (json.dumps(list(ids)),))]


def chunks_by_id(connection: sqlite3.Connection, ids: Sequence[str]) -> dict[str, Chunk]:
    """The chunks of these ids that are there, current or of a kept version."""
    query = f"SELECT {CHUNK_COLUMNS} FROM chunks WHERE id IN (SELECT value FROM json_each(?))"  # noqa: S608  constants
    found = [read_chunk(row) for row in connection.execute(query, (json.dumps(list(ids)),))]
    return {chunk.id: chunk for chunk in found}


def counts(connection: sqlite3.Connection) -> tuple[int, int]:
    """How many documents there are, and how many chunks their current versions have; no row is checked."""
    query = (
        "SELECT count(*), coalesce(sum(v.chunks), 0) FROM documents d "
        "JOIN versions v ON v.document_id = d.id AND v.version = d.version"
    )
    documents, chunks = connection.execute(query).fetchone()
    return int(documents), int(chunks)


def chunks_of(connection: sqlite3.Connection, entry: DocumentEntry) -> list[Chunk]:
    """The chunks of one version that are still there, in text order.

    Raises:
        StoreDamaged: A row fails its check, or they come in another order: two pages of the file have changed places.
    """
    query = (
        f"SELECT {CHUNK_COLUMNS} FROM chunks WHERE row >= ? AND row < ? "  # noqa: S608  constants
        "AND document_id = ? AND version = ? ORDER BY row"
    )
    which = (entry.first_row, entry.first_row + entry.chunks, entry.id, entry.version)
    chunks = [read_chunk(row) for row in connection.execute(query, which)]
    if any(one.ordinal >= other.ordinal for one, other in pairwise(chunks)):
        raise StoreDamaged(f"the chunks of {entry.uri!r} have lost their order")
    return chunks


def keys_of(connection: sqlite3.Connection, entry: DocumentEntry) -> list[bytes]:
    """What the vectors of a version's chunks are kept by, in text order."""
    query = (
        "SELECT v.key FROM chunks c JOIN vectors v ON v.id = c.vector "
        "WHERE c.row >= ? AND c.row < ? AND c.document_id = ? AND c.version = ? ORDER BY c.row"
    )
    which = (entry.first_row, entry.first_row + entry.chunks, entry.id, entry.version)
    return [bytes(key) for (key,) in connection.execute(query, which)]


def keys_by_chunk(connection: sqlite3.Connection, ids: Sequence[str]) -> dict[str, bytes]:
    """What the vectors of the chunks of these ids are kept by; of those that are there."""
    columns = ", ".join("c." + column.strip() for column in CHUNK_COLUMNS.split(","))
    query = (
        f"SELECT v.key, {columns} FROM chunks c JOIN vectors v ON v.id = c.vector "  # noqa: S608  constants
        "WHERE c.id IN (SELECT value FROM json_each(?))"
    )
    rows = connection.execute(query, (json.dumps(list(ids)),)).fetchall()
    return {str(check_row("chunks", row[1:])[1]): bytes(row[0]) for row in rows}


def every_key(connection: sqlite3.Connection) -> frozenset[bytes]:
    """What all vectors are kept by."""
    return frozenset(key for (key,) in connection.execute("SELECT key FROM vectors"))


def versions_like(connection: sqlite3.Connection, document_id: str, prefix: str) -> list[str]:
    """The kept versions of a document that begin with ``prefix``, newest first."""
    query = "SELECT version FROM versions WHERE document_id = ? AND substr(version, 1, ?) = ? ORDER BY generation DESC"
    return [str(version) for (version,) in connection.execute(query, (document_id, len(prefix), prefix))]


def document(
    connection: sqlite3.Connection, document_id: str, version: str, *, uri: str, access: tuple[str, ...] | None
) -> Document | None:
    """One version with its text, None where it is not kept."""
    query = (
        f"SELECT {VERSION_COLUMNS}, text, blocks FROM versions LEFT JOIN texts USING (document_id, version) "  # noqa: S608  constants
        "WHERE document_id = ? AND version = ?"
    )
    row = connection.execute(query, (document_id, version)).fetchone()
    return None if row is None else read_document(uri, row, access=access)


def removed_after(connection: sqlite3.Connection, generation: int) -> list[tuple[str, int]]:
    """``(document id, generation)`` of the removals after ``generation``."""
    query = "SELECT document_id, generation, digest FROM removals WHERE generation > ?"
    rows = [check_row("removals", row) for row in connection.execute(query, (generation,))]
    return [(str(document_id), int(at)) for document_id, at in rows]
