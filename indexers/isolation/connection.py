"""The process that forks the readers, as its parent sees it: started, spoken to over a socket, and ended."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import indexers
from indexers.errors import ParserUnavailable
from indexers.isolation import frames

_PACKAGES = str(Path(indexers.__file__).parents[1])
_START = (
    "import importlib, sys; sys.path.insert(0, sys.argv[1]); "
    "sys.path += [path for path in sys.argv[5:] if path not in sys.path]; "
    "importlib.import_module(sys.argv[2]).main(int(sys.argv[3]), int(sys.argv[4]))"
)
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TESSDATA_PREFIX")
_END_SECONDS = 5


class Connection:
    """A server that has been started; ``module`` is what its process runs.

    It inherits no descriptor but its end of the socket, and no variable that may hold a key.

    Args:
        module: Has ``main(channel, parent)``.
        folder: Its home and temporary folder.
        hello: The first message.
        wait_seconds: The longest silence while something is awaited.

    Raises:
        ParserUnavailable: The system starts no process.
    """

    def __init__(self, module: str, *, folder: Path, hello: Mapping[str, object], wait_seconds: float) -> None:
        self.ready = False
        self._channel, theirs = socket.socketpair()
        self._channel.settimeout(wait_seconds)
        with theirs:
            arguments = [_PACKAGES, module, str(theirs.fileno()), str(os.getpid())]
            arguments += [path for path in sys.path if path.endswith("-packages")]  # a user's own, which -I leaves out
            try:
                self._process = subprocess.Popen(  # noqa: S603  # our own interpreter, our own module
                    [sys.executable, "-I", "-B", "-c", _START, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    pass_fds=[theirs.fileno()],
                    env=_environment(folder),
                    start_new_session=True,
                )
            except OSError as error:
                self._channel.close()
                raise ParserUnavailable(f"{sys.executable} cannot be started: {error.strerror}") from error
        self.send(hello)

    @property
    def process(self) -> int:
        """The server's process id."""
        return self._process.pid

    def send(self, message: object, descriptors: tuple[int, ...] = ()) -> None:
        """Send a message; that the server is gone is noticed when an answer is awaited."""
        try:
            frames.send(self._channel, message, descriptors)
        except OSError:
            return

    def receive(self) -> dict[str, Any] | None:
        """The next message; None when the server is gone or says nothing for too long."""
        try:
            received = frames.receive(self._channel)
        except OSError:
            return None
        if received is None:
            return None
        self.ready = True
        message: dict[str, Any] = received[0]
        return message

    def end(self) -> str:
        """End the server and with it its readers; the last line that it wrote before it was ready."""
        self._channel.close()
        try:
            written = self._process.communicate(timeout=_END_SECONDS)[1]
        except subprocess.TimeoutExpired:
            self._process.kill()
            written = self._process.communicate()[1]
        lines = written.decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"it ended with status {self._process.returncode}"


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    threads = dict.fromkeys(("OMP_THREAD_LIMIT", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")  # a fork copies none
    places = dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME"), str(folder))
    return {**kept, **threads, **places, "LANG": "C.UTF-8", "PYTHONUTF8": "1"}
