"""Read one file for the index: what it gives, and the stamp of the very bytes that it was read from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexers.load import load_file
from indexers.scan import UnreadableFile
from indexers.stamps import stamp_file

if TYPE_CHECKING:
    from pathlib import Path

    from indexers.load import Loaded, LoadLimits
    from indexers.stamps import Stamp

READ_TRIES = 3


def read_file(path: Path, *, uri: str, limits: LoadLimits, stamp: Stamp | None = None) -> tuple[Loaded, Stamp]:
    """What the file gives, and its stamp.

    Args:
        path: Where it is.
        uri: The document's name in the index.
        limits: What it may cost.
        stamp: That of its bytes a moment ago, where it is known.

    Raises:
        LoadError: The file cannot be read, or goes on changing.
    """
    before = stamp or stamp_file(path, limits)
    for _ in range(READ_TRIES):
        loaded = load_file(path, uri=uri, limits=limits)
        after = stamp_file(path, limits)
        if after.content_hash == before.content_hash:
            return loaded, after
        before = after
    raise UnreadableFile("changes while it is read")
