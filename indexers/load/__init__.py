"""One file in, one Document out: canonical text with the blocks that structure it.

Each format has a module of its own; `formats` lists them by the file's ending, and the first bytes are held against it.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from pathlib import Path

from indexers.document import Document, document_id
from indexers.errors import EmptyFile, LimitExceeded, LoadError, UnsupportedFile
from indexers.load import kinds
from indexers.load.build import Reading, one_line
from indexers.load.formats import FORMATS, ending
from indexers.load.limits import LoadLimits
from indexers.normalise import NORMALISER_VERSION

__all__ = ["LOADER_VERSION", "LoadLimits", "load_file", "supported"]

LOADER_VERSION = f"3.{NORMALISER_VERSION}"
"""Part of every document's version: raise it when any loader reads the same bytes in another way."""

_MAX_TITLE_CHARS = 200
_TELLING_LETTERS = 4
_NO_TITLE = re.compile(
    r"untitled( document)?|[\W\d_]*"
    r"|(document|presentation|workbook|book|slide|powerpoint presentation|word document) ?\d*",
    re.IGNORECASE,
)
_PRINTER = re.compile(r"(microsoft \w+|powerpoint presentation) ?[-\u2013:]\s*", re.IGNORECASE)
_FILE_LIKE = re.compile(r"\S+\.\w{1,5}|\S*[\d_]\S*[\d_]\S*|[^ ]{40,}")


def supported(path: Path) -> bool:
    """Whether a loader reads files with this ending; the file is not opened."""
    return ending(path) in FORMATS


def load_file(path: Path, *, uri: str, limits: LoadLimits = LoadLimits()) -> Document:  # noqa: B008  # frozen
    """Read one file.

    Args:
        path: An ordinary file; links are followed.
        uri: The document's name in the index, from which its id is made.
        limits: What the file may cost.

    Returns:
        The document; its text is normalised, and its blocks cover all of it but white space.

    Raises:
        UnsupportedFile: No loader for this ending, or the content is of another kind than the ending says.
        EncryptedFile: A password is needed.
        DamagedFile: The content cannot be parsed.
        EmptyFile: There is no text.
        LimitExceeded: The file is too large, before or after it is unpacked.
        LoadError: The operating system refuses to give the file.
    """
    name = _shown(path.name)
    data = _read_bytes(path, name, limits)
    suffix = ending(path)
    if suffix not in FORMATS:
        kinds.refuse_unknown(data, suffix, name=name)
    kinds.check_not_empty(data, name=name)
    FORMATS[suffix].check(data, suffix, name=name)
    reading = FORMATS[suffix].read(data, name=name, limits=limits)
    if not reading.blocks:
        message = f"{name} holds no text"
        raise EmptyFile(message)
    digest = hashlib.sha256(f"{suffix} {LOADER_VERSION} ".encode())
    digest.update(data)
    return Document(
        id=document_id(uri),
        uri=uri,
        title=_title(reading, path),
        media_type=FORMATS[suffix].media_type,
        version=digest.hexdigest(),
        text=reading.text,
        blocks=reading.blocks,
        page_count=reading.page_count,
        metadata=reading.metadata,
    )


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


def _shown(name: str) -> str:
    """The file's name as a message may print it: nothing in it can turn, break or hide the line."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in name)


def _title(reading: Reading, path: Path) -> str:
    """The file's own title if it says something, else a heading it begins with, else its name made readable."""
    named = _readable(path.stem) or _shown(path.name)
    candidates = [_PRINTER.sub("", reading.title)]
    if FORMATS[ending(path)].named_by_heading or sum(map(str.isalpha, named)) < _TELLING_LETTERS:
        candidates += [block.headings[-1] for block in reading.blocks[:1] if block.kind == "heading"]
    for candidate in candidates:
        title = candidate.strip()[:_MAX_TITLE_CHARS]
        if title and not _NO_TITLE.fullmatch(title) and not _FILE_LIKE.fullmatch(title):
            return title
    return named[:_MAX_TITLE_CHARS]


def _readable(stem: str) -> str:
    """The file's name without its ending, hyphens and underscores as spaces, except in dates and numbers."""
    return one_line(re.sub(r"[_\s]+|(?<!\d)-|-(?!\d)", " ", _shown(stem)))
