"""The catalogue's file: how it is made, opened, read and written, and what SQLite's errors mean here."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

from indexers.errors import NotAnIndex, SchemaMismatch, StoreDamaged, StoreError
from indexers.store import acknowledged
from indexers.store.lock import LOCK, write_lock
from indexers.store.tallies import Tallies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CATALOGUE = "catalogue.sqlite3"
SEGMENTS = "segments"
APPLICATION_ID = 0x506C756D  # "Plum"
SCHEMA_VERSION = 2
BUSY_SECONDS = 10.0

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL, digest BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS roots (
  name TEXT PRIMARY KEY, path BLOB NOT NULL, mounted INTEGER NOT NULL, digest BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS versions (
  document_id TEXT NOT NULL, version TEXT NOT NULL, generation INTEGER NOT NULL, record TEXT NOT NULL,
  first_row INTEGER NOT NULL, chunks INTEGER NOT NULL, text_digest BLOB NOT NULL, blocks_digest BLOB NOT NULL,
  digest BLOB NOT NULL, PRIMARY KEY (document_id, version)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS texts (
  document_id TEXT NOT NULL, version TEXT NOT NULL, text BLOB NOT NULL, blocks BLOB NOT NULL,
  PRIMARY KEY (document_id, version),
  FOREIGN KEY (document_id, version) REFERENCES versions (document_id, version) ON DELETE CASCADE);
CREATE TABLE IF NOT EXISTS documents (
  id TEXT PRIMARY KEY, uri TEXT NOT NULL UNIQUE, file TEXT NOT NULL, root TEXT NOT NULL, content_hash TEXT NOT NULL,
  version TEXT NOT NULL, generation INTEGER NOT NULL, access TEXT NOT NULL, touched INTEGER NOT NULL,
  digest BLOB NOT NULL,
  FOREIGN KEY (id, version) REFERENCES versions (document_id, version) DEFERRABLE INITIALLY DEFERRED);
CREATE INDEX IF NOT EXISTS documents_by_file ON documents (file);
CREATE INDEX IF NOT EXISTS documents_by_touched ON documents (touched);
CREATE TABLE IF NOT EXISTS sketches (
  document_id TEXT PRIMARY KEY REFERENCES documents (id) ON DELETE CASCADE,
  text_hash BLOB NOT NULL, least BLOB NOT NULL, digest BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (
  uri TEXT PRIMARY KEY, root TEXT NOT NULL, status TEXT NOT NULL, content_hash TEXT NOT NULL, failure TEXT NOT NULL,
  digest BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS vectors (
  id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, fp16 BLOB NOT NULL, digest BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS chunks (
  row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, document_id TEXT NOT NULL, version TEXT NOT NULL,
  ordinal INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL, tokens INTEGER NOT NULL,
  headings TEXT NOT NULL, page INTEGER, vector INTEGER NOT NULL REFERENCES vectors (id), digest BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS chunks_by_vector ON chunks (vector);
CREATE TABLE IF NOT EXISTS removals (
  document_id TEXT PRIMARY KEY, generation INTEGER NOT NULL, digest BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS removals_by_generation ON removals (generation);
CREATE TABLE IF NOT EXISTS segments (name TEXT PRIMARY KEY, rows INTEGER NOT NULL, digest BLOB NOT NULL) WITHOUT ROWID;
"""
"""The chunks of a version have contiguous rows: ``first_row`` and as many as ``chunks`` says, in text order. A search
therefore knows the live rows from documents and versions alone, without reading a million chunks.

The access list is the document's, not a version's: who may not see it now sees no older version either.
``generation`` is that of a document's last change; a new access list moves ``touched`` alone. ``files`` is what the
last sync saw of each file (by which an unchanged one need not be read), or why it could not be indexed; ``sketches``
are what near-duplicates are found by.
"""

_PRAGMAS = (
    "foreign_keys=ON",
    "synchronous=FULL",  # NORMAL loses acknowledged commits at a power cut
    "trusted_schema=OFF",
    "secure_delete=ON",  # a removed document leaves no text behind
    "wal_autocheckpoint=8000",  # pages, 32 MB: one that a hundred documents changed is then copied once, not often
)

# What went wrong outside the file: the disk, the rights, another connection. Everything else is a damaged file.
_ENVIRONMENT = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk cannot be read or written",
    sqlite3.SQLITE_CANTOPEN: "the catalogue cannot be opened",
    sqlite3.SQLITE_READONLY: "the catalogue may not be written",
    sqlite3.SQLITE_PERM: "the catalogue may not be opened",
    sqlite3.SQLITE_BUSY: "the catalogue stayed locked by another process",
    sqlite3.SQLITE_LOCKED: "the catalogue stayed locked by another process",
    sqlite3.SQLITE_NOMEM: "there is not enough memory",
}


class FolderNotEmpty(StoreError):
    """The folder for a new index holds other files."""

    hint = "Name an empty or a new folder with --index, so that the index does not mix with your documents."

    def __init__(self, *, path: str) -> None:
        super().__init__(f"{path} is not empty and is not an index")


def holds(folder: Path, name: str = "") -> bool:
    """Whether the index folder, or the file ``name`` in it, is there.

    Raises:
        StoreError: It cannot be looked at, or the folder is a file.
    """
    try:
        kind = (folder / name).stat().st_mode
    except FileNotFoundError:
        return False
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise StoreError(f"{folder} cannot be opened: {reason}") from error
    if not name and not stat.S_ISDIR(kind):
        raise StoreError(f"{folder} is a file, not an index folder")
    return stat.S_ISREG(kind) if name else True


class Catalogue:
    """One connection with its lock; threads take turns, a transaction each."""

    def __init__(self, folder: Path, *, schema: int = SCHEMA_VERSION) -> None:
        """Connect to an existing catalogue and check that it is ours, and of that schema.

        Raises:
            NotAnIndex: There is no catalogue, an unfinished one, or another program's.
            SchemaMismatch: Another version of Plumbline wrote it.
            StoreDamaged: It is no SQLite file.
            StoreError: The folder is a file, or may not be looked into.
        """
        self.folder = folder
        self._lock = threading.RLock()
        if not holds(folder) or not holds(folder, CATALOGUE):
            raise NotAnIndex(path=str(folder))
        self._schema = schema
        self.replaced = 0
        """How often another file has taken the catalogue's place since it was opened."""
        with self._translated():
            self._connect()

    def _connect(self) -> None:
        self._tallies: Tallies | None = None
        self._file = _file_of(self.folder)
        self._still = _still(self.folder)
        self._connection = connect(self.folder, immutable=self._still is not None)
        try:
            application = int(self._connection.execute("PRAGMA application_id").fetchone()[0])
            found = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
            if application != APPLICATION_ID:
                raise NotAnIndex(path=str(self.folder))
            if found != self._schema:
                raise SchemaMismatch(path=str(self.folder), found=found, expected=self._schema)
        except BaseException:
            self._connection.close()
            raise

    def copy_to(self, path: Path) -> None:
        """Write one generation into ``path``, an empty file; a writer may go on meanwhile. Not synced."""
        with self._lock, self._translated(copied_to=path.parent):
            self._follow()
            # as bytes: the name of a file need not be UTF-8
            self._connection.execute("VACUUM INTO CAST(? AS TEXT)", (os.fsencode(path.absolute()),))

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent view for all statements inside; long reads hold up no writer (WAL)."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: durable when the block has been left, gone without trace when it raises."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection
            if self._tallies is not None:
                self._tallies.write(connection)
            commit = acknowledged.count(connection)
        if acknowledged.begins_history(self.folder, commit):
            # Out of the log: were it lost, the index of before would come back, and owe nothing to the note.
            with self._lock, contextlib.suppress(sqlite3.Error):
                self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        acknowledged.note(self.folder, commit)

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._lock, self._translated():
            self._follow()
            if begin == "BEGIN IMMEDIATE":
                self._watch()
            self._connection.execute(begin)
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            finally:
                # SQLite itself rolls back on some errors (disk full), and then there is nothing left to undo.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def _watch(self) -> None:
        """Count what will be written; a catalogue of an earlier schema is counted when it is a present one."""
        if self._tallies is None and self._schema == SCHEMA_VERSION:
            self._tallies = Tallies(self._connection)
        if self._tallies is not None:
            self._tallies.begin()

    def _follow(self) -> None:
        """Open the catalogue anew where another file has taken its place (the folder was put back from a copy).

        Likewise one that was taken for immutable, and that somebody with more rights has changed since.
        """
        replaced = self._file != _file_of(self.folder)
        if replaced or (self._still is not None and self._still != _still(self.folder)):
            self._connection.total_changes  # noqa: B018  a closed connection says so here, and stays closed
            self._connection.close()
            self._connect()
            self.replaced += replaced

    @contextmanager
    def _translated(self, *, copied_to: Path | None = None) -> Iterator[None]:
        try:
            yield
        except sqlite3.ProgrammingError as error:
            raise StoreError(f"{self.folder / CATALOGUE} has been closed") from error
        except UnicodeDecodeError as error:  # SQLite's own message quotes the damage
            raise StoreDamaged(f"{self.folder / CATALOGUE} is damaged: its schema is no text") from error
        except sqlite3.Error as error:
            reason = _ENVIRONMENT.get(getattr(error, "sqlite_errorcode", -1) & 0xFF)
            if reason:
                where = f", copied to {copied_to}" if copied_to else ""  # where the disk may be the one that is full
                raise StoreError(f"{self.folder / CATALOGUE}{where}: {reason} ({error})") from error
            raise StoreDamaged(f"{self.folder / CATALOGUE} is damaged: {error}") from error

    def close(self) -> None:
        """Close the connection; the last one to close folds the write-ahead log into the catalogue."""
        with self._lock, self._translated():
            self._connection.close()


def create_catalogue(folder: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
    """Make the folder and an empty catalogue in it, in one transaction with what ``fill`` writes.

    A creation that was cut short leaves a catalogue without tables, and is finished by the next one.

    Raises:
        FolderNotEmpty: The folder holds other files than an index's.
        StoreBusy: Another process is making the index at this moment.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        ours = {LOCK, SEGMENTS, CATALOGUE, CATALOGUE + "-wal", CATALOGUE + "-shm", CATALOGUE + "-journal"}
        if not {entry.name for entry in folder.iterdir()} <= ours:
            raise FolderNotEmpty(path=str(folder))
        with write_lock(folder):
            (folder / SEGMENTS).mkdir(mode=0o700, exist_ok=True)
            os.close(os.open(folder / CATALOGUE, os.O_RDWR | os.O_CREAT, 0o600))
            _write_schema(folder, fill)
            sync_folder(folder)
            sync_folder(folder.parent)
    except OSError as error:
        raise StoreError(f"{folder} cannot be made: {error.strerror}") from error
    except sqlite3.Error as error:
        raise StoreError(f"{folder / CATALOGUE} cannot be made: {error}") from error


def _write_schema(folder: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
    connection = connect(folder)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("BEGIN IMMEDIATE")
        # Another process may have been the first, between our look and our lock.
        if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            make_tables(connection)
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            fill(connection)
        connection.execute("COMMIT")
    finally:
        connection.close()


def make_tables(connection: sqlite3.Connection) -> None:
    """Make the tables and indexes that are not there, inside a transaction, and say which schema they are."""
    for statement in SCHEMA.split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")


def _file_of(folder: Path) -> tuple[int, int]:
    """Which file the catalogue is, whatever is in it."""
    try:
        file = (folder / CATALOGUE).stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotAnIndex(path=str(folder)) from error
    except OSError as error:
        raise StoreError(f"{folder / CATALOGUE} cannot be opened: {error.strerror}") from error
    return file.st_dev, file.st_ino


def _still(folder: Path) -> tuple[int, ...] | None:
    """What tells this state of the catalogue from later ones; None where the folder can be, or is being, written.

    Reading by way of a write-ahead log writes to its shared memory: where that may not be, and the log is empty, the
    catalogue is read as a file that does not change.
    """
    try:
        if os.access(folder, os.W_OK) or _size(folder / (CATALOGUE + "-wal")):
            return None
        file = (folder / CATALOGUE).stat()
    except OSError as error:
        raise StoreError(f"{folder / CATALOGUE} cannot be opened: {error.strerror}") from error
    return file.st_ino, file.st_size, file.st_mtime_ns


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def connect(folder: Path, *, immutable: bool = False) -> sqlite3.Connection:
    """A connection as the catalogue is written by; it checks nothing."""
    how = "mode=ro&immutable=1" if immutable else "mode=rw"
    uri = f"file:{quote(os.fsencode((folder / CATALOGUE).absolute()))}?{how}"
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
    except (sqlite3.Error, UnicodeDecodeError):
        connection.close()
        raise
    return connection


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
