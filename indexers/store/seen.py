"""What the last sync saw of each file: an unchanged one is known by it without being read, a failed one is listed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexers.errors import StoreDamaged
from indexers.store.rows import check_row, signed

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable


MOUNTED = "mounted"


@dataclass(frozen=True, slots=True)
class SeenFile:
    """A file at its last sync.

    ``status`` is what the system said of it when it was read, "" where that cannot be trusted, and ``MOUNTED`` for a
    folder on which a volume was mounted; ``content_hash`` is
    that of the bytes which then had this status, "" where they were not read. ``failures`` are ``(uri, error, hint)``
    of the file, or of what is inside it.
    """

    uri: str
    root: str
    status: str
    content_hash: str
    failures: tuple[tuple[str, str, str], ...] = ()


def read_seen(connection: sqlite3.Connection) -> dict[str, SeenFile]:
    """Every file by URI. A row that fails its check is left out: its file is read as if it had not been seen."""
    found = {}
    for row in connection.execute("SELECT uri, root, status, content_hash, failure, digest FROM files ORDER BY uri"):
        try:
            uri, root, status, content_hash, failure = check_row("files", row)
        except StoreDamaged:
            continue
        found[uri] = SeenFile(uri, root, status, content_hash, tuple(tuple(one) for one in json.loads(failure)))
    return found


def write_seen(connection: sqlite3.Connection, files: Iterable[SeenFile]) -> None:
    """Remember files as they were seen, in place of what was known of them."""
    rows = (
        signed("files", file.uri, file.root, file.status, file.content_hash, json.dumps(file.failures))
        for file in files
    )
    connection.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)", rows)


def forget_seen(connection: sqlite3.Connection, uris: Iterable[str]) -> None:
    """Forget files that are no longer there."""
    connection.executemany("DELETE FROM files WHERE uri = ?", ((uri,) for uri in uris))
