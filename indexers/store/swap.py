"""The chunks and vectors of another model, made ready beside those that answer, and put in their place at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from indexers.chunk import Chunk
from indexers.context import embedded_text
from indexers.errors import StoreDamaged
from indexers.split import split_document
from indexers.store import catalogue as query_of
from indexers.store import changes, meta
from indexers.store.rows import VERSION_COLUMNS, check_row, chunk_row, read_vector, signed
from indexers.store.sealing import seal_all
from indexers.store.writer import check_vectors

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Sequence

    from indexers.embed import Embedder, Vector
    from indexers.store.connection import Catalogue
    from indexers.store.meta import IndexMeta
    from indexers.store.rows import DocumentEntry, Row

BATCH_TEXTS = 512
"""Texts that are embedded, and made durable, together."""

# Temporary: of this connection alone, in no file of the index. Only the vectors, which take the time, outlive a kill.
_STAGED = """
CREATE TEMP TABLE staged (
  place INTEGER PRIMARY KEY, id TEXT, document_id TEXT, version TEXT, ordinal INTEGER, start INTEGER, "end" INTEGER,
  tokens INTEGER, headings TEXT, page INTEGER, key BLOB)
"""


def stage(
    catalogue: Catalogue,
    entries: Sequence[DocumentEntry],
    embedder: Embedder,
    *,
    max_tokens: int,
    progress: Callable[[int, int], None] | None,
) -> int:
    """Cut every document for ``embedder`` and embed what is not embedded yet; says how many texts that were."""
    embedded = 0
    waiting: dict[bytes, str] = {}
    with catalogue.reading() as connection:
        connection.execute(_STAGED)
    for done, entry in enumerate(entries):
        if progress:
            progress(done, len(entries))
        with catalogue.reading() as connection:
            texts = _cut(connection, entry, embedder, max_tokens)
            dimension = embedder.identity.dimension
            waiting |= {key: text for key, text in texts.items() if not _is_there(connection, key, dimension)}
        while len(waiting) >= BATCH_TEXTS:
            embedded += _embed(catalogue, waiting, embedder)
    while waiting:
        embedded += _embed(catalogue, waiting, embedder)
    if progress:
        progress(len(entries), len(entries))
    return embedded


def _cut(connection: sqlite3.Connection, entry: DocumentEntry, embedder: Embedder, max_tokens: int) -> dict[bytes, str]:
    document = query_of.document(connection, entry.id, entry.version, uri=entry.uri, access=entry.access)
    if document is None:
        raise StoreDamaged(f"the catalogue has lost the text of {entry.uri!r}")
    texts = {}
    for chunk in split_document(document, embedder, max_tokens=max_tokens):
        text = embedded_text(document, chunk, embedder)
        key = meta.vector_key(embedder.identity, text)
        texts[key] = text
        place = (chunk.id, entry.id, entry.version, chunk.ordinal, chunk.start, chunk.end)
        connection.execute(
            "INSERT INTO staged VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*place, chunk.tokens, json.dumps(chunk.headings), chunk.page, key),
        )
    return texts


def _is_there(connection: sqlite3.Connection, key: bytes, dimension: int) -> bool:
    row = connection.execute("SELECT id, key, fp16, digest FROM vectors WHERE key = ?", (key,)).fetchone()
    try:
        return row is not None and len(read_vector(row, dimension=dimension)) == dimension
    except StoreDamaged:
        return False  # it is made again


def _embed(catalogue: Catalogue, waiting: dict[bytes, str], embedder: Embedder) -> int:
    batch = [(key, waiting.pop(key)) for key in list(waiting)[:BATCH_TEXTS]]
    matrix = embedder.embed_passages([text for _, text in batch])
    check_vectors(matrix, [key.hex()[:12] for key, _ in batch], dimension=embedder.identity.dimension)
    with catalogue.writing() as connection:
        connection.executemany("DELETE FROM vectors WHERE key = ?", [(key,) for key, _ in batch])  # damaged ones
        changes.write_vectors(connection, [key for key, _ in batch], matrix.astype("<f2"))
    return len(batch)


def swap_in(catalogue: Catalogue, target: IndexMeta, *, fixed_vector: Vector, seal_rows: int) -> int:
    """Let what is staged be the index, sealed, in one transaction; says how many chunks it has."""
    with catalogue.writing() as connection:
        first = meta.counter(connection, "next_row")
        connection.execute("DELETE FROM chunks")
        connection.executemany(
            "INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _staged_rows(connection, first)
        )
        count = int(connection.execute("SELECT count(*) FROM chunks").fetchone()[0])
        _place_versions(connection)
        connection.execute("DELETE FROM vectors WHERE id NOT IN (SELECT vector FROM chunks)")
        connection.execute("DELETE FROM meta WHERE key = ?", (meta.REBUILD,))
        meta.put(connection, "fixed_vector", meta.encode_vector(fixed_vector))
        meta.put(connection, "next_row", str(first + count))
        seal_all(connection, catalogue.folder, dimension=target.embedder.dimension, seal_rows=seal_rows)
        meta.put_index(connection, target)
        changes.next_generation(connection)
    return count


def _staged_rows(connection: sqlite3.Connection, first: int) -> Iterator[Row]:
    """The rows of ``chunks``, under row numbers never used before; a document's chunks stand without a gap."""
    query = (
        'SELECT s.id, document_id, version, ordinal, start, "end", tokens, headings, page, v.id '
        "FROM staged s LEFT JOIN vectors v ON v.key = s.key ORDER BY place"
    )
    for row, (name, document, version, *place, headings, page, vector) in enumerate(connection.execute(query), first):
        ordinal, start, end, tokens = place
        if vector is None:
            raise StoreDamaged("a vector that was just written is gone")
        chunk = Chunk(name, document, version, ordinal, start, end, tokens, tuple(json.loads(headings)), page)
        yield chunk_row(chunk, row=row, vector=vector)


def _place_versions(connection: sqlite3.Connection) -> None:
    """Say of every version where its chunks now are; old ones have none any more."""
    found = {
        (name, version): (first, count)
        for name, version, first, count in connection.execute(
            "SELECT document_id, version, min(row), count(*) FROM chunks GROUP BY document_id, version"
        )
    }
    for row in connection.execute(f"SELECT {VERSION_COLUMNS} FROM versions").fetchall():  # noqa: S608  constants
        name, version, generation, record, _, _, *digests = check_row("versions", row)
        first, count = found.get((name, version), (0, 0))
        renewed = signed("versions", name, version, generation, record, first, count, *digests)
        connection.execute(
            "UPDATE versions SET first_row = ?, chunks = ?, digest = ? WHERE document_id = ? AND version = ?",
            (first, count, renewed[-1], name, version),
        )
