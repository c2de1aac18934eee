"""One file in, its documents out: canonical text with the blocks that structure it.

Each format has a module of its own; `formats` lists them by the file's ending, and the first bytes are held against it.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from indexers.errors import LimitExceeded, LoadError, UnsupportedFile
from indexers.load.documents import LOADER_VERSION, load_bytes
from indexers.load.formats import FORMATS, ending
from indexers.load.limits import LoadLimits
from indexers.load.loaded import Loaded, PartFailure
from indexers.roots import shown

__all__ = ["LOADER_VERSION", "LoadLimits", "Loaded", "PartFailure", "load_file", "supported"]


def supported(path: Path) -> bool:
    """Whether a loader reads files with this ending; the file is not opened."""
    return ending(path) in FORMATS


def load_file(path: Path, *, uri: str, limits: LoadLimits = LoadLimits()) -> Loaded:  # noqa: B008  # frozen
    """Read one file.

    Args:
        path: An ordinary file; links are followed.
        uri: The document's name in the index, from which its id is made.
        limits: What the file may cost.

    Returns:
        Its own document and those of the files inside it, and which of these cannot be read. Each document's text is
        normalised, and its blocks cover all of it but white space.

    Raises:
        UnsupportedFile: No loader for this ending, or the content is of another kind than the ending says.
        EncryptedFile: A password is needed.
        DamagedFile: The content cannot be parsed.
        EmptyFile: There is no text.
        LimitExceeded: The file is too large, before or after it is unpacked.
        LoadError: The operating system refuses to give the file.
    """
    return load_bytes(_read_bytes(path, shown(path.name), limits), path=path, uri=uri, limits=limits)


def _read_bytes(path: Path, name: str, limits: LoadLimits) -> bytes:
    """The whole file; a pipe, device or folder is refused unread, since reading may never end."""
    try:
        # Without O_NONBLOCK, opening a pipe that nobody writes to never returns.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:  # noqa: PTH123  # a descriptor has no Path
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                message = f"{name} is not an ordinary file"
                raise UnsupportedFile(message)
            data = file.read(limits.max_file_bytes + 1)
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        reason = (error.strerror if isinstance(error, OSError) else str(error)) or type(error).__name__
        message = f"{name} cannot be read: {reason}"
        raise LoadError(message) from error
    if len(data) > limits.max_file_bytes:
        message = f"{name} is larger than {limits.max_file_bytes:,} bytes"
        raise LimitExceeded(message)
    return data
