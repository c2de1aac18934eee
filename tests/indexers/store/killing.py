"""Work in a forked process that is killed at its Nth event: a SQL statement, fsync, rename, link, unlink or mkdir."""

from __future__ import annotations

import os
import signal
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def killed_at(event: int, work: Callable[[], None]) -> bool:
    """Whether the work was killed at that event, rather than coming to its end; an error in it is raised here."""
    child = os.fork()
    if child:
        status = os.waitpid(child, 0)[1]
        if os.WIFSIGNALED(status):
            return True
        assert os.WEXITSTATUS(status) == 0, "the work failed before it was killed"
        return False
    try:
        _die_at(event)
        work()
    except BaseException as error:  # noqa: BLE001  whatever it is, it is a failed trial
        os.write(2, f"{error!r}\n".encode())
        os._exit(1)
    os._exit(0)


def _die_at(event: int) -> None:
    seen = 0

    def tick(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == event:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **named: Any) -> Any:
            tick()
            return call(*args, **named)

        return counted

    def connect(*args: Any, **named: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect_for_real(*args, **named)
        connection.set_trace_callback(tick)
        return connection

    connect_for_real = sqlite3.connect
    sqlite3.connect = connect  # type: ignore[assignment]  # the same call, counted
    for place, name in [(os, "fsync"), (os, "link"), (Path, "rename"), (Path, "unlink"), (Path, "mkdir")]:
        setattr(place, name, before(getattr(place, name)))
