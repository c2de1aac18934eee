"""Runs a piece of work in a forked child, and tells how it ended: returned, refused, raised, killed or hung.

The heavy libraries are imported once, before the forks, so that a trial costs milliseconds. What the child says goes
through a socket: `sendto` is none of the calls at which trials kill or fail.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from indexers.errors import RagError

if TYPE_CHECKING:
    from collections.abc import Callable

Told: TypeAlias = "Callable[[int], None]"
"""Called by the work with a number: that many of its steps are acknowledged."""

REPOSITORY = Path(__file__).parents[2]
LONGEST_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended. ``acknowledged`` is the last number it told, -1 where it told none.

    ``value`` is what the work returned; for "refused" (a RagError) and "raised" (anything else) it is the message.
    """

    how: Literal["returned", "refused", "raised", "killed", "hung"]
    acknowledged: int = -1
    value: Any = None


def in_fork(
    work: Callable[[Told], Any], *, begun: Callable[[int], None] | None = None, seconds: float = LONGEST_SECONDS
) -> Ended:
    """Run ``work`` in a child; ``begun`` is called with its process id while it runs.

    Args:
        work: Returns what JSON can carry.
        begun: What is done to the child from outside.
        seconds: After this long the child is killed, and counts as hung.
    """
    child = begin(work)
    try:
        if begun is not None:
            begun(child.pid)
    except BaseException:
        child.kill()
        raise
    return child.end(seconds=seconds)


def begin(work: Callable[[Told], Any]) -> Child:
    """Start ``work`` in a child, beside others."""
    ours, childs = socket.socketpair()
    pid = os.fork()
    if not pid:
        ours.close()
        _child(work, childs)
    childs.close()
    return Child(pid, ours)


@dataclass(frozen=True, slots=True)
class Child:
    """A child at work."""

    pid: int
    line: socket.socket

    def end(self, *, seconds: float = LONGEST_SECONDS) -> Ended:
        """Wait for the end; after ``seconds`` the child is killed, and counts as hung."""
        said, hung = _listen(self.line, seconds)
        if hung:
            os.kill(self.pid, signal.SIGKILL)
        status = os.waitpid(self.pid, 0)[1]
        return _ended(said, hung=hung, died=os.WIFSIGNALED(status))

    def kill(self) -> None:
        """End it at once."""
        self.line.close()
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def _child(work: Callable[[Told], Any], line: socket.socket) -> None:
    def tell(**what: Any) -> None:
        line.sendall(json.dumps(what).encode() + b"\n")

    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)  # a panic of tantivy writes its stack there; what matters comes through the socket
    try:
        value = work(lambda number: tell(acknowledged=number))
        tell(how="returned", value=value)
    except RagError as error:
        notes = "\n".join(getattr(error, "__notes__", []))
        tell(how="refused", value=f"{type(error).__name__}: {error} {notes}".rstrip())
    except BaseException as error:  # noqa: BLE001  whatever it is, it is the finding
        frames = [one for one in traceback.extract_tb(error.__traceback__) if str(REPOSITORY) in one.filename]
        at = " < ".join(f"{Path(one.filename).name}:{one.lineno}" for one in frames[:-6:-1])
        notes = "\n".join(getattr(error, "__notes__", []))  # hypothesis puts its example there
        tell(how="raised", value=f"{type(error).__name__}: {str(error)[:2000]} ({at}) {notes}".rstrip())
    finally:
        os._exit(0)


def _listen(line: socket.socket, seconds: float) -> tuple[list[dict[str, Any]], bool]:
    said = bytearray()
    end = time.monotonic() + seconds
    with line:
        while True:
            line.settimeout(max(end - time.monotonic(), 0.001))
            try:
                more = line.recv(1 << 16)
            except TimeoutError:
                return _lines(said), True
            except ConnectionResetError:
                more = b""
            if not more:
                return _lines(said), False
            said += more


def _lines(said: bytearray) -> list[dict[str, Any]]:
    """The whole lines: a child that is killed while it speaks leaves half a line."""
    return [json.loads(line) for line in bytes(said).split(b"\n")[:-1]]


def _ended(said: list[dict[str, Any]], *, hung: bool, died: bool) -> Ended:
    acknowledged = max((one["acknowledged"] for one in said if "acknowledged" in one), default=-1)
    last = said[-1] if said and "how" in said[-1] else None
    if hung:
        return Ended("hung", acknowledged)
    if died or last is None:
        return Ended("killed", acknowledged)
    return Ended(last["how"], acknowledged, last["value"])
