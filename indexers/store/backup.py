"""Backups: one generation as one file, a tar archive whose first member says what the other must be.

Segments are not in it: they hold nothing that the catalogue does not, and FAISS is not made to read a stranger's bytes.
What is read back is a stranger's until it is proved otherwise: headers are taken one by one, only names that a backup
has are accepted, lengths are known before a byte is written, and nothing is replaced before all of it is checked.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tarfile
from typing import TYPE_CHECKING

from indexers.errors import StoreError
from indexers.store.connection import CATALOGUE, sync_folder
from indexers.store.restoring import restore_into
from indexers.store.whole_copy import (
    BLOCK_BYTES,
    MANIFEST,
    CopiedFile,
    CopyDamaged,
    Manifest,
    read_manifest,
    take_copy,
    unfinished_name,
    written_manifest,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import BinaryIO

MAX_MANIFEST_BYTES = 16 * 2**20
_HEADER_BYTES = 512


class BackupRefused(StoreError):
    """A backup cannot be written there: another file has that name."""

    hint = "Name a new file, or an earlier backup, which is replaced once the new one is whole."


class BackupUnreadable(StoreError):
    """A backup cannot be opened."""

    hint = "Check the name and the rights of the file; nothing was changed in the index."


def write_backup(folder: Path, file: Path) -> Manifest:
    """Write the present generation into ``file``, while readers and a writer go on; whole, or not there at all.

    Raises:
        BackupRefused: The file is there and is no backup.
        StoreDamaged: The index is damaged.
        StoreError: The disk is full or the file cannot be written.
    """
    if os.path.lexists(file) and not _is_backup(file):
        raise BackupRefused(f"{file} is there and is not a backup")
    staged = unfinished_name(file)
    packed = staged.with_name(staged.name + ".tar")
    try:
        manifest = take_copy(folder, staged, segments=False)
        descriptor = os.open(packed, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as archive:
            _pack(archive, staged, manifest)
            archive.flush()
            os.fsync(archive.fileno())
        packed.rename(file)
        sync_folder(file.absolute().parent)
    except OSError as error:
        raise StoreError(f"{file} cannot be written: {error.strerror}") from error
    finally:
        packed.unlink(missing_ok=True)
        shutil.rmtree(staged, ignore_errors=True)
    return manifest


def restore_backup(folder: Path, file: Path, *, seal: Callable[[Path], None]) -> Manifest:
    """Make ``folder`` the index that a backup holds; all of it is checked before anything is replaced.

    Raises:
        BackupUnreadable: The file cannot be opened.
        CopyDamaged: It is no whole backup.
        StoreError: As for ``restore_into``.
    """
    try:
        with file.open("rb") as archive:
            return restore_into(folder, lambda staged: _unpack(archive, staged), seal=seal)
    except OSError as error:
        raise BackupUnreadable(f"{file} cannot be read: {error.strerror}") from error


def read_backup(file: Path) -> Manifest:
    """What a backup says that it holds, checked for nothing else.

    Raises:
        BackupUnreadable: The file cannot be opened.
        CopyDamaged: It does not begin as a backup.
    """
    try:
        with file.open("rb") as archive:
            return _first(archive)
    except OSError as error:
        raise BackupUnreadable(f"{file} cannot be read: {error.strerror}") from error


def _is_backup(file: Path) -> bool:
    try:
        read_backup(file)
    except StoreError:
        return False
    return not file.is_symlink()


def _pack(archive: BinaryIO, staged: Path, manifest: Manifest) -> None:
    listed = written_manifest(manifest)
    _pack_member(archive, MANIFEST, io.BytesIO(listed), len(listed))
    for name, file in manifest.files.items():
        with (staged / name).open("rb") as content:
            _pack_member(archive, name, content, file.bytes)
    archive.write(bytes(2 * _HEADER_BYTES))


def _pack_member(archive: BinaryIO, name: str, content: BinaryIO, length: int) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = length, 0o600
    archive.write(member.tobuf(tarfile.GNU_FORMAT))
    shutil.copyfileobj(content, archive, BLOCK_BYTES)
    archive.write(bytes(-length % _HEADER_BYTES))


def _first(archive: BinaryIO) -> Manifest:
    name, length = _header(archive)
    if name != MANIFEST or length > MAX_MANIFEST_BYTES:
        raise CopyDamaged("the file is not a backup of an index")
    data = archive.read(length)
    archive.seek(-length % _HEADER_BYTES, os.SEEK_CUR)
    return read_manifest(data)


def _header(archive: BinaryIO) -> tuple[str, int]:
    """The name and length of the next member, which must be a plain file."""
    try:
        member = tarfile.TarInfo.frombuf(archive.read(_HEADER_BYTES), "utf-8", "strict")
    except (tarfile.HeaderError, UnicodeDecodeError) as error:
        raise CopyDamaged("the file is not a backup of an index, or cut short") from error
    if member.type != tarfile.REGTYPE or member.size < 0:
        raise CopyDamaged(f"the backup holds {member.name!r}, which is no plain file")
    return member.name, member.size


def _unpack(archive: BinaryIO, staged: Path) -> Manifest:
    manifest = _first(archive)
    if set(manifest.files) != {CATALOGUE}:
        raise CopyDamaged("the backup holds more than a catalogue")
    free = shutil.disk_usage(staged).free
    if manifest.bytes > free:
        told = f"{manifest.bytes / 2**20:,.0f} MiB are needed, {free / 2**20:,.0f} MiB are free"
        raise StoreError(f"{staged.parent} has no room for the backup: {told}")
    missing = dict(manifest.files)
    while missing:
        name, length = _header(archive)
        expected = missing.pop(name, None)
        if expected is None or expected.bytes != length:
            raise CopyDamaged(f"the backup holds {name!r}, which its manifest does not name so")
        if _unpack_member(archive, staged / name, length) != expected:
            raise CopyDamaged(f"{name} in the backup does not match its checksum")
    return manifest


def _unpack_member(archive: BinaryIO, to: Path, length: int) -> CopiedFile:
    digest, left = hashlib.sha256(), length
    descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        while left and (block := archive.read(min(left, BLOCK_BYTES))):
            file.write(block)
            digest.update(block)
            left -= len(block)
        file.flush()
        os.fsync(file.fileno())
    archive.seek(-length % _HEADER_BYTES, os.SEEK_CUR)
    return CopiedFile(length - left, digest.hexdigest())
