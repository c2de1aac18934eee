"""Files that have changed, read in other processes while the run is at the ones before, and given back in order."""

from __future__ import annotations

import os
import stat
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from indexers.errors import LoadError
from indexers.scan import SkippedFile, UnreadableFile
from indexers.stamps import Stamp, content_hash, stamp_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from indexers.load import Loaded, LoadLimits

READ_TRIES = 3


class Readers(Protocol):
    """What files are handed to: `indexers.isolation.pool.Pool`, or `indexers.isolation.in_process.InProcess`."""

    def submit(self, file: int, *, name: str, uri: str) -> Callable[[], tuple[Loaded, str]]:
        """Begin with an open file, which stays the caller's; the result is waited for where it is called for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to read: its URI, its path, the folder that it must really lie in, and its stamp a moment ago if known."""

    uri: str
    path: Path
    inside: Path
    stamp: Stamp | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """What a file gives, and the stamp of the very bytes that it was read from."""

    loaded: Loaded
    stamp: Stamp


def read_ahead(
    files: Iterable[Wanted], readers: Readers, *, limits: LoadLimits, ahead: int
) -> Iterator[Read | LoadError]:
    """Read files, at most ``ahead`` of them before their turn.

    Yields:
        For each file in the order given what it gives, or why it gives nothing.

    Raises:
        ParserUnavailable: No process can be started to read files in.
    """
    waiting: deque[_Reading] = deque()
    for file in files:
        waiting.append(_Reading(file, readers, limits))
        if len(waiting) > ahead:
            yield waiting.popleft().outcome()
    while waiting:
        yield waiting.popleft().outcome()


class _Reading:
    """One file on its way; ``_error`` is known at once where it cannot even be opened."""

    def __init__(self, file: Wanted, readers: Readers, limits: LoadLimits) -> None:
        self._file = file
        self._readers = readers
        self._limits = limits
        self._stamp = file.stamp
        self._wait: Callable[[], tuple[Loaded, str]] | None = None
        self._error: LoadError | None = None
        self._begin()

    def _begin(self) -> None:
        file = self._file
        try:
            self._stamp = self._stamp or stamp_file(file.path, self._limits)
            with _opened(file.path, inside=file.inside) as descriptor:
                self._wait = self._readers.submit(descriptor, name=file.path.name, uri=file.uri)
        except LoadError as error:
            self._error = error

    def outcome(self) -> Read | LoadError:
        """Wait until the file is read; one that was not what its stamp says is stamped and read again."""
        for _ in range(READ_TRIES):
            if self._error or not self._wait:
                break
            try:
                loaded, sha256 = self._wait()
            except LoadError as error:
                return error
            if self._stamp and content_hash(sha256) == self._stamp.content_hash:
                return Read(loaded, self._stamp)
            self._stamp = None
            self._begin()
        return self._error or UnreadableFile("changes while it is read")


@contextmanager
def _opened(path: Path, *, inside: Path) -> Iterator[int]:
    """An ordinary file, open; what has become a pipe or a link out of its folder since it was found is refused."""
    try:
        # Without O_NONBLOCK, opening a pipe that nobody writes to never returns.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise UnreadableFile(f"cannot be read: {error.strerror}") from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise SkippedFile("is a pipe, a socket, a device or a folder")
        if not _real_path(descriptor, path).is_relative_to(inside):
            raise SkippedFile("is a link out of the folder")
        yield descriptor
    finally:
        os.close(descriptor)


def _real_path(descriptor: int, path: Path) -> Path:
    """Where the open file lies, whatever its name has come to mean meanwhile, where the system can tell."""
    try:
        return Path(f"/proc/self/fd/{descriptor}").readlink()
    except OSError:  # macOS, or a process that has changed its user
        return path.resolve()
