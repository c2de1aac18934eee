"""A server whose text files (and PDFs) do what they say: as once a crafted file has the reader."""

from __future__ import annotations

import ctypes
import importlib
import mmap
import os
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from indexers.isolation import server
from indexers.load.build import Reading, TextBuilder
from indexers.load.formats import FORMATS
from indexers.load.limits import LoadLimits


def _allocate(_: str) -> None:
    held = []
    while True:
        held.append(bytearray(1 << 25))


def _share(size: str) -> None:
    """Take memory that no limit of the system counts."""
    area = mmap.mmap(-1, int(size))
    for page in range(0, int(size), 4096):
        area[page] = 1
    time.sleep(60)


def _work(_: str) -> None:
    while True:
        pass


def _leave_a_child(file: str) -> None:
    child = os.fork()
    if not child:
        time.sleep(60)
        os._exit(0)
    Path(file).write_text(str(child))


def _trace(_: str) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(16, os.getppid(), 0, 0) < 0:
        raise PermissionError(ctypes.get_errno(), "ptrace")


_DOES: dict[str, Callable[[str], object]] = {
    "segfault": lambda _: ctypes.string_at(0),
    "abort": lambda _: os.abort(),
    "exit": lambda status: os._exit(int(status)),
    "raise": lambda _: dict[str, str]()["missing"],
    "allocate": _allocate,
    "share": _share,
    "hang": lambda _: time.sleep(60),
    "work": _work,
    "kill parent": lambda _: os.kill(os.getppid(), signal.SIGKILL),
    "kill group": lambda _: os.killpg(0, signal.SIGKILL),
    "leave a child": _leave_a_child,
    "connect": lambda _: socket.create_connection(("127.0.0.1", 9), timeout=1),
    "trace": _trace,
    "read": lambda path: Path(path).read_text(errors="replace"),
    "write": lambda path: Path(path).write_text("was here"),
    "import": lambda name: importlib.import_module(name).__name__,
    "give away": lambda path: Path(path).chmod(Path(path).stat().st_mode),
    "environment": lambda _: " ".join(os.environ),
    "process": lambda _: f"{os.getpid()} {os.getppid()}",
}


def _obey(data: bytes, *, name: str, limits: LoadLimits) -> Reading:
    order, _, what = data.decode().strip().partition(": ")
    builder = TextBuilder(name, limits)
    done = _DOES[order](what) if order in _DOES else order
    builder.add("paragraph", str(done))
    return builder.reading()


def _no_check(data: bytes, suffix: str, *, name: str) -> None:
    """Every file is what it says."""


def main(channel: int, parent: int) -> None:
    """As the product's server, but with the loader above."""
    for ending in ("txt", "pdf"):
        FORMATS[ending] = replace(FORMATS[ending], read=_obey, check=_no_check)
    server.main(channel, parent)
