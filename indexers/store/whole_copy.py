"""A copy of one generation of an index in a folder of its own: its catalogue, its segments, and what they must be."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import sqlite3
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from indexers.errors import StoreDamaged, StoreError
from indexers.store import acknowledged, meta, tallies
from indexers.store import catalogue as query_of
from indexers.store.connection import CATALOGUE, SCHEMA_VERSION, SEGMENTS, Catalogue, make_tables, sync_folder
from indexers.store.lock import in_use
from indexers.store.migrate import open_catalogue
from indexers.store.row_checks import find_damage, lenient_text
from indexers.store.seen import read_seen
from indexers.store.segment_file import UNFINISHED, check_segment
from indexers.store.sketches import read_sketches

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MANIFEST = "manifest.json"
BLOCK_BYTES = 2**20


class CopyDamaged(StoreError):
    """A backup or a named snapshot is not what was once written, or not whole."""

    hint = "Take another backup or snapshot; nothing was changed in the index."


@dataclass(frozen=True, slots=True)
class CopiedFile:
    """A file of a copy: its length and the sha256 (hex) of its bytes."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a copy holds. ``files`` are by their name below the folder; ``created_at`` is ISO 8601 in UTC."""

    created_at: str
    schema: int
    generation: int
    documents: int
    chunks: int
    embedder: str
    files: Mapping[str, CopiedFile]

    @property
    def bytes(self) -> int:
        """All files together."""
        return sum(file.bytes for file in self.files.values())


def take_copy(folder: Path, to: Path, *, segments: bool) -> Manifest:
    """Copy the present generation into the new folder ``to``, and check every row of the copy; a writer may go on.

    Args:
        folder: The index.
        to: Where the copy will be.
        segments: With the sealed vectors, as hard links where the file system has them, since they never change; one
            that a writer folds at this moment is left out. Without, they are sealed again after a restore.

    Raises:
        StoreDamaged: The index is damaged.
        StoreError: The disk is full or ``to`` cannot be written.
    """
    try:
        to.mkdir(mode=0o700)  # not its parents: they may be of a disk that is not mounted
        copied = to / CATALOGUE
        with in_use(to):
            (to / SEGMENTS).mkdir(mode=0o700)
            os.close(os.open(copied, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            _copy_catalogue(folder, copied)
            manifest = _finish(folder, to, segments=segments)
            _write_synced(to / MANIFEST, written_manifest(manifest))
            sync_folder(to / SEGMENTS)
            sync_folder(to)
    except OSError as error:
        raise StoreError(f"{to} cannot be written: {error.strerror}") from error
    return manifest


def _copy_catalogue(folder: Path, to: Path) -> None:
    promised = acknowledged.noted(folder)
    catalogue = open_catalogue(folder)
    try:
        with (
            catalogue.reading() as connection
        ):  # or a whole backup would be replaced by one that lacks the last changes
            acknowledged.check(connection, promised, folder=folder)
        catalogue.copy_to(to)
    finally:
        catalogue.close()
    with to.open("rb") as file:
        os.fsync(file.fileno())


def _finish(folder: Path, to: Path, *, segments: bool) -> Manifest:
    copied = Catalogue(to)
    try:
        with copied.reading() as connection:
            names = query_of.segment_names(connection)
        files = {name: file for name in names if segments and (file := _link(folder, to, name)) is not None}
        with copied.writing() as connection:
            gone = [(name,) for name in names if name not in files]
            connection.executemany("DELETE FROM segments WHERE name = ?", gone)
        _check_rows(copied)
        with copied.reading() as connection:
            documents, chunks = query_of.counts(connection)
            generation, index = meta.counter(connection, "generation"), meta.read(connection)
    finally:
        copied.close()
    (to / "LOCK").unlink(missing_ok=True)
    listed = {CATALOGUE: measured(to / CATALOGUE), **{f"{SEGMENTS}/{name}": file for name, file in files.items()}}
    return Manifest(meta.now(), SCHEMA_VERSION, generation, documents, chunks, index.embedder.name, listed)


def _link(folder: Path, to: Path, name: str) -> CopiedFile | None:
    target = to / SEGMENTS / name
    try:
        link_or_copy(folder / SEGMENTS / name, target)
    except FileNotFoundError:
        return None
    try:
        check_segment(to / SEGMENTS, name)
    except StoreDamaged:
        target.unlink()
        return None
    return measured(target)


def link_or_copy(source: Path, target: Path) -> None:
    """Give an immutable file another name, or copy it durably where that cannot be.

    Raises:
        FileNotFoundError: It is gone.
        OSError: It cannot be copied.
    """
    try:
        os.link(source, target, follow_symlinks=False)
    except FileNotFoundError:
        raise
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)
        target.chmod(0o600)
        with target.open("rb") as file:
            os.fsync(file.fileno())


def _check_rows(catalogue: Catalogue) -> None:
    with catalogue.reading() as connection:
        connection.text_factory = lenient_text
        damage = find_damage(connection, meta.read(connection), deep=True)
        connection.text_factory = str
        for counter in meta.COUNTERS:
            meta.counter(connection, counter)
        for table in tallies.SUMMED:
            tallies.check_all(connection, table)
    first = next(damage.findings({}), None)
    if first is not None:
        raise StoreDamaged(f"{first.part} {first.subject}: {first.problem}")


def measured(path: Path) -> CopiedFile:
    """The length and the sha256 of a file as it is now."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return CopiedFile(file.tell(), digest)


def written_manifest(manifest: Manifest) -> bytes:
    """A manifest with its own checksum: what it says is shown and believed before any file is read."""
    values = asdict(manifest)
    return json.dumps({**values, "digest": _manifest_digest(values)}, indent=1).encode()


def _manifest_digest(values: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def read_manifest(data: bytes) -> Manifest:
    """A manifest as it was written.

    Raises:
        CopyDamaged: It is no manifest, does not carry its own checksum, or names what is no file of an index.
    """
    try:
        values: dict[str, Any] = json.loads(data)
        if values.pop("digest") != _manifest_digest(values):
            raise CopyDamaged("its manifest does not carry its own checksum")
        files = {name: CopiedFile(**file) for name, file in values.pop("files").items()}
        manifest = Manifest(**values, files=files)
        _check_types(manifest)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CopyDamaged("its manifest cannot be read") from error
    if CATALOGUE not in files or not all(map(_is_ours, files)):
        raise CopyDamaged("its manifest names files that are no part of an index")
    return manifest


def _check_types(manifest: Manifest) -> None:
    """A stranger wrote it, and what it says is shown: a date is a date, a number is a number."""
    datetime.fromisoformat(manifest.created_at)
    numbers = (manifest.schema, manifest.generation, manifest.documents, manifest.chunks)
    lengths = [file.bytes for file in manifest.files.values()]
    if not all(type(number) is int and number >= 0 for number in (*numbers, *lengths)):
        raise ValueError("a count is no number")
    if not all(
        isinstance(text, str) for text in (manifest.embedder, *(file.sha256 for file in manifest.files.values()))
    ):
        raise ValueError("a name is no text")


def _is_ours(name: str) -> bool:
    """The names that a copy may hold: nothing that a path could be made of to lead elsewhere."""
    folder, _, segment = name.partition("/")
    named = folder == SEGMENTS and len(segment) == 64 and set(segment) <= set("0123456789abcdef")
    return named or name == CATALOGUE


def check_copy(folder: Path, manifest: Manifest) -> None:
    """Hold every file of a copy against its manifest.

    Raises:
        CopyDamaged: A file is missing or another one.
    """
    for name, file in manifest.files.items():
        try:
            found = measured(folder / name)
        except OSError as error:
            raise CopyDamaged(f"{name} cannot be read: {error.strerror}") from error
        if found != file:
            raise CopyDamaged(f"{name} does not match its checksum")
        if name != CATALOGUE:
            try:
                check_segment(folder / SEGMENTS, name.partition("/")[2])
            except StoreDamaged as error:
                raise CopyDamaged(str(error)) from error


def check_rows(folder: Path) -> None:
    """Check every row of a copied catalogue, after bringing it to the present schema.

    Raises:
        CopyDamaged: It is no catalogue, holds what a catalogue does not, or a row is damaged.
        SchemaMismatch: A later version of Plumbline wrote it.
    """
    try:
        catalogue = open_catalogue(folder)
        try:
            with catalogue.reading() as connection:
                _check_objects(connection)
            _check_rows(catalogue)
            with catalogue.reading() as connection:
                _check_readable(connection)
        finally:
            catalogue.close()
    except StoreDamaged as error:
        raise CopyDamaged(str(error)) from error


def _check_readable(connection: sqlite3.Connection) -> None:
    """What is signed may still not be what it should be: a stranger can sign anything."""
    try:
        entries = query_of.entries(connection)
        texts = [text for one in entries for text in (one.title, one.media_type, one.indexed_at)]
        sound = all(isinstance(text, str) for text in texts) and all(isinstance(one.pages, int) for one in entries)
        query_of.roots(connection), read_seen(connection), read_sketches(connection)
        acknowledged.count_of(connection), meta.rebuild_begun(connection)
        meta.decode_vector(meta.get(connection, "fixed_vector") or "")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CopyDamaged(f"a row of its catalogue cannot be read: {error}") from error
    if not sound:
        raise CopyDamaged("a row of its catalogue holds something else than it should")


def _check_objects(connection: sqlite3.Connection) -> None:
    """Tables and indexes of ours, and nothing that could run: a backup may come from a stranger."""
    with contextlib.closing(sqlite3.connect(":memory:")) as empty:
        make_tables(empty)
        ours = {(row[0], row[1]) for row in empty.execute("SELECT type, name FROM sqlite_master")}
    found = {(row[0], row[1]) for row in connection.execute("SELECT type, name FROM sqlite_master")}
    if found != ours:
        strange = min(found ^ ours)
        raise CopyDamaged(f"its catalogue has, or lacks, the {strange[0]} {strange[1]!r}")


def unfinished_name(path: Path) -> Path:
    """A new name beside ``path``, which says that what is there is not whole yet."""
    return path.with_name(f".{path.name}{UNFINISHED}-{secrets.token_hex(4)}")


def _write_synced(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
