"""The catalogue's changes: each takes a connection inside a write transaction."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from indexers.store import meta
from indexers.store.history import begin_version, history_json
from indexers.store.rows import (
    DOCUMENT_COLUMNS,
    VERSION_COLUMNS,
    access_json,
    check_row,
    chunk_row,
    document_row,
    signed,
    version_rows,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from indexers.chunk import Chunk
    from indexers.document import Document


def next_generation(connection: sqlite3.Connection) -> int:
    """Move the generation by one: readers see that documents have changed."""
    generation = meta.counter(connection, "generation") + 1
    meta.put(connection, "generation", str(generation))
    return generation


def write_document(
    connection: sqlite3.Connection, document: Document, chunk_count: int, *, file: str, root: str, content_hash: str
) -> None:
    """Make this version the current one, at a new generation, with the rows that `write_chunks` will use next."""
    at = next_generation(connection)
    first_row = meta.counter(connection, "next_row")
    history = history_json(begin_version(connection, document.id, document.version))
    version, text = version_rows(
        document,
        generation=at,
        indexed_at=meta.now(),
        history=history,
        first_row=first_row,
        chunk_count=chunk_count,
    )
    connection.execute("DELETE FROM versions WHERE document_id = ? AND version = ?", version[:2])
    connection.execute("INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", version)
    connection.execute("INSERT INTO texts VALUES (?, ?, ?, ?)", text)
    connection.execute("DELETE FROM documents WHERE id = ?", (document.id,))
    row = document_row(document, file=file, root=root, content_hash=content_hash, generation=at)
    connection.execute("INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


def set_access(connection: sqlite3.Connection, document_id: str, groups: tuple[str, ...], *, at: int) -> None:
    """Replace a document's access list at generation ``at``; its text, version and own generation stay.

    Raises:
        StoreDamaged: Its row fails its check: nothing is built upon it.
    """
    query = f"SELECT {DOCUMENT_COLUMNS} FROM documents WHERE id = ?"  # noqa: S608  constants
    for row in connection.execute(query, (document_id,)).fetchall():
        *held, _, _ = check_row("documents", row)
        connection.execute(
            "UPDATE documents SET access = ?, touched = ?, digest = ? WHERE id = ?",
            (*signed("documents", *held, access_json(groups), at)[-3:], document_id),
        )


def write_vectors(connection: sqlite3.Connection, keys: Sequence[bytes], vectors: NDArray[np.float16]) -> None:
    """Add the vectors of strings that were not known."""
    first = int(connection.execute("SELECT coalesce(max(id), 0) + 1 FROM vectors").fetchone()[0])
    rows = (
        signed("vectors", first + place, key, vector.tobytes())
        for place, (key, vector) in enumerate(zip(keys, vectors, strict=True))
    )
    connection.executemany("INSERT INTO vectors VALUES (?, ?, ?, ?)", rows)


def write_chunks(connection: sqlite3.Connection, chunks: Sequence[Chunk], keys: Sequence[bytes]) -> None:
    """Add chunks under rows never used before: a segment may still hold the vectors of deleted rows."""
    first = meta.counter(connection, "next_row")
    find = "SELECT id FROM vectors WHERE key = ?"
    vectors = [int(connection.execute(find, (key,)).fetchone()[0]) for key in keys]
    rows = (
        chunk_row(chunk, row=first + place, vector=vector)
        for place, (chunk, vector) in enumerate(zip(chunks, vectors, strict=True))
    )
    connection.executemany("INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    meta.put(connection, "next_row", str(first + len(chunks)))


def delete_chunks(connection: sqlite3.Connection, document_id: str, versions: Iterable[str]) -> list[int]:
    """Delete the chunks of these versions; returns the vectors that they pointed to."""
    vectors: list[int] = []
    for version in versions:
        find = f"SELECT {VERSION_COLUMNS} FROM versions WHERE document_id = ? AND version = ?"  # noqa: S608  constants
        for row in connection.execute(find, (document_id, version)).fetchall():
            first_row, count = check_row("versions", row)[4:6]
            # The names are asked for too: a damaged row of versions must not cost another document its chunks.
            where = "WHERE row >= ? AND row < ? AND document_id = ? AND version = ?"
            which = (first_row, first_row + count, document_id, version)
            vectors += [int(vector) for (vector,) in connection.execute(f"SELECT vector FROM chunks {where}", which)]  # noqa: S608  constants
            connection.execute(f"DELETE FROM chunks {where}", which)  # noqa: S608  constants
    return vectors


def delete_unused_vectors(connection: sqlite3.Connection, candidates: Sequence[int]) -> None:
    """Delete those of the vectors to which no chunk points any more."""
    connection.execute(
        "DELETE FROM vectors WHERE id IN (SELECT value FROM json_each(?)) "
        "AND NOT EXISTS (SELECT 1 FROM chunks WHERE chunks.vector = vectors.id)",
        (json.dumps(candidates),),
    )
