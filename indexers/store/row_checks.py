"""Reads every row of a catalogue against its digest and its neighbours, and goes on after each one that is wrong."""

from __future__ import annotations

import os
import sqlite3
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

import numpy as np

from indexers.chunk import chunk_id
from indexers.context import embedded_text
from indexers.document import document_id as id_of
from indexers.errors import StoreDamaged
from indexers.store import catalogue as query_of
from indexers.store import meta
from indexers.store.findings import BadDocument, Damage
from indexers.store.rows import (
    CHUNK_COLUMNS,
    VERSION_COLUMNS,
    check_row,
    read_chunk,
    read_vector,
    row_digest,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indexers.chunk import Chunk
    from indexers.document import Document
    from indexers.embed import Embedder
    from indexers.roots import Root
    from indexers.store.meta import IndexMeta
    from indexers.store.rows import Row

UNIT_TOLERANCE = 0.02
"""Vectors are stored in half precision, and were of length 1 to within 0.01 before."""

SMALL = {
    "meta": "key",
    "roots": "name",
    "removals": "document_id",
    "segments": "name",
    "files": "uri",
    "sketches": "document_id",
}
"""The tables whose rows can be dropped one by one, with their keys."""
_OWN_ROWS = "row >= ? AND row < ? AND document_id = ? AND version = ?"


def find_damage(
    connection: sqlite3.Connection, index: IndexMeta | None, *, embedder: Embedder | None = None, deep: bool
) -> Damage:
    """Every row that cannot be trusted.

    Args:
        connection: Inside a read transaction; damaged text must come back as it is (``lenient_text``).
        index: The index's description; None where that itself is damaged.
        embedder: As configured; whether a chunk has its own text's vector is looked at where it is the index's.
        deep: Texts, blocks, chunks, vectors and the links between them too, and SQLite's own integrity check.
    """
    damage = Damage()
    _small_tables(connection, damage)
    with _reading("documents", damage):
        _documents(connection, damage, index, embedder, deep=deep)
    if deep:
        with _reading("vectors", damage):
            _vectors(connection, damage, index)
        with _reading("chunks", damage):
            _strays(connection, damage)
        with _reading("versions", damage):
            _old_versions(connection, damage)
        with _reading("catalogue", damage):
            damage.integrity = _integrity(connection)
    return damage


def lenient_text(data: bytes) -> str:
    """Text as SQLite holds it; what is no UTF-8 stays visible to the checks instead of ending the reading."""
    return data.decode("utf-8", "surrogateescape")


def as_stored(text: str) -> bytes:
    """What ``lenient_text`` was given: a key that is no UTF-8 cannot be asked for as text."""
    return text.encode("utf-8", "surrogateescape")


@contextmanager
def _reading(table: str, damage: Damage) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        damage.unreadable[table] = str(error)


def _intact(table: str, row: Row) -> bool:
    return bool(row[-1] == row_digest(table, *row[:-1]))


def _small_tables(connection: sqlite3.Connection, damage: Damage) -> None:
    found: set[str] = set()
    for table, key in SMALL.items():
        with _reading(table, damage):
            columns = [str(column[1]) for column in connection.execute(f"PRAGMA table_info({table})")]
            place = columns.index(key) if key in columns else 0
            for row in connection.execute(f"SELECT * FROM {table}"):  # noqa: S608  a constant
                if not _intact(table, row):
                    key_text = lenient_text(row[place]) if isinstance(row[place], bytes) else str(row[place])
                    damage.small.append((table, key_text))
                elif table == "meta":
                    found.add(str(row[0]))
    known = found | {key for table, key in damage.small if table == "meta"}
    damage.missing_meta = [key for key in ("index", "generation", "layout", "next_row") if key not in known]


def _documents(
    connection: sqlite3.Connection, damage: Damage, index: IndexMeta | None, embedder: Embedder | None, *, deep: bool
) -> None:
    roots = _whole_roots(connection)
    same = embedder is not None and index is not None and index.embedder == embedder.identity
    rebuilding = connection.execute("SELECT 1 FROM meta WHERE key = ?", (meta.REBUILD,)).fetchone()
    keyed = embedder if same and index is not None and index.splits_as_now() and not rebuilding else None
    for row in connection.execute("SELECT * FROM documents ORDER BY uri").fetchall():
        document_id, uri, file, root, _, version, *_ = row  # DOCUMENT_COLUMNS
        if not _intact("documents", row):
            known = uri if isinstance(uri, str) and id_of(uri) == document_id else None
            there = known is not None and any(has_source(each, str(file)) for each in roots.values())
            told = "its row does not carry its own checksum"
            damage.documents.append(BadDocument(str(document_id), known, there, told))
            continue
        try:
            problem = _problem_of_chunks(connection, (document_id, version, uri), keyed, deep=deep)
        except StoreDamaged as error:
            there = root in roots and has_source(roots[root], file)
            damage.documents.append(BadDocument(document_id, uri, there, str(error)))
            continue
        if problem is not None:
            damage.chunked_wrong[document_id] = problem


def has_source(root: Root, file: str) -> bool:
    """Whether the file of a URI, if it belongs to the root, is still there."""
    if file != root.name and not file.startswith(root.name + "/"):
        return False
    relative = file[len(root.name) + 1 :]
    # a name that is no UTF-8 is kept in another writing, see indexers.roots
    names = {relative, os.fsdecode(unquote_to_bytes(relative))} if "%" in relative else {relative}
    return any(os.path.lexists(root.path / name) for name in names)


def _whole_roots(connection: sqlite3.Connection) -> dict[str, Root]:
    try:
        return {root.name: root for root in query_of.roots(connection)}
    except StoreDamaged:
        return {}


def _problem_of_chunks(
    connection: sqlite3.Connection, which: tuple[str, str, str], embedder: Embedder | None, *, deep: bool
) -> str | None:
    """What is wrong with the chunks of a current version whose row, and with ``deep`` whose text, is whole."""
    document_id, version, uri = which
    query = f"SELECT {VERSION_COLUMNS} FROM versions WHERE document_id = ? AND version = ?"  # noqa: S608  constants
    head = connection.execute(query, (document_id, version)).fetchone()
    if head is None:
        raise StoreDamaged("its current version is gone")
    first_row, count = check_row("versions", head)[4:6]
    range_of = (first_row, first_row + count, document_id, version)
    found = connection.execute(f"SELECT count(*) FROM chunks WHERE {_OWN_ROWS}", range_of).fetchone()[0]  # noqa: S608
    if deep:
        document = _whole(connection, document_id, version, uri)
    if found != count:
        return f"has {count} chunks, of which {found} are there"
    return _chunk_problem(connection, document, range_of, embedder) if deep else None


def _whole(connection: sqlite3.Connection, document_id: str, version: str, uri: str) -> Document:
    try:
        document = query_of.document(connection, document_id, version, uri=uri, access=None)
    except (ValueError, KeyError, TypeError, RecursionError, zlib.error) as error:
        raise StoreDamaged(f"its stored text cannot be read: {error}") from error
    if document is None:
        raise StoreDamaged("its text is gone")
    end = 0
    for block in document.blocks:
        if not end <= block.start <= block.end <= len(document.text):
            raise StoreDamaged("its blocks do not lie in its text, in order")
        end = block.end
    return document


def _chunk_problem(
    connection: sqlite3.Connection, document: Document, range_of: tuple[int, int, str, str], embedder: Embedder | None
) -> str | None:
    columns = ", ".join("c." + column.strip() for column in CHUNK_COLUMNS.split(","))
    query = (
        f"SELECT {columns}, v.key FROM chunks c LEFT JOIN vectors v ON v.id = c.vector "  # noqa: S608  constants
        f"WHERE {_OWN_ROWS} ORDER BY row"
    )
    for place, row in enumerate(connection.execute(query, range_of)):
        try:
            chunk = read_chunk(row[:-1])
        except StoreDamaged:
            return f"the row of its chunk {place + 1} does not carry its own checksum"
        problem = _misplaced(document, chunk, place)
        if problem is None and row[-1] is None:
            problem = "has no vector"
        if problem is None and embedder is not None:
            key = meta.vector_key(embedder.identity, embedded_text(document, chunk, embedder))
            problem = None if row[-1] == key else "has the vector of another text"
        if problem is not None:
            return f"its chunk {place + 1} {problem}"
    return None


def _misplaced(document: Document, chunk: Chunk, place: int) -> str | None:
    if chunk.ordinal != place:
        return f"is numbered {chunk.ordinal}"
    if not 0 <= chunk.start <= chunk.end <= len(document.text):
        return "lies outside the text"
    if chunk.id != chunk_id(document.id, document.version, chunk.start, chunk.end):
        return "does not carry its own id"
    return None


def _vectors(connection: sqlite3.Connection, damage: Damage, index: IndexMeta | None) -> None:
    query = "SELECT id, key, fp16, digest, EXISTS (SELECT 1 FROM chunks c WHERE c.vector = v.id) FROM vectors v"
    for *values, used in connection.execute(query):
        row = tuple(values)
        try:
            if index is None or not used:  # what another model made, in a rebuild, has another length
                check_row("vectors", row)
            elif not _of_unit_length(row, index.embedder.dimension):
                damage.vectors.append(int(row[0]))
        except StoreDamaged:
            damage.vectors.append(int(row[0]))
    unused = "SELECT count(*) FROM vectors v WHERE NOT EXISTS (SELECT 1 FROM chunks c WHERE c.vector = v.id)"
    if not connection.execute("SELECT 1 FROM meta WHERE key = ?", (meta.REBUILD,)).fetchone():
        damage.unused_vectors = int(connection.execute(unused).fetchone()[0])


def _of_unit_length(row: Row, dimension: int) -> bool:
    vector = read_vector(row, dimension=dimension).astype(np.float32)
    length = float(np.sqrt(vector @ vector))
    return abs(length - 1) <= UNIT_TOLERANCE  # a NaN compares as False


def _strays(connection: sqlite3.Connection, damage: Damage) -> None:
    """Chunks that lie in no version's range, and those of old versions that fail their check: nothing needs them."""
    query = (
        "SELECT row FROM chunks c WHERE NOT EXISTS (SELECT 1 FROM versions v WHERE v.document_id = c.document_id "
        "AND v.version = c.version AND c.row >= v.first_row AND c.row < v.first_row + v.chunks)"
    )
    strays = {int(row) for (row,) in connection.execute(query)}
    old = (
        f"SELECT {CHUNK_COLUMNS} FROM chunks c WHERE NOT EXISTS "  # noqa: S608  constants
        "(SELECT 1 FROM documents d WHERE d.id = c.document_id AND d.version = c.version)"
    )
    strays |= {int(row[0]) for row in connection.execute(old) if not _intact("chunks", row)}
    damage.stray_chunks = sorted(strays)


def _old_versions(connection: sqlite3.Connection, damage: Damage) -> None:
    query = (
        "SELECT v.document_id, v.version FROM versions v WHERE NOT EXISTS "
        "(SELECT 1 FROM documents d WHERE d.id = v.document_id AND d.version = v.version)"
    )
    known = {bad.document_id for bad in damage.documents}
    for document_id, version in connection.execute(query).fetchall():
        try:
            _whole(connection, document_id, version, document_id)
        except StoreDamaged:
            if document_id not in known:
                damage.old_versions.append((document_id, version))


def _integrity(connection: sqlite3.Connection) -> list[str]:
    said = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(20)")]
    broken = [
        f"a row of {row[0]} points at a row of {row[2]} that is gone"
        for row in connection.execute("PRAGMA foreign_key_check")
    ]
    return [line for line in said if line != "ok"] + broken
