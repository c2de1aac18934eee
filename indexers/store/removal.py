"""What leaves the catalogue: a document, an old version of one, or a root with everything that was read from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexers.errors import DocumentNotFound, StoreDamaged, StoreError
from indexers.store import catalogue as query_of
from indexers.store import changes
from indexers.store.rows import signed

if TYPE_CHECKING:
    import sqlite3


class RemovalRefused(StoreError):
    """What is named cannot be removed by itself."""

    hint = "`rag rm DOCUMENT` removes a document with all its versions; `rag status` lists the roots."


def remove_document(connection: sqlite3.Connection, document_id: str) -> None:
    """Remove a document with all its versions.

    Raises:
        DocumentNotFound: There is none of that id.
    """
    versions = query_of.versions_like(connection, document_id, "")
    loose = changes.delete_chunks(connection, document_id, versions)
    if not connection.execute("DELETE FROM documents WHERE id = ?", (document_id,)).rowcount:
        raise DocumentNotFound(name=document_id)
    connection.execute("DELETE FROM versions WHERE document_id = ?", (document_id,))
    row = signed("removals", document_id, changes.next_generation(connection))
    connection.execute("INSERT OR REPLACE INTO removals VALUES (?, ?, ?)", row)
    changes.delete_unused_vectors(connection, loose)


def remove_version(connection: sqlite3.Connection, document_id: str, version: str) -> None:
    """Remove a version that is not the current one.

    Raises:
        DocumentNotFound: The document has no such version.
        RemovalRefused: It is the current one.
    """
    if connection.execute("SELECT 1 FROM documents WHERE id = ? AND version = ?", (document_id, version)).fetchone():
        raise RemovalRefused(f"version {version[:12]} is the current one")
    try:
        loose = changes.delete_chunks(connection, document_id, [version])
    except StoreDamaged:
        loose = []  # a damaged version may be what is to go; nothing searches its chunks
    which = (document_id, version)
    if not connection.execute("DELETE FROM versions WHERE document_id = ? AND version = ?", which).rowcount:
        raise DocumentNotFound(name=document_id, version=version)
    changes.delete_unused_vectors(connection, loose)


def forget_root(connection: sqlite3.Connection, name: str) -> list[str]:
    """Remove a root with its documents, and what was seen of its files; says which documents those were, by id.

    Raises:
        RemovalRefused: There is no root of that name.
    """
    if not connection.execute("DELETE FROM roots WHERE name = ?", (name,)).rowcount:
        raise RemovalRefused(f"the index has no root {name!r}")
    documents = [str(row[0]) for row in connection.execute("SELECT id FROM documents WHERE root = ?", (name,))]
    for document_id in documents:
        remove_document(connection, document_id)
    connection.execute("DELETE FROM files WHERE root = ?", (name,))
    return documents
