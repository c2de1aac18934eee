"""A document under another URI: what was read, split and embedded of it stays, and so do its old versions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexers.chunk import chunk_id
from indexers.document import document_id
from indexers.errors import DocumentNotFound, StoreError
from indexers.store import changes
from indexers.store.rows import CHUNK_COLUMNS, DOCUMENT_COLUMNS, VERSION_COLUMNS, access_json, check_row, signed

if TYPE_CHECKING:
    import sqlite3

    from indexers.store.rows import Row


@dataclass(frozen=True, slots=True)
class Relocation:
    """A document, where it is now, and who may see it there; ``content_hash`` is "" where it is to be read again."""

    id: str
    uri: str
    file: str
    root: str
    content_hash: str
    access: tuple[str, ...]


def relocate(connection: sqlite3.Connection, to: Relocation) -> None:
    """Give a document another URI, and so another id; its chunks keep their rows, so no segment changes.

    Ids are made from the URI: those of the document and of its chunks become others, in every version.

    Raises:
        DocumentNotFound: It is not there any more.
        StoreError: Another document has that URI.
        StoreDamaged: A row fails its check.
    """
    new = document_id(to.uri)
    if connection.execute("SELECT 1 FROM documents WHERE id = ?", (new,)).fetchone():
        raise StoreError(f"{to.uri!r} is in the index already, nothing can be moved there")
    row = connection.execute(f"SELECT {DOCUMENT_COLUMNS} FROM documents WHERE id = ?", (to.id,)).fetchone()  # noqa: S608  constants
    if row is None:
        raise DocumentNotFound(name=to.id)
    *_, version, _, _, _ = check_row("documents", row)
    sketch = connection.execute("SELECT * FROM sketches WHERE document_id = ?", (to.id,)).fetchone()
    connection.execute("DELETE FROM documents WHERE id = ?", (to.id,))
    find = f"SELECT {VERSION_COLUMNS} FROM versions WHERE document_id = ?"  # noqa: S608  constants
    for held in connection.execute(find, (to.id,)).fetchall():
        _rename_version(connection, check_row("versions", held), new)
    at = changes.next_generation(connection)
    place = (new, to.uri, to.file, to.root, to.content_hash, version, at, access_json(to.access), at)
    connection.execute("INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", signed("documents", *place))
    if sketch is not None:
        renewed = signed("sketches", new, *check_row("sketches", sketch)[1:])
        connection.execute("INSERT INTO sketches VALUES (?, ?, ?, ?)", renewed)
    connection.execute("INSERT OR REPLACE INTO removals VALUES (?, ?, ?)", signed("removals", to.id, at))


def _rename_version(connection: sqlite3.Connection, values: Row, new: str) -> None:
    old, version, _, _, first_row, count, *_ = values
    which = (old, version)
    renewed = signed("versions", new, *values[1:])
    connection.execute("INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", renewed)
    connection.execute("UPDATE texts SET document_id = ? WHERE document_id = ? AND version = ?", (new, *which))
    connection.execute("DELETE FROM versions WHERE document_id = ? AND version = ?", which)
    where = "WHERE row >= ? AND row < ? AND document_id = ? AND version = ?"
    rows = connection.execute(
        f"SELECT {CHUNK_COLUMNS} FROM chunks {where}",  # noqa: S608  constants
        (first_row, first_row + count, *which),
    ).fetchall()
    for chunk in rows:
        row, _, _, _, ordinal, start, end, *rest = check_row("chunks", chunk)
        moved = signed("chunks", row, chunk_id(new, version, start, end), new, version, ordinal, start, end, *rest)
        connection.execute("REPLACE INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", moved)
