"""The sketches by which near-duplicates are found, one a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from indexers.duplicates import Sketch
from indexers.errors import StoreDamaged
from indexers.store.rows import check_row, signed

if TYPE_CHECKING:
    import sqlite3


def write_sketch(connection: sqlite3.Connection, document_id: str, sketch: Sketch) -> None:
    """Keep a document's sketch; it goes when the document does."""
    row = signed("sketches", document_id, sketch.text_hash, sketch.least.astype("<u8").tobytes())
    connection.execute("INSERT OR REPLACE INTO sketches VALUES (?, ?, ?, ?)", row)


def read_sketches(connection: sqlite3.Connection) -> list[Sketch]:
    """The sketches of all documents, by URI. One that fails its check is left out: nothing but this report needs it."""
    query = (
        "SELECT d.uri, s.document_id, s.text_hash, s.least, s.digest "
        "FROM sketches s JOIN documents d ON d.id = s.document_id ORDER BY d.uri"
    )
    found = []
    for uri, *row in connection.execute(query):
        try:
            _, text_hash, least = check_row("sketches", tuple(row))
        except StoreDamaged:
            continue
        found.append(Sketch(uri, text_hash, np.frombuffer(least, dtype="<u8").astype(np.uint64)))
    return found
