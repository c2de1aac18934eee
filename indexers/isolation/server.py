"""The process that forks a reader for each file, watches it, and says how it ended; it never looks into a file itself.

A fork from a small process without threads takes milliseconds, and nothing that one file does to its reader can reach
the next: each gets the same untouched copy, with the libraries that its format needs already imported.
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
from indexers.isolation.reader import FAILED, Task, become_reader
from indexers.load import LoadLimits
from indexers.load.formats import FORMATS, ending

WATCH_SECONDS = 0.05
_PACKAGE = Path(__file__).parents[1]
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(slots=True)
class _Reader:
    """A reader at work; ``cause`` is why it was stopped."""

    ticket: int
    deadline: float
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
        self._wake, self._wakened = socket.socketpair()

    def serve(self) -> None:
        """Work until the other side is gone; readers at work are stopped then."""
        for end in (self._wake, self._wakened):
            end.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wakened.fileno(), warn_on_full_buffer=False)
        with selectors.DefaultSelector() as selector:
            selector.register(self._channel, selectors.EVENT_READ)
            selector.register(self._wake, selectors.EVENT_READ)
            while True:
                ready = {key.fileobj for key, _ in selector.select(WATCH_SECONDS if self._readers else None)}
                if self._wake in ready:
                    with suppress(BlockingIOError):
                        self._wake.recv(4096)
                if self._channel in ready and not self._accept():
                    break
                self._collect()
                self._watch()
                while self._waiting and len(self._readers) < self._workers:
                    self._start(*self._waiting.popleft())
        for process in self._readers:
            _kill(process)

    def _accept(self) -> bool:
        received = frames.receive(self._channel, descriptors=2)
        if received is None:
            return False
        request, (file, answer) = received
        self._waiting.append((request["ticket"], Task(request["name"], request["uri"], file, answer)))
        return True

    def _start(self, ticket: int, task: Task) -> None:
        _import_libraries(task.name)
        gc.freeze()  # what is shared with the readers is not written to by their garbage collector
        server = os.getpid()
        process = os.fork()
        if not process:
            self._become_reader(task, server)
        with suppress(OSError):
            os.setpgid(process, process)
        os.close(task.file)
        os.close(task.answer)
        self._readers[process] = _Reader(ticket, time.monotonic() + self._allowance.seconds)

    def _become_reader(self, task: Task, server: int) -> None:
        status = FAILED
        try:
            os.setpgid(0, 0)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for end in (self._channel, self._wake, self._wakened):
                end.close()
            for _, other in self._waiting:
                os.close(other.file)
                os.close(other.answer)
            status = become_reader(
                task,
                parent=server,
                limits=self._limits,
                allowance=self._allowance,
                places=self._places,
                folder=self._folder,
            )
        finally:
            os._exit(status)

    def _collect(self) -> None:
        for process in list(self._readers):
            if os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                continue
            _kill(process)  # what it has started itself; its own id is not given away before it is waited for
            _, status, used = os.wait4(process, 0)
            reader = self._readers.pop(process)
            code = os.waitstatus_to_exitcode(status)
            peak = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
            frames.send(self._channel, {"ticket": reader.ticket, "code": code, "cause": reader.cause, "peak": peak})

    def _watch(self) -> None:
        now = time.monotonic()
        for process, reader in self._readers.items():
            if now > reader.deadline:
                reader.cause = "seconds"
            elif _resident_bytes(process) > self._allowance.memory_bytes:
                reader.cause = "memory"
            if reader.cause:
                _kill(process)


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
