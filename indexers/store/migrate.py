"""Old catalogues become present ones: once, in one transaction, under the writer's lock."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from indexers.errors import SchemaMismatch, StoreDamaged
from indexers.store.connection import Catalogue, make_tables
from indexers.store.lock import write_lock
from indexers.store.rows import check_row, signed

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from indexers.store.rows import Row


def open_catalogue(folder: Path) -> Catalogue:
    """Connect to a catalogue, after bringing it to the present schema where an earlier version wrote it.

    Raises:
        StoreBusy: It is old, and a writer is at work.
        StoreError: It is old and may not be written, or the disk is full; it stays as it was. Or as in Catalogue.
    """
    try:
        return Catalogue(folder)
    except SchemaMismatch as error:
        if error.found != 1:
            raise
    with write_lock(folder):
        _bring_up(folder)
    return Catalogue(folder)


def _bring_up(folder: Path) -> None:
    try:
        catalogue = Catalogue(folder, schema=1)
    except SchemaMismatch:
        return  # another process was the first, between our look and our lock
    try:
        with catalogue.writing() as connection:
            _from_1(connection)
    finally:
        catalogue.close()


def _from_1(connection: sqlite3.Connection) -> None:
    """Schema 1 kept texts and access lists among the versions, and found a version's chunks by an index."""
    for index in ("chunks_by_version", "chunks_by_vector"):
        connection.execute(f"DROP INDEX {index}")
    for table in ("versions", "documents", "chunks"):
        connection.execute(f"ALTER TABLE {table} RENAME TO old_{table}")
    make_tables(connection)
    connection.execute("INSERT INTO chunks SELECT * FROM old_chunks ORDER BY row")
    access: dict[tuple[str, str], str] = {}
    versions = list(_versions_of_1(connection, access))
    connection.executemany("INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", versions)
    connection.execute("INSERT INTO texts SELECT document_id, version, text, blocks FROM old_versions")
    documents = [check_row("documents", row) for row in connection.execute("SELECT * FROM old_documents")]
    renewed = [
        signed("documents", name, uri, uri, root, content_hash, version, at, access[name, version], at)
        for name, uri, root, content_hash, version, at in documents
    ]
    connection.executemany("INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", renewed)
    for table in ("chunks", "documents", "versions"):  # children first: dropping a parent deletes its rows
        connection.execute(f"DROP TABLE old_{table}")


def _versions_of_1(connection: sqlite3.Connection, access: dict[tuple[str, str], str]) -> Iterator[Row]:
    """The versions as they are now written: with the rows of their chunks, which schema 1 also wrote without gaps.

    ``access`` is given each version's list.
    """
    rows_of = "SELECT document_id, version, min(row), max(row) - min(row) + 1 FROM chunks GROUP BY document_id, version"
    placed = {(name, version): place for name, version, *place in connection.execute(rows_of)}
    query = "SELECT document_id, version, generation, record, text_digest, blocks_digest, digest FROM old_versions"
    for row in connection.execute(query).fetchall():
        document_id, version, generation, record_json, *digests = check_row("versions", row)
        record = json.loads(record_json)
        count = record.pop("chunks")
        access[document_id, version] = json.dumps(record.pop("access"))
        first_row, found = placed.get((document_id, version), (0, 0))
        if found != count:
            raise StoreDamaged(f"the catalogue holds {found} chunks of document {document_id}, not {count}")
        yield signed("versions", document_id, version, generation, json.dumps(record), first_row, count, *digests)
