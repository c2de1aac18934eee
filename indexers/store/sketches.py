"""The sketches by which near-duplicates are found, one a document."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

import numpy as np

from indexers.duplicates import Sketch
from indexers.errors import StoreDamaged
from indexers.store.rows import check_row, signed

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from indexers.store.rows import Row

_SKETCHES = (
    "SELECT d.uri, s.document_id, s.text_hash, s.least, s.digest "
    "FROM sketches s JOIN documents d ON d.id = s.document_id"
)


def write_sketch(connection: sqlite3.Connection, document_id: str, sketch: Sketch) -> None:
    """Keep a document's sketch; it goes when the document does."""
    row = signed("sketches", document_id, sketch.text_hash, sketch.least.astype("<u8").tobytes())
    connection.execute("INSERT OR REPLACE INTO sketches VALUES (?, ?, ?, ?)", row)


def read_sketches(connection: sqlite3.Connection) -> list[Sketch]:
    """The sketches of all documents, by URI. One that fails its check is left out: nothing but this report needs it."""
    return [sketch for _document_id, sketch in _checked(connection.execute(f"{_SKETCHES} ORDER BY d.uri"))]


def sketches_of(connection: sqlite3.Connection, document_ids: Sequence[str]) -> dict[str, Sketch]:
    """The sketches of these documents, by id, less those that fail their check."""
    query = f"{_SKETCHES} WHERE s.document_id IN (SELECT value FROM json_each(?))"  # noqa: S608  constants
    return dict(_checked(connection.execute(query, (json.dumps(list(document_ids)),))))


def _checked(rows: Iterable[Row]) -> Iterator[tuple[str, Sketch]]:
    for uri, *row in rows:
        with contextlib.suppress(StoreDamaged):
            document_id, text_hash, least = check_row("sketches", tuple(row))
            yield document_id, Sketch(uri, text_hash, np.frombuffer(least, dtype="<u8").astype(np.uint64))
