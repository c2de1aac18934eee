"""The lexical folder on disk: one writer at a time, and every file checked against a checksum before it is opened."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import struct
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from retrievers.errors import LexicalUnusable

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = "lexical"
POSTINGS = "postings"
META = "meta.json"
META_SUM = "meta.sha256"
"""Beside the postings: the checksum of tantivy's list of segments and fields, the one file to which it gives none."""

_FOOTER = struct.Struct("<II")
_FOOTER_MAGIC = 1337
_ATTEMPTS = 5
_BLOCK_BYTES = 2**20


@contextmanager
def writing(folder: Path, *, wait: bool) -> Iterator[bool]:
    """Hold the folder's lock, making the folder where it is missing; yields False where another holds it.

    Args:
        folder: ``INDEX/lexical``.
        wait: Wait for the other to end, rather than yield False.

    Raises:
        LexicalUnusable: The folder cannot be made or written.
    """
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        lock = os.fdopen(os.open(folder / "LOCK", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab")
    except OSError as error:
        raise LexicalUnusable(path=str(folder), reason=error.strerror or str(error)) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        try:
            yield True
        finally:
            _close_to_others(folder)


def _close_to_others(folder: Path) -> None:
    """Tantivy makes its files with the rights that the umask leaves; they hold words of private documents."""
    for inside, _, files in os.walk(folder):  # which passes over what cannot be listed
        for path in (Path(inside, name) for name in files):
            with contextlib.suppress(OSError):  # merged away meanwhile, or another user's
                if path.is_file() and path.stat().st_mode & 0o077:
                    path.chmod(0o600)


def wipe(folder: Path) -> Path:
    """Empty the postings folder, and return it; the caller holds the lock.

    Raises:
        LexicalUnusable: It cannot be removed or made.
    """
    postings, gone = folder / POSTINGS, folder / (POSTINGS + ".gone")
    try:
        if postings.is_symlink() or postings.is_file():
            postings.unlink()
        elif postings.exists():
            # Out of the way first: who has the old ones open, here or elsewhere, makes lock files in them by name.
            shutil.rmtree(gone, ignore_errors=True)
            postings.rename(gone)
        postings.mkdir(mode=0o700)
        shutil.rmtree(gone, ignore_errors=True)
    except OSError as error:
        raise LexicalUnusable(path=str(folder), reason=error.strerror or str(error)) from error
    return postings


def note_list(folder: Path) -> None:
    """Write down the checksum of the list of segments, after a commit; a kill before it costs a building anew.

    Raises:
        LexicalUnusable: It cannot be written.
    """
    try:
        unfinished = folder / (META_SUM + ".unfinished")
        unfinished.write_text(_sum(folder))
        unfinished.replace(folder / META_SUM)
    except OSError as error:
        raise LexicalUnusable(path=str(folder), reason=error.strerror or str(error)) from error


def _sum(folder: Path) -> str:
    return hashlib.sha256((folder / POSTINGS / META).read_bytes()).hexdigest()


def verify_list(folder: Path) -> None:
    """Check the list of segments and fields against its noted checksum, while nobody writes.

    A flipped bit in it makes tantivy panic, or take a field for another.

    Raises:
        LexicalUnusable: It is not the list that was noted.
    """
    try:
        intact = (folder / META_SUM).read_bytes() == _sum(folder).encode()
    except OSError as error:
        raise LexicalUnusable(path=str(folder), reason=error.strerror or str(error)) from error
    if not intact:
        raise LexicalUnusable(path=str(folder), reason=f"the checksum of {META} does not match")


def verify(postings: Path) -> None:
    """Check every file of the present commit against its checksum.

    Tantivy writes one into each footer but does not look at it when it opens: a flipped bit gives wrong hits, or a
    panic.

    Raises:
        LexicalUnusable: A file is missing, cut short or changed.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            for path in _files(postings):
                _check(path)
        except FileNotFoundError as error:
            # A writer may have merged segments since the list was read: read it again before calling it damage.
            if attempt == _ATTEMPTS:
                raise LexicalUnusable(path=str(postings), reason="a file is missing") from error
        except OSError as error:
            raise LexicalUnusable(path=str(postings), reason=error.strerror or str(error)) from error
        else:
            return


def dead_share(postings: Path) -> float:
    """The share (0 to 1) of deleted rows that still weigh in word statistics.

    Raises:
        LexicalUnusable: The list of segments is malformed.
    """
    segments = _segments(postings)
    rows = sum(segment.rows for segment in segments)
    return sum(segment.dead for segment in segments) / rows if rows else 0.0


@dataclass(frozen=True, slots=True)
class _Segment:
    name: str
    rows: int
    dead: int


def _segments(postings: Path) -> list[_Segment]:
    try:
        listed = json.loads((postings / META).read_bytes())["segments"]
        return [
            _Segment(
                name=str(segment["segment_id"]).replace("-", ""),
                rows=int(segment["max_doc"]),
                dead=int((segment.get("deletes") or {}).get("num_deleted_docs", 0)),
            )
            for segment in listed
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LexicalUnusable(path=str(postings), reason=f"{META} is malformed") from error


def _files(postings: Path) -> list[Path]:
    names = [segment.name for segment in _segments(postings)]
    files = [path for name in names for path in sorted(postings.glob(f"{name}.*"))]
    present = {path.name for path in files}
    for name in names:
        if f"{name}.term" not in present or f"{name}.idx" not in present:
            raise FileNotFoundError(name)
    return files


def _check(path: Path) -> None:
    with path.open("rb") as file:
        try:
            intact = _matches(file, os.fstat(file.fileno()).st_size)
        except (struct.error, ValueError, KeyError, TypeError):
            intact = False
    if not intact:
        raise LexicalUnusable(path=str(path), reason="its checksum does not match")


def _matches(file: BinaryIO, size: int) -> bool:
    """Whether the content has the checksum of its footer; read a block at a time, for a file may be large."""
    file.seek(max(0, size - _FOOTER.size))
    length, magic = _FOOTER.unpack(file.read())
    left = size - _FOOTER.size - length
    if left < 0:
        return False
    file.seek(left)
    footer = json.loads(file.read(length))
    file.seek(0)
    crc = 0
    while left and (block := file.read(min(left, _BLOCK_BYTES))):
        crc = zlib.crc32(block, crc)
        left -= len(block)
    return bool(magic == _FOOTER_MAGIC and left == 0 and crc == footer["crc"])
