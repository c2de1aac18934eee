"""Named snapshots: whole copies of a generation inside the index folder, made and restored in one moment."""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING

from indexers.errors import NotAnIndex, StoreError
from indexers.store.connection import CATALOGUE, SEGMENTS, holds, sync_folder
from indexers.store.folder_checks import SNAPSHOTS
from indexers.store.restoring import restore_into
from indexers.store.segment_file import UNFINISHED
from indexers.store.whole_copy import (
    MANIFEST,
    CopyDamaged,
    Manifest,
    check_copy,
    link_or_copy,
    read_manifest,
    take_copy,
    unfinished_name,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class SnapshotNotFound(StoreError):
    """No snapshot of that name is in the index."""

    hint = "`rag snapshot list` lists the snapshots."

    def __init__(self, *, name: str) -> None:
        super().__init__(f"no snapshot {name!r} in the index")


class SnapshotRefused(StoreError):
    """A snapshot cannot have that name, or the name is taken."""

    hint = "Choose another name (letters, digits, `.`, `_`, `-`), or remove the old one with `rag snapshot remove`."


def create_snapshot(folder: Path, name: str) -> Manifest:
    """Keep the present generation under ``name``; readers and a writer go on meanwhile.

    Raises:
        SnapshotRefused: The name is taken, or cannot be one.
        NotAnIndex: There is no catalogue; nothing is made in the folder.
        StoreDamaged: The index is damaged.
        StoreError: The disk is full or the folder cannot be written.
    """
    if not _NAME.fullmatch(name) or UNFINISHED in name:
        raise SnapshotRefused(f"{name!r} cannot be the name of a snapshot")
    if not holds(folder) or not holds(folder, CATALOGUE):
        raise NotAnIndex(path=str(folder))
    place = folder / SNAPSHOTS / name
    try:
        place.parent.mkdir(mode=0o700, exist_ok=True)
        if os.path.lexists(place):
            raise SnapshotRefused(f"there is a snapshot {name!r} already")
        staged = unfinished_name(place)
        try:
            manifest = take_copy(folder, staged, segments=True)
            staged.rename(place)
            sync_folder(place.parent)
            sync_folder(folder)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
    except OSError as error:
        raise StoreError(f"{place} cannot be written: {error.strerror}") from error
    return manifest


def snapshots(folder: Path) -> dict[str, Manifest | None]:
    """The snapshots by name, oldest first; None for one whose manifest is damaged.

    Raises:
        StoreError: They cannot be listed.
    """
    if not holds(folder, "") or not (folder / SNAPSHOTS).is_dir():
        return {}
    try:
        names = sorted(path.name for path in (folder / SNAPSHOTS).iterdir() if _NAME.fullmatch(path.name))
    except OSError as error:
        raise StoreError(f"{folder / SNAPSHOTS} cannot be listed: {error.strerror}") from error
    found: dict[str, Manifest | None] = {}
    for name in names:
        try:
            found[name] = _manifest(folder / SNAPSHOTS / name)
        except CopyDamaged:
            found[name] = None
    return dict(sorted(found.items(), key=lambda one: (one[1].created_at, one[1].generation) if one[1] else ("", 0)))


def check_snapshot(folder: Path, name: str) -> Manifest:
    """Hold every file of a snapshot against its manifest.

    Raises:
        SnapshotNotFound: There is none of that name.
        CopyDamaged: It is damaged.
    """
    place = _found(folder, name)
    manifest = _manifest(place)
    check_copy(place, manifest)
    return manifest


def restore_snapshot(folder: Path, name: str, *, seal: Callable[[Path], None]) -> Manifest:
    """Bring the index back to a snapshot, which is kept; errors as in ``check_snapshot`` and ``restore_into``."""
    place = _found(folder, name)

    def lay_out(staged: Path) -> Manifest:
        manifest = check_snapshot(folder, name)
        (staged / SEGMENTS).mkdir(mode=0o700)
        for file in manifest.files:
            if file.startswith(SEGMENTS):
                link_or_copy(place / file, staged / file)
            else:  # it will be written to
                shutil.copyfile(place / file, staged / file)
                (staged / file).chmod(0o600)
        return manifest

    return restore_into(folder, lay_out, seal=seal)


def remove_snapshot(folder: Path, name: str) -> None:
    """Remove a snapshot with what only it holds.

    Raises:
        SnapshotNotFound: There is none of that name.
        StoreError: It cannot be removed.
    """
    place = _found(folder, name)
    try:
        gone = unfinished_name(place)
        place.rename(gone)  # half a snapshot never stands under its name
        sync_folder(place.parent)
        shutil.rmtree(gone)
    except OSError as error:
        raise StoreError(f"{place} cannot be removed: {error.strerror}") from error


def _found(folder: Path, name: str) -> Path:
    place = folder / SNAPSHOTS / name
    if not _NAME.fullmatch(name) or place.is_symlink() or not place.is_dir():
        raise SnapshotNotFound(name=name)
    return place


def _manifest(place: Path) -> Manifest:
    try:
        return read_manifest((place / MANIFEST).read_bytes())
    except OSError as error:
        raise CopyDamaged(f"its manifest cannot be read: {error.strerror}") from error
