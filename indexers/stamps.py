"""Whether a file is still the one that was read: by what the system says of it, and if that differs, by its bytes."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexers.errors import LimitExceeded
from indexers.load import LOADER_VERSION
from indexers.scan import SkippedFile, UnreadableFile

if TYPE_CHECKING:
    from pathlib import Path

    from indexers.load import LoadLimits

SETTLED_NS = 2_000_000_000
"""A file that was written less than two seconds (FAT's clock tick) before it was read may be written again within the
same tick, and would then look as it did: what the system says of it is not trusted. Git does the same."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """The bytes of a file at one moment: their hash, and the status that the file had then, "" if it is too young."""

    content_hash: str
    status: str


def stamp_file(path: Path, limits: LoadLimits) -> Stamp:
    """The stamp of a file as it is now.

    Raises:
        LimitExceeded: The file is larger than the limit.
        UnreadableFile: It cannot be read.
    """
    now = time.time_ns()
    try:
        # Without O_NONBLOCK, opening a pipe that nobody writes to never returns.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise SkippedFile("is a pipe, a socket, a device or a folder")
            if status.st_size > limits.max_file_bytes:
                raise LimitExceeded(
                    f"has {status.st_size:,} bytes, the limit is {limits.max_file_bytes:,} (max_file_bytes)"
                )
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UnreadableFile(f"cannot be read: {error.strerror}") from error
    settled = max(status.st_mtime_ns, status.st_ctime_ns) < now - SETTLED_NS
    return Stamp(content_hash(digest), status_text(status) if settled else "")


def content_hash(sha256: str) -> str:
    """What is kept of bytes with this sha256 (hex): a file is read again when they or the loader's version change."""
    return f"{sha256} {LOADER_VERSION}"


def status_text(status: os.stat_result) -> str:
    """What changes when a file does: size, times of its content and of its entry, and which file it is."""
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"


def is_present(content_hash: str) -> bool:
    """Whether the loader that is installed read the bytes of this hash."""
    return content_hash.endswith(f" {LOADER_VERSION}")
