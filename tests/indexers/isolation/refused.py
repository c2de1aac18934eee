"""A server on a kernel, or in a container, that takes neither Landlock's rules nor seccomp's."""

from __future__ import annotations

import errno
import os
from typing import NoReturn

import pytest

from indexers.isolation import confine
from tests.indexers.isolation import hostile


def _refuse(*_: object) -> NoReturn:
    raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))


def main(channel: int, parent: int) -> None:
    """As the hostile server, without confinement."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(confine, "_restrict_files", _refuse)
        patch.setattr(confine, "_restrict_calls", _refuse)
        hostile.main(channel, parent)
