"""The process that forks readers, hands them files, watches them, and says how it went; it looks into no file itself.

A fork from a small process without threads takes milliseconds, and has the libraries that the format needs already
imported. What one file does to its reader never reaches another: a format that is read by a library in C gets a reader
for each file. Plain text is read by the standard library and Python alone, where a file cannot take its reader over:
such files follow one another in one reader, for some of them, since a fork costs ten times the reading.
"""

from __future__ import annotations

import gc
import importlib
import os
import selectors
import signal
import socket
import sys
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexers.isolation import frames
from indexers.isolation.confine import Allowance, Opened, die_with_parent, open_places
from indexers.isolation.reader import FAILED, TOO_MUCH_MEMORY, Task, become_reader
from indexers.load import LoadLimits
from indexers.load.formats import FORMATS, ending

WATCH_SECONDS = 0.05
FILES_FOR_ONE_READER = 100
_RETIRE_BYTES = 256 * 2**20
_SMALL_BYTES = 2**20
_PACKAGE = Path(__file__).parents[1]
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(slots=True)
class _Reader:
    """A reader: at work while it has a ticket. ``cause`` is why it was stopped, ``left`` the files it may still get."""

    process: int
    channel: socket.socket
    left: int
    ticket: int | None = None
    deadline: float = 0.0
    cause: str = ""


class Server:
    """Serves the process at the other end of ``channel`` until that end is closed."""

    def __init__(self, channel: socket.socket, settings: dict[str, Any]) -> None:
        self._channel = channel
        self._limits = LoadLimits(**settings["limits"])
        self._allowance = Allowance(**settings["allowance"])
        self._workers: int = settings["workers"]
        self._folder = Path(settings["folder"])
        self._places: list[Opened] = open_places(_PACKAGE, self._folder)
        self._waiting: deque[tuple[int, Task]] = deque()
        self._readers: dict[int, _Reader] = {}
        self._selector = selectors.DefaultSelector()

    def serve(self) -> None:
        """Work until the other side is gone; readers at work are stopped then."""
        self._selector.register(self._channel, selectors.EVENT_READ, None)
        while True:
            events = self._selector.select(WATCH_SECONDS if self._busy() else None)
            for key, _ in events:
                if isinstance(key.data, _Reader):
                    self._hear(key.data)
            if any(key.data is None for key, _ in events) and not self._accept():
                break
            self._watch()
            try:
                self._hand_out()
            except OSError as error:
                frames.send(self._channel, {"refused": error.strerror or str(error)})
                break
        for reader in self._readers.values():
            _kill(reader.process)

    def _accept(self) -> bool:
        received = frames.receive(self._channel, descriptors=2)
        if received is None:
            return False
        request, (file, answer) = received
        self._waiting.append((request["ticket"], Task(request["name"], request["uri"], file, answer)))
        return True

    def _hand_out(self) -> None:
        """Give waiting files to readers; where no more can be forked they wait for those that are at work.

        Raises:
            OSError: None is at work, and none can be forked.
        """
        while self._waiting and (busy := self._busy()) < self._workers:
            try:
                self._assign(*self._waiting[0])
            except OSError:
                idle = [reader for reader in self._readers.values() if reader.ticket is None]
                for reader in idle:  # each holds a process
                    self._end(reader)
                if not idle and not busy:
                    raise
                if not idle:
                    return
            else:
                self._waiting.popleft()

    def _busy(self) -> int:
        return sum(reader.ticket is not None for reader in self._readers.values())

    def _assign(self, ticket: int, task: Task) -> None:
        shares = _shares_a_reader(task)
        idle = (reader for reader in self._readers.values() if reader.ticket is None)
        reader = (next(idle, None) if shares else None) or self._fork(FILES_FOR_ONE_READER if shares else 1, task.name)
        reader.ticket, reader.left = ticket, reader.left - 1
        reader.deadline = time.monotonic() + self._allowance.seconds
        with suppress(OSError):  # that it is gone will be heard
            frames.send(reader.channel, {"name": task.name, "uri": task.uri}, (task.file, task.answer))
        os.close(task.file)
        os.close(task.answer)

    def _fork(self, files: int, name: str) -> _Reader:
        _import_libraries(name)
        gc.freeze()  # what is shared with the readers is not written to by their garbage collector
        ours, theirs = socket.socketpair()
        server = os.getpid()
        try:
            process = os.fork()
        except OSError:
            ours.close()
            theirs.close()
            raise
        if not process:
            self._become_reader(theirs, server)
        theirs.close()
        ours.setblocking(False)
        with suppress(OSError):
            os.setpgid(process, process)
        reader = self._readers[process] = _Reader(process, ours, files)
        self._selector.register(ours, selectors.EVENT_READ, reader)
        return reader

    def _become_reader(self, channel: socket.socket, server: int) -> None:
        try:
            os.setpgid(0, 0)
            _close_all_but({channel.fileno(), *(place.descriptor for place in self._places)})
            become_reader(
                channel,
                parent=server,
                limits=self._limits,
                allowance=self._allowance,
                places=self._places,
                folder=self._folder,
            )
        finally:
            os._exit(FAILED)  # whatever happens, nothing of the server runs on in it

    def _hear(self, reader: _Reader) -> None:
        """Take what a reader says of its file, in one byte; or learn that it has ended."""
        try:
            said = reader.channel.recv(1)
        except BlockingIOError:
            return
        except ConnectionError:
            said = b""
        if not said or reader.ticket is None:
            self._end(reader)
            return
        self._tell(reader, said[0])
        if not reader.left or said[0] == TOO_MUCH_MEMORY or _resident_bytes(reader.process) > _RETIRE_BYTES:
            self._end(reader)

    def _end(self, reader: _Reader) -> None:
        """Wait for a reader to be gone, with all that it has started, and tell of the file that it was at."""
        del self._readers[reader.process]
        self._selector.unregister(reader.channel)
        reader.channel.close()
        _kill(reader.process)  # where it is ending by itself already, it ends as it would have
        _, status = os.waitpid(reader.process, 0)
        if reader.ticket is not None:
            self._tell(reader, os.waitstatus_to_exitcode(status))

    def _tell(self, reader: _Reader, code: int) -> None:
        frames.send(self._channel, {"ticket": reader.ticket, "code": code, "cause": reader.cause})
        reader.ticket = None

    def _watch(self) -> None:
        now = time.monotonic()
        for reader in [one for one in self._readers.values() if one.ticket is not None]:
            if now > reader.deadline:
                reader.cause = "seconds"
            elif _resident_bytes(reader.process) > self._allowance.memory_bytes:
                reader.cause = "memory"
            if reader.cause or os.waitid(os.P_PID, reader.process, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                self._end(reader)  # an end is heard on the channel, unless something it has started holds that open


def _shares_a_reader(task: Task) -> bool:
    file_format = FORMATS.get(ending(Path(task.name)))
    return file_format is not None and file_format.plain and os.fstat(task.file).st_size <= _SMALL_BYTES


def _close_all_but(kept: set[int]) -> None:
    first = 3
    for descriptor in sorted(kept):
        os.closerange(first, descriptor)
        first = descriptor + 1
    os.closerange(first, max(first, os.sysconf("SC_OPEN_MAX")))


def _import_libraries(name: str) -> None:
    file_format = FORMATS.get(ending(Path(name)))
    for library in file_format.libraries if file_format else ():
        if library not in sys.modules:
            with suppress(ImportError):  # the reader says so in its own words
                importlib.import_module(library)


def _kill(process: int) -> None:
    """Stop a reader and all that it has started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process, signal.SIGKILL)


def _resident_bytes(process: int) -> int:
    try:
        with open(f"/proc/{process}/statm", "rb") as file:  # noqa: PTH123  # many times a second
            return int(file.read().split()[1]) * _PAGE_BYTES
    except OSError:  # it has ended, or this system has no such file
        return 0


def main(channel: int, parent: int) -> None:
    """Serve the process ``parent`` over the socket ``channel`` (a descriptor)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a person's Ctrl-C is for the parent, which closes the channel
    die_with_parent(parent)
    with socket.socket(fileno=channel) as connection:
        received = frames.receive(connection)
        if received is None:
            return
        server = Server(connection, received[0])
        frames.send(connection, {"ready": True})
        null = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):  # libraries print what nobody reads
            os.dup2(null, standard)
        server.serve()
