"""Reads files in this very process, unprotected: to look for a loader's defect, or where no process may start."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Self

from indexers.load import Loaded, LoadLimits
from indexers.load.documents import load_bytes


class InProcess:
    """As `indexers.isolation.pool.Pool`, but what a file does to its loader it does to the caller."""

    def __init__(self, *, limits: LoadLimits) -> None:
        self._limits = limits
        self._open: set[int] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._open:
            os.close(file)

    def submit(self, file: int, *, name: str, uri: str) -> Callable[[], tuple[Loaded, str]]:
        """Keep an open file, which is read when its result is called for."""
        own = os.dup(file)
        self._open.add(own)
        return partial(self._read, own, name, uri)

    def _read(self, own: int, name: str, uri: str) -> tuple[Loaded, str]:
        self._open.discard(own)
        with os.fdopen(own, "rb") as file:
            file.seek(0)
            data = file.read(self._limits.max_file_bytes + 1)
        loaded = load_bytes(data, path=Path(name), uri=uri, limits=self._limits)
        return loaded, hashlib.sha256(data).hexdigest()
