"""Puts a copy in the place of an index: for readers in one moment, after a kill either the old index or the new."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from indexers.errors import StoreError
from indexers.store import catalogue as query_of
from indexers.store import meta
from indexers.store.connection import CATALOGUE, SEGMENTS, Catalogue, FolderNotEmpty, connect, holds, sync_folder
from indexers.store.folder_checks import leftovers
from indexers.store.lock import LOCK, write_lock
from indexers.store.segment_file import remove_unnamed
from indexers.store.whole_copy import Manifest, check_rows, unfinished_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def restore_into(folder: Path, lay_out: Callable[[Path], Manifest], *, seal: Callable[[Path], None]) -> Manifest:
    """Make ``folder`` the index that ``lay_out`` lays out; everything is checked before anything is replaced.

    Where there is an index its catalogue is overwritten in one SQLite transaction, so that readers and writers see the
    old one or the new one, and a kill leaves one of them. One that SQLite cannot read is taken away first.

    Args:
        folder: An index, a damaged one, or a place for a new one.
        lay_out: Fills a new empty folder with the files of the manifest that it returns, each checked.
        seal: Seals the vectors of an index folder.

    Raises:
        CopyDamaged: The copy is not whole.
        SchemaMismatch: A later version of Plumbline made the copy.
        FolderNotEmpty: The folder holds other files and no index.
        StoreBusy: Another process is writing.
        StoreError: The disk is full, or the folder cannot be written; the index is as it was.
    """
    try:
        with ExitStack() as stack:
            there = _is_index(folder)
            if there:
                stack.enter_context(write_lock(folder))
                for path in leftovers(folder):
                    _remove(path)
            else:
                folder.parent.mkdir(parents=True, exist_ok=True)
            staged = unfinished_name(folder / "restore" if there else folder)
            stack.callback(shutil.rmtree, staged, ignore_errors=True)
            staged.mkdir(mode=0o700)
            manifest = lay_out(staged)
            check_rows(staged)
            seal(staged)  # before readers see it: vectors that are not sealed are searched one by one
            _begin_history(staged)
            if there:
                _replace(folder, staged)
            else:
                staged.rename(folder)
                sync_folder(folder.parent)
    except OSError as error:
        raise StoreError(f"{folder} cannot be restored: {error.strerror}") from error
    except sqlite3.Error as error:  # a disk that is full or fails while the copy is made ready
        raise StoreError(f"{folder} cannot be restored: {error}") from error
    return manifest


def _is_index(folder: Path) -> bool:
    if not holds(folder):
        return False
    if holds(folder, CATALOGUE) or (folder / LOCK).exists():
        return True
    if any(folder.iterdir()):
        raise FolderNotEmpty(path=str(folder))
    return False


def _begin_history(staged: Path) -> None:
    """Name the copy anew: who holds something of the index from before must not take it for the same."""
    catalogue = Catalogue(staged)
    try:
        with catalogue.writing() as connection:
            meta.put_index(connection, replace(meta.read(connection), index_id=meta.new_id()))
    finally:
        catalogue.close()
    with contextlib.closing(connect(staged)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    for name in (LOCK, CATALOGUE + "-wal", CATALOGUE + "-shm"):
        (staged / name).unlink(missing_ok=True)
    with (staged / CATALOGUE).open("rb") as file:
        os.fsync(file.fileno())
    sync_folder(staged / SEGMENTS)
    sync_folder(staged)


def _replace(folder: Path, staged: Path) -> None:
    segments = folder / SEGMENTS
    segments.mkdir(mode=0o700, exist_ok=True)
    for path in (staged / SEGMENTS).iterdir():
        path.rename(segments / path.name)  # named by its content: what stood under the name was the same, or damaged
    sync_folder(segments)
    try:
        if holds(folder, CATALOGUE):
            _overwrite(folder, staged)
        else:
            _take_the_place(folder, staged)
    except sqlite3.OperationalError as error:
        raise StoreError(f"{folder} cannot be restored: {error}") from error
    except sqlite3.DatabaseError:
        _take_the_place(folder, staged)
    catalogue = Catalogue(folder)
    try:
        with catalogue.writing() as connection:  # the first commit of the new history, noted as acknowledged
            named = query_of.segment_names(connection)
    finally:
        catalogue.close()
    remove_unnamed(segments, named)


def _overwrite(folder: Path, staged: Path) -> None:
    """One transaction over all pages. Replacing the file would part it from its log, which readers have open."""
    with contextlib.closing(connect(staged)) as source, contextlib.closing(connect(folder)) as target:
        source.backup(target)


def _take_the_place(folder: Path, staged: Path) -> None:
    """For a catalogue that SQLite cannot read: there is none until the last step."""
    for name in (CATALOGUE, CATALOGUE + "-wal", CATALOGUE + "-shm"):
        (folder / name).unlink(missing_ok=True)
    (staged / CATALOGUE).rename(folder / CATALOGUE)
    sync_folder(folder)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
