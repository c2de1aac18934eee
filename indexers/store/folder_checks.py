"""Looks at the files of an index folder: their rights, files that nobody needs, who holds the lock, and the disk."""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from indexers.store.connection import CATALOGUE, SEGMENTS
from indexers.store.findings import REPAIR, Finding, repairable
from indexers.store.lock import LOCK, is_in_use
from indexers.store.segment_file import UNFINISHED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

SNAPSHOTS = "snapshots"
LEXICAL = "lexical"
LATE = "late"
ADAPTER = "query_adapter"  # of retrievers.adapter
READING = "reading"
LEAST_FREE_BYTES = 100 * 2**20
_OURS = {LOCK, SEGMENTS, SNAPSHOTS, LEXICAL, LATE, ADAPTER, READING} | {
    CATALOGUE + end for end in ("", "-wal", "-shm", "-journal")
}


def check_folder(folder: Path, *, segments: Collection[str] | None) -> Iterator[Finding]:
    """What is wrong with the files, apart from what is in them.

    Args:
        folder: The index.
        segments: The names that the catalogue knows; None where it cannot be read.
    """
    yield from _rights(folder)
    writer = lock_holder(folder)
    yield from _lock(folder, writer)
    if writer is None:  # while somebody writes, files that no row names yet are his
        yield from _unfinished(folder)
        if segments is not None:
            yield from _unnamed(folder, segments)
    yield from _foreign(folder)
    yield from _disk(folder)


def private_mode(path: Path) -> int:
    """The rights that a file (0600) or folder (0700) of an index has."""
    return 0o700 if path.is_dir() else 0o600


def too_open(folder: Path) -> list[Path]:
    """Files and folders of the index that somebody else than their owner may read or write."""
    found = [folder] if _others_may(folder) else []
    for above, folders, files in os.walk(folder):
        found += [path for name in (*folders, *files) if _others_may(path := Path(above, name))]
    return found


def leftovers(folder: Path) -> list[Path]:
    """What a killed process left behind under a name that says so; not what a living one is filling."""
    places = [folder, folder / SEGMENTS, folder / SNAPSHOTS]
    found = [path for place in places if place.is_dir() for path in sorted(place.iterdir()) if UNFINISHED in path.name]
    return [path for path in found if not is_in_use(path)]


def lock_holder(folder: Path) -> int | None:
    """The process that is writing to the index: its id, 0 where the system does not say, None where nobody is."""
    try:
        descriptor = os.open(folder / LOCK, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _holder(os.fstat(descriptor).st_ino)
    finally:
        os.close(descriptor)
    return None


def _holder(inode: int) -> int:
    try:
        lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    fields = [line.split() for line in lines]
    return next((int(one[4]) for one in fields if one[1] == "FLOCK" and one[5].endswith(f":{inode}")), 0)


def _others_may(path: Path) -> bool:
    try:
        mode = path.lstat().st_mode
    except OSError:
        return False  # gone meanwhile
    return not stat.S_ISLNK(mode) and bool(mode & 0o077)


def _rights(folder: Path) -> Iterator[Finding]:
    found = too_open(folder)
    if found:
        names = ", ".join(str(path.relative_to(folder)) for path in found[:3])
        more = f" and {len(found) - 3} more" if len(found) > 3 else ""
        yield repairable(
            "rights",
            names.replace(".", str(folder), 1) if found[0] == folder else names + more,
            "can be read by other users of this machine",
        )


def _lock(folder: Path, writer: int | None) -> Iterator[Finding]:
    path = folder / LOCK
    if path.is_symlink() or (path.exists() and not path.is_file()):
        yield Finding("lock", LOCK, "is not a file, so no writer can take it", f"rm -r {shlex.quote(str(path))}")
    elif writer and _is_stopped(writer):
        yield Finding("lock", LOCK, f"is held by process {writer}, which is stopped", f"kill -CONT {writer}")


def _is_stopped(process: int) -> bool:
    try:
        told = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return told.rpartition(")")[2].split()[0] in {"T", "t"}


def _unfinished(folder: Path) -> Iterator[Finding]:
    for path in leftovers(folder):
        yield repairable("file", str(path.relative_to(folder)), "was left behind by a process that was killed")


def _unnamed(folder: Path, segments: Collection[str]) -> Iterator[Finding]:
    place = folder / SEGMENTS
    if not place.is_dir():
        return
    for path in sorted(place.iterdir()):
        if path.name not in segments and UNFINISHED not in path.name:
            yield repairable("file", f"{SEGMENTS}/{path.name}", "is named by no row of the catalogue")


def _foreign(folder: Path) -> Iterator[Finding]:
    for path in sorted(folder.iterdir()):
        if path.name not in _OURS and UNFINISHED not in path.name:
            mend = f"mv {shlex.quote(str(path))} SOMEWHERE_ELSE"
            yield Finding("file", path.name, "is no file of an index; nothing reads it", mend)


def _disk(folder: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(folder).free
    place = folder / SEGMENTS
    sealed = sum(path.lstat().st_size for path in place.iterdir()) if place.is_dir() else 0
    needed = LEAST_FREE_BYTES + sealed
    if free < needed:
        told = f"has {free / 2**20:,.0f} MiB free; sealing the vectors anew takes up to {needed / 2**20:,.0f} MiB"
        yield Finding("disk", str(folder), told, f"df -h {shlex.quote(str(folder))}; free some space")


def mends(findings: Collection[Finding]) -> list[str]:
    """The commands of the findings, each once, the repair first."""
    others = dict.fromkeys(one.mend for one in findings if one.mend != REPAIR)
    return [*([REPAIR] if any(one.repairable for one in findings) else []), *others]
