"""A server on a system that is nearly full: it may have one reader at a time."""

from __future__ import annotations

import errno
import os

import pytest

from tests.indexers.isolation import hostile


def main(channel: int, parent: int, *, most: int = 1) -> None:
    """As the hostile server, with at most so many readers."""
    fork, stop = os.fork, os.killpg
    living: set[int] = set()

    def few() -> int:
        if len(living) >= most:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        process = fork()
        living.add(process)
        return process

    def stopped(process: int, number: int) -> None:
        living.discard(process)
        stop(process, number)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fork", few)
        patch.setattr(os, "killpg", stopped)
        hostile.main(channel, parent)
