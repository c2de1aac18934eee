"""The catalogue's questions: each takes a connection inside a transaction, and checks what it reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from indexers.errors import StoreDamaged
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

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from indexers.chunk import Chunk
    from indexers.document import Document
    from indexers.roots import Root
    from indexers.store.rows import Row

BATCH_ROWS = 1000


def entries(connection: sqlite3.Connection) -> list[DocumentEntry]:
    """Every document with its current version, by URI."""
    query = "FROM documents d LEFT JOIN versions v ON v.document_id = d.id AND v.version = d.version ORDER BY d.uri"
    return [read_entry(row) for row in connection.execute(f"SELECT {ENTRY_COLUMNS} {query}")]


def roots(connection: sqlite3.Connection) -> list[Root]:
    """The folders and files that were indexed, by name."""
    return read_roots(connection.execute("SELECT name, path, mounted, digest FROM roots ORDER BY name").fetchall())


def live_rows(connection: sqlite3.Connection) -> list[Row]:
    """``(row, chunk id, document id, start)`` of the chunks of current versions, by row.

    These are not checked one by one: a wrong one leads to a chunk that fails its own check when it is read.
    """
    return connection.execute(
        "SELECT c.row, c.id, c.document_id, c.start FROM chunks c "
        "JOIN documents d ON d.id = c.document_id AND d.version = c.version ORDER BY c.row"
    ).fetchall()


def vectors_of(connection: sqlite3.Connection, rows: NDArray[np.int64], *, dimension: int) -> NDArray[np.float16]:
    """The vectors of chunk rows, shape ``(len(rows), dimension)``, in the order asked for.

    Raises:
        StoreDamaged: A row is gone, or it, its vector, or the link between them fails its check.
    """
    columns = ", ".join("c." + column.strip() for column in CHUNK_COLUMNS.split(","))
    query = (
        f"SELECT v.id, v.key, v.fp16, v.digest, {columns} FROM json_each(?) wanted "  # noqa: S608  constants
        "JOIN chunks c ON c.row = wanted.value JOIN vectors v ON v.id = c.vector ORDER BY wanted.key"
    )
    matrix = np.empty((len(rows), dimension), dtype=np.float16)
    for first in range(0, len(rows), BATCH_ROWS):
        batch = rows[first : first + BATCH_ROWS].tolist()
        found = connection.execute(query, (json.dumps(batch),)).fetchall()
        if [row[4] for row in found] != batch:
            raise StoreDamaged("the catalogue has lost the vectors of some chunks")
        for position, row in enumerate(found, start=first):
            check_row("chunks", row[4:])
            matrix[position] = read_vector(row[:4], dimension=dimension)
    return matrix


def unknown_vectors(connection: sqlite3.Connection, keys: Iterable[bytes]) -> list[bytes]:
    """Those of the keys that no vector has, in their order."""
    known = "SELECT 1 FROM vectors WHERE key = ?"
    return [key for key in keys if connection.execute(known, (key,)).fetchone() is None]


def segment_names(connection: sqlite3.Connection) -> list[str]:
    """The sealed segments, by name."""
    rows = connection.execute("SELECT name, rows, digest FROM segments ORDER BY name").fetchall()
    return [str(check_row("segments", row)[0]) for row in rows]


def chunks_by_id(connection: sqlite3.Connection, ids: Sequence[str]) -> dict[str, Chunk]:
    """The chunks of these ids that are there, current or of a kept version."""
    query = f"SELECT {CHUNK_COLUMNS} FROM chunks WHERE id IN (SELECT value FROM json_each(?))"  # noqa: S608  constants
    found = [read_chunk(row) for row in connection.execute(query, (json.dumps(list(ids)),))]
    return {chunk.id: chunk for chunk in found}


def chunks_of(connection: sqlite3.Connection, entry: DocumentEntry) -> list[Chunk]:
    """The chunks of one version that are still there, in text order."""
    query = (
        f"SELECT {CHUNK_COLUMNS} FROM chunks WHERE row >= ? AND row < ? "  # noqa: S608  constants
        "AND document_id = ? AND version = ? ORDER BY row"
    )
    which = (entry.first_row, entry.first_row + entry.chunks, entry.id, entry.version)
    return [read_chunk(row) for row in connection.execute(query, which)]


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
