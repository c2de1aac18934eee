"""Mends an index from what it holds itself: nothing that is whole is lost, and what is lost is said."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from indexers.context import embedded_text
from indexers.errors import StoreDamaged
from indexers.settings import StoreSettings
from indexers.split import split_document
from indexers.store import acknowledged, changes, meta, tallies
from indexers.store import catalogue as query_of
from indexers.store.connection import Catalogue
from indexers.store.doctor import damage_of
from indexers.store.folder_checks import leftovers, private_mode, too_open
from indexers.store.lock import write_lock
from indexers.store.row_checks import SMALL, as_stored
from indexers.store.rows import CHUNK_COLUMNS, ENTRY_COLUMNS, read_chunk, read_entry, signed
from indexers.store.writer import Writer, check_vectors

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from pathlib import Path

    from indexers.document import Document
    from indexers.embed import Embedder
    from indexers.store.findings import Damage
    from indexers.store.meta import IndexMeta

BATCH = 256


@dataclass(slots=True)
class Repaired:
    """What was done, in words; ``dropped`` are the URIs of documents that the next `rag index` reads again."""

    done: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)


def repair(folder: Path, *, embedder: Embedder, settings: StoreSettings | None = None, drop: bool = False) -> Repaired:
    """Mend what can be mended; may be cut short at any point and run again.

    Args:
        folder: The index.
        embedder: The index's own; asked only where vectors are damaged.
        settings: As for a writer.
        drop: Take out damaged documents whose files are gone, too: they are lost then.

    Raises:
        StoreBusy: Another process is writing.
        StoreDamaged: The index's own description is damaged, or SQLite cannot read the file.
        EmbedderMismatch: Vectors are damaged, and the embedder is not the index's.
    """
    repaired = Repaired()
    with write_lock(folder):
        _mend_files(folder, repaired)
        catalogue = Catalogue(folder)
        try:
            rechunk = _mend_rows(catalogue, embedder, repaired, drop=drop)
            lost = damage_of(catalogue, embedder, deep=False).documents
            with catalogue.reading() as connection:
                if lost or _has_lost_changes(connection, folder) or tallies.hidden(connection):
                    return repaired  # nothing can be opened before that is dropped or restored
        finally:
            catalogue.close()
    with Writer(folder, embedder, settings or StoreSettings()) as writer:
        known = {entry.id: entry for entry in writer.entries()}
        for document in rechunk:
            entry = known[document.id]
            chunks = split_document(document, embedder, max_tokens=writer.max_tokens)
            writer.put(document, chunks, root=entry.root, content_hash=entry.content_hash, file=entry.file)
            repaired.done.append(f"cut {document.uri} into chunks again")
        _sweep_vectors(folder, repaired)
        before = writer.layout()
        writer.seal(deep=True)
        if writer.layout() != before:
            repaired.done.append("sealed the vectors again")
    return repaired


def _sweep_vectors(folder: Path, repaired: Repaired) -> None:
    """Last, since a document that is cut again finds its vectors: only what has changed is embedded."""
    catalogue = Catalogue(folder)
    try:
        with catalogue.writing() as connection:
            if meta.get(connection, meta.REBUILD) is None:
                unused = "DELETE FROM vectors WHERE id NOT IN (SELECT vector FROM chunks)"
                removed = connection.execute(unused).rowcount
                if removed:
                    repaired.done.append(f"removed {removed} vectors that no chunk uses")
    finally:
        catalogue.close()


def _mend_files(folder: Path, repaired: Repaired) -> None:
    opened = too_open(folder)
    for path in opened:
        path.chmod(private_mode(path))
    if opened:
        repaired.done.append(f"took the rights of other users from {len(opened)} files")
    for path in leftovers(folder):
        if path.is_dir() and not path.is_symlink():
            _remove_tree(path)
        else:
            path.unlink(missing_ok=True)
        repaired.done.append(f"removed {path.name}")


def _remove_tree(path: Path) -> None:
    import shutil

    shutil.rmtree(path)


def _mend_rows(catalogue: Catalogue, embedder: Embedder, repaired: Repaired, *, drop: bool) -> list[Document]:
    """Mend the rows in one transaction; returns the documents that have to be cut into chunks again."""
    damage = damage_of(catalogue, embedder, deep=True)
    if damage.integrity:
        with catalogue.writing() as connection:
            connection.execute("REINDEX")
        repaired.done.append("built SQLite's own indexes again")
        damage = damage_of(catalogue, embedder, deep=True)
    with catalogue.reading() as connection:
        index = meta.read(connection)
    if damage.vectors or damage.chunked_wrong:
        meta.check_identity(index.embedder, embedder.identity)
    with catalogue.writing() as connection:
        before = connection.total_changes
        if drop and _has_lost_changes(connection, catalogue.folder):
            meta.put(connection, "layout", str(meta.counter(connection, "layout") + 1))
            repaired.done.append("went on without the acknowledged changes that are lost; index your folders again")
        if drop and tallies.hidden(connection):
            tallies.recount(connection)
            repaired.done.append("went on without the documents or roots that are lost; index your folders again")
        _mend_small(connection, damage, repaired)
        _drop_documents(connection, damage, repaired, drop=drop)
        rechunk = _drop_chunks(connection, damage)
        rechunk += _mend_vectors(connection, damage, index, embedder, repaired)
        if connection.total_changes != before:
            # what readers and the lexical index hold of the index may be what was damaged: they begin anew
            meta.put_index(connection, replace(index, index_id=meta.new_id()))
            changes.next_generation(connection)
    return rechunk


def _has_lost_changes(connection: sqlite3.Connection, folder: Path) -> bool:
    try:
        acknowledged.check(connection, acknowledged.noted(folder), folder=folder)
    except acknowledged.ChangesLost:
        return True
    return False


def _mend_small(connection: sqlite3.Connection, damage: Damage, repaired: Repaired) -> None:
    for table, key in damage.small:
        which = f"WHERE CAST({SMALL[table]} AS BLOB) = ?"
        connection.execute(f"DELETE FROM {table} {which}", (as_stored(key),))  # noqa: S608  constants
        repaired.done.append(f"took a damaged row out of {table}")
        if table == "roots":
            repaired.dropped.append(key)
    lost = {key for table, key in damage.small if table == "meta"} | set(damage.missing_meta)
    if "generation" in lost:
        highest = connection.execute(
            "SELECT max(g) FROM (SELECT max(generation) AS g FROM documents UNION ALL "
            "SELECT max(generation) FROM versions UNION ALL SELECT max(generation) FROM removals)"
        ).fetchone()[0]
        meta.put(connection, "generation", str(highest or 0))
    if "layout" in lost:
        meta.put(connection, "layout", "0")
    if "next_row" in lost:
        # rows are never used twice, and a segment may hold dead rows above the last live one
        connection.execute("DELETE FROM segments")
        highest = connection.execute("SELECT max(row) FROM chunks").fetchone()[0]
        meta.put(connection, "next_row", str(0 if highest is None else int(highest) + 1))


def _drop_documents(connection: sqlite3.Connection, damage: Damage, repaired: Repaired, *, drop: bool) -> None:
    for bad in damage.documents:
        if not (drop or bad.rereadable):
            continue
        name = (as_stored(bad.document_id),)
        connection.execute("DELETE FROM chunks WHERE document_id = CAST(? AS TEXT)", name)
        connection.execute("DELETE FROM documents WHERE id = CAST(? AS TEXT)", name)
        connection.execute("DELETE FROM versions WHERE document_id = CAST(? AS TEXT)", name)
        connection.execute("DELETE FROM texts WHERE document_id = CAST(? AS TEXT)", name)  # if no version owned them
        if bad.document_id.isascii():  # else it names nothing that a reader could hold
            row = signed("removals", bad.document_id, changes.next_generation(connection))
            connection.execute("INSERT OR REPLACE INTO removals VALUES (?, ?, ?)", row)
        connection.execute("DELETE FROM files")  # or the next sync would take the file for one that it has read
        repaired.dropped.append(bad.uri or bad.document_id)
    if damage.documents:  # a document whose very id was damaged leaves its sketch without an owner
        connection.execute("DELETE FROM sketches WHERE document_id NOT IN (SELECT id FROM documents)")
    if drop:
        for table in ("chunks", "versions"):
            gone = f"DELETE FROM {table} WHERE document_id NOT IN (SELECT id FROM documents)"  # noqa: S608  constants
            connection.execute(gone)
        owner = "SELECT 1 FROM versions v WHERE v.document_id = texts.document_id AND v.version = texts.version"
        connection.execute(f"DELETE FROM texts WHERE NOT EXISTS ({owner})")  # noqa: S608  constants


def _drop_chunks(connection: sqlite3.Connection, damage: Damage) -> list[Document]:
    """Delete what cannot be trusted; the documents whose text is whole come back to be cut again."""
    which = (json.dumps(damage.stray_chunks),)
    connection.execute("DELETE FROM chunks WHERE row IN (SELECT value FROM json_each(?))", which)
    return [_without_chunks(connection, name) for name in damage.chunked_wrong]


def _without_chunks(connection: sqlite3.Connection, document_id: str) -> Document:
    document = _current(connection, document_id)
    changes.delete_chunks(connection, document_id, [document.version])
    return document


def _current(connection: sqlite3.Connection, document_id: str) -> Document:
    find = f"SELECT {ENTRY_COLUMNS} FROM documents d LEFT JOIN versions v ON v.document_id = d.id AND v.version = d.version"  # noqa: S608, E501  constants
    entry = read_entry(connection.execute(f"{find} WHERE d.id = ?", (document_id,)).fetchone())
    document = query_of.document(connection, entry.id, entry.version, uri=entry.uri, access=entry.access)
    if document is None:
        raise StoreDamaged(f"the catalogue has lost the text of {entry.uri!r}")
    return document


def _mend_vectors(
    connection: sqlite3.Connection, damage: Damage, index: IndexMeta, embedder: Embedder, repaired: Repaired
) -> list[Document]:
    texts: dict[int, str] = {}
    again: dict[str, Document] = {}
    for vector in damage.vectors:
        text, owners = _text_of(connection, vector, embedder)
        taken = None if text is None else _holder(connection, meta.vector_key(index.embedder, text))
        if text is not None and taken in (None, vector):
            texts[vector] = text
            continue
        for owner in owners:
            again.setdefault(owner, _without_chunks(connection, owner))
        connection.execute("DELETE FROM chunks WHERE vector = ?", (vector,))
        connection.execute("DELETE FROM vectors WHERE id = ?", (vector,))
    for batch in _batches(list(texts.items())):
        matrix = embedder.embed_passages([text for _, text in batch])
        check_vectors(matrix, [f"of vector {vector}" for vector, _ in batch], dimension=index.embedder.dimension)
        for (vector, text), row in zip(batch, matrix.astype("<f2"), strict=True):
            values = signed("vectors", vector, meta.vector_key(index.embedder, text), row.tobytes())
            connection.execute("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)", values)
    if texts:
        repaired.done.append(f"embedded {len(texts)} damaged vectors again")
    return list(again.values())


def _text_of(connection: sqlite3.Connection, vector: int, embedder: Embedder) -> tuple[str | None, list[str]]:
    """The string that a vector is of, by any whole chunk that uses it, and the documents that use it now."""
    query = (
        f"SELECT {CHUNK_COLUMNS} FROM chunks WHERE vector = ? "  # noqa: S608  constants
        "AND EXISTS (SELECT 1 FROM documents d WHERE d.id = document_id AND d.version = chunks.version)"
    )
    text, owners = None, []
    for row in connection.execute(query, (vector,)).fetchall():
        owners.append(str(row[2]))
        try:
            chunk, document = read_chunk(row), _current(connection, str(row[2]))
        except StoreDamaged:
            continue
        if text is None:
            text = embedded_text(document, chunk, embedder)
    return text, list(dict.fromkeys(owners))


def _holder(connection: sqlite3.Connection, key: bytes) -> int | None:
    row = connection.execute("SELECT id FROM vectors WHERE key = ?", (key,)).fetchone()
    return None if row is None else int(row[0])


def _batches(items: list[tuple[int, str]]) -> Iterable[list[tuple[int, str]]]:
    return (items[first : first + BATCH] for first in range(0, len(items), BATCH))
