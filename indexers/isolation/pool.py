"""Reads files in other processes, several at a time: one that crashes, hangs or bursts its reader costs itself only."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

from indexers.errors import LimitExceeded, LoadError, ParserFailed, ParserUnavailable
from indexers.isolation.check import decode
from indexers.isolation.connection import Connection
from indexers.isolation.reader import ANSWERED, TOO_MUCH_MEMORY, TOO_MUCH_OUTPUT
from indexers.load import Loaded, LoadLimits
from indexers.roots import shown
from indexers.settings import ParserSettings

SERVER = "indexers.isolation.server"
_GRACE_SECONDS = 60
_TRIES = 2
_ALLOWED = ("seconds", "processor_seconds", "memory_bytes", "output_bytes")


@dataclass(slots=True)
class _Ticket:
    """A file that was handed out to be read; ``ended`` is how its reader ended."""

    number: int
    name: str
    uri: str
    file: int
    answer: int
    tries: int = 0
    ended: dict[str, Any] | None = None


class Pool:
    """The readers of one run. Nothing is started before the first file is handed out.

    Args:
        folder: Made for what libraries keep in files while they work, and removed with the pool; nothing of a document
            is written anywhere else. None: one among the system's temporary folders.
        limits: What one file may hold.
        settings: What reading it may cost.
        server: The module whose process forks the readers.
    """

    def __init__(
        self, folder: Path | None, *, limits: LoadLimits, settings: ParserSettings, server: str = SERVER
    ) -> None:
        self._folder = folder
        self._limits = limits
        self._settings = settings
        self._module = server
        self._server: Connection | None = None
        self._given: dict[int, _Ticket] = {}
        self._numbers = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.end()
        for ticket in list(self._given.values()):
            self._close(ticket)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def server_process(self) -> int | None:
        """The process id of the server, if it runs."""
        return self._server.process if self._server else None

    def submit(self, file: int, *, name: str, uri: str) -> Callable[[], tuple[Loaded, str]]:
        """Hand out an open file (a descriptor, which stays the caller's) to be read as a file of this name.

        Returns:
            What waits for the file's documents, and the sha256 (hex) of the bytes that they were read from. It raises
            LoadError if the file cannot be read, for whatever reason, and ParserUnavailable if no process starts.
        """
        self._numbers += 1
        ticket = _Ticket(self._numbers, name, uri, os.dup(file), _answer_file(self._private_folder()))
        self._given[ticket.number] = ticket
        self._send(ticket)
        return partial(self._result, ticket)

    def _result(self, ticket: _Ticket) -> tuple[Loaded, str]:
        while ticket.ended is None:
            message = self._server.receive() if self._server else None
            if message is None:
                self._replace_server()
            elif message.get("refused"):
                raise _no_process(message["refused"])
            elif given := self._given.get(message.get("ticket", 0)):
                given.ended = message
        try:
            return self._outcome(ticket, ticket.ended)
        finally:
            self._close(ticket)

    def _outcome(self, ticket: _Ticket, ended: dict[str, Any]) -> tuple[Loaded, str]:
        name = shown(ticket.name)
        size = os.fstat(ticket.answer).st_size
        if error := self._error(name, ended, size):
            raise error
        return decode(os.pread(ticket.answer, size, 0), name=name, uri=ticket.uri)

    def _error(self, name: str, ended: dict[str, Any], size: int) -> LoadError | None:
        code, cause, settings = ended["code"], ended["cause"], self._settings
        if cause == "seconds":
            return LimitExceeded(f"{name} takes more than {settings.seconds:,} s to read (parser.seconds)")
        if code == -signal.SIGXCPU:
            limit = f"{settings.processor_seconds:,} s of the processor"
            return LimitExceeded(f"{name} takes more than {limit} to read (parser.processor_seconds)")
        if cause == "memory" or code == TOO_MUCH_MEMORY:
            limit = f"{settings.memory_bytes:,} bytes of memory"
            return LimitExceeded(f"{name} takes more than {limit} to read (parser.memory_bytes)")
        if code == TOO_MUCH_OUTPUT or size > settings.output_bytes:
            limit = f"{settings.output_bytes:,} bytes of text and structure"
            return LimitExceeded(f"{name} gives more than {limit} (parser.output_bytes)")
        if code == ANSWERED:
            return None
        how = f"is stopped by {signal.Signals(-code).name}" if code < 0 else f"ends with status {code}"
        return ParserFailed(f"{name} cannot be read: the process that reads it {how}")

    def _send(self, ticket: _Ticket) -> None:
        server = self._server or self._start()
        ticket.tries += 1
        request = {"ticket": ticket.number, "name": ticket.name, "uri": ticket.uri}
        server.send(request, (ticket.file, ticket.answer))

    def _private_folder(self) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="plumbline-"))
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._folder

    def _start(self) -> Connection:
        settings, folder = self._settings, self._private_folder()
        allowance = {name: getattr(settings, name) for name in _ALLOWED}
        hello = {"limits": asdict(self._limits), "allowance": allowance, "workers": settings.workers}
        self._server = Connection(
            self._module,
            folder=folder,
            hello={**hello, "folder": str(folder)},
            wait_seconds=settings.seconds + _GRACE_SECONDS,
        )
        return self._server

    def _replace_server(self) -> None:
        """Hand everything out anew: the server was killed, for want of memory or by hand."""
        server, self._server = self._server, None
        if server is not None:
            reason = server.end()
            if not server.ready:
                raise ParserUnavailable(f"the process that reads files does not start: {reason}")
        for ticket in self._given.values():
            if ticket.ended is None and ticket.tries >= _TRIES:
                ticket.ended = {"code": -signal.SIGKILL, "cause": ""}
            elif ticket.ended is None:
                self._send(ticket)

    def _close(self, ticket: _Ticket) -> None:
        if self._given.pop(ticket.number, None):
            os.close(ticket.file)
            os.close(ticket.answer)


def _no_process(reason: str) -> ParserUnavailable:
    error = ParserUnavailable(f"no process can be started to read files in: {shown(reason)}")
    error.hint = "Look at how many processes and how much memory the system allows, or lower parser.workers."
    return error


def _answer_file(folder: Path) -> int:
    """A file without a name, in memory where the system has that."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("answer", os.MFD_CLOEXEC)
    with tempfile.TemporaryFile(dir=folder) as file:
        return os.dup(file.fileno())
