"""Which commit was acknowledged last, noted outside the catalogue: SQLite drops the damaged end of its log unasked.

A write-ahead log is read up to the first frame whose checksum fails, as after a power cut; what was committed behind it
would be gone without a word. The note stands in the file LOCK, which only writers touch. It is not synced: after a
power cut it may be old or torn, and then it promises less; never more than what was synced before it was written.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexers.errors import StoreDamaged
from indexers.store import meta
from indexers.store.lock import LOCK

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

COUNTER = "commits"
_MOST_BYTES = 256


class ChangesLost(StoreDamaged):
    """The catalogue is older than what was acknowledged: its log is damaged, or it was put back from a backup."""

    hint = (
        "Restore the index folder from a backup; or, to go on with what is left, delete the file LOCK in it and run "
        "`rag index` on your folders again, which reads what is missing."
    )

    def __init__(self, *, path: str, lost: int) -> None:
        super().__init__(
            f"{path} has lost its last {lost} acknowledged changes: its log catalogue.sqlite3-wal is damaged"
        )


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit by its number (from 1) in one index."""

    index_id: str
    number: int


def count(connection: sqlite3.Connection) -> Commit:
    """Number the commit that ends this transaction."""
    number = count_of(connection) + 1
    meta.put(connection, COUNTER, str(number))
    return Commit(meta.read(connection).index_id, number)


def begins_history(folder: Path, commit: Commit) -> bool:
    """Whether this is the first commit of a new index id in a folder that held another: it was restored or repaired."""
    before = noted(folder)
    return before is not None and before.index_id != commit.index_id


def note(folder: Path, commit: Commit) -> None:
    """Say that the commit is durable. Where it cannot be said nothing is lost but the saying: the commit stands."""
    words = f"{commit.index_id} {commit.number}"
    line = f"{words} {_digest(words)}\n".ljust(_MOST_BYTES, " ").encode()
    with contextlib.suppress(OSError):
        descriptor = os.open(folder / LOCK, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            os.pwrite(descriptor, line, 0)
        finally:
            os.close(descriptor)


def noted(folder: Path) -> Commit | None:
    """The commit of the note; None where there is none, or it is torn."""
    try:
        descriptor = os.open(folder / LOCK, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            words = os.pread(descriptor, _MOST_BYTES, 0).decode("ascii", "replace").split()
        finally:
            os.close(descriptor)
    except OSError:
        return None
    if len(words) != 3 or words[2] != _digest(f"{words[0]} {words[1]}"):
        return None
    return Commit(words[0], int(words[1]))


def check(connection: sqlite3.Connection, promised: Commit | None, *, folder: Path) -> None:
    """Hold the catalogue against a note that was read before this transaction began.

    Raises:
        ChangesLost: The catalogue is that index, and older.
    """
    if promised is None or promised.index_id != meta.read(connection).index_id:
        return
    lost = promised.number - count_of(connection)
    if lost > 0:
        raise ChangesLost(path=str(folder), lost=lost)


def count_of(connection: sqlite3.Connection) -> int:
    """The commits that this catalogue has seen."""
    return int(meta.get(connection, COUNTER) or 0)


def _digest(words: str) -> str:
    return hashlib.blake2b(words.encode(), digest_size=16).hexdigest()
