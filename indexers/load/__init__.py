"""One file in, one Document out: canonical text with the blocks that structure it.

Each format has a module of its own; this one picks it by the file's ending and holds the first bytes against it.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path

from indexers.document import Document, document_id
from indexers.errors import EmptyFile, LimitExceeded, LoadError, UnsupportedFile
from indexers.load import kinds
from indexers.load.archive import Archive
from indexers.load.build import Reading, one_line
from indexers.load.docx import read_docx
from indexers.load.html import read_html
from indexers.load.limits import LoadLimits
from indexers.load.mail import read_mail
from indexers.load.markdown import read_markdown
from indexers.load.pdf import read_pdf
from indexers.load.pptx import read_pptx
from indexers.load.table import read_table
from indexers.load.text import decode, read_text
from indexers.load.xlsx import read_xlsx
from indexers.normalise import NORMALISER_VERSION

__all__ = ["LOADER_VERSION", "LoadLimits", "load_file", "supported"]

LOADER_VERSION = f"2.{NORMALISER_VERSION}"
"""Part of every document's version: raise it when any loader reads the same bytes in another way."""

_MEDIA_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html",
    "md": "text/markdown",
    "txt": "text/plain",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "eml": "message/rfc822",
}
_ALIASES = {"htm": "html", "xhtml": "html", "markdown": "md", "text": "txt", "rst": "txt", "org": "txt", "tab": "tsv"}
_PACKAGES: dict[str, Callable[..., Reading]] = {"docx": read_docx, "pptx": read_pptx, "xlsx": read_xlsx}
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
    return _suffix(path) in _MEDIA_TYPES


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
    suffix = _suffix(path)
    if suffix not in _MEDIA_TYPES:
        kinds.refuse_unknown(data, suffix, name=name)
    kinds.check_not_empty(data, name=name)
    reading = _read(data, suffix, name=name, limits=limits)
    if not reading.blocks:
        message = f"{name} holds no text"
        raise EmptyFile(message)
    digest = hashlib.sha256(f"{suffix} {LOADER_VERSION} ".encode())
    digest.update(data)
    return Document(
        id=document_id(uri),
        uri=uri,
        title=_title(reading, path),
        media_type=_MEDIA_TYPES[suffix],
        version=digest.hexdigest(),
        text=reading.text,
        blocks=reading.blocks,
        page_count=reading.page_count,
        metadata=reading.metadata,
    )


def _read(data: bytes, suffix: str, *, name: str, limits: LoadLimits) -> Reading:
    if suffix == "pdf":
        kinds.check_pdf(data, name=name)
        return read_pdf(data, name=name, limits=limits)
    if suffix in _PACKAGES:
        kinds.check_package(data, suffix, name=name)
        archive = Archive(data, name=name, limits=limits)
        kinds.check_parts(archive.names, suffix, name=name)
        return _PACKAGES[suffix](archive, limits=limits)
    kinds.check_text(data, suffix, name=name)
    if suffix == "eml":
        return read_mail(data, name=name, limits=limits)
    text = decode(data, name=name, declared=suffix == "html")
    if suffix == "html":
        return read_html(text, name=name, limits=limits)
    if suffix == "md":
        return read_markdown(text, name=name, limits=limits)
    if suffix in ("csv", "tsv"):
        return read_table(text, name=name, limits=limits, delimiter="\t" if suffix == "tsv" else None)
    return read_text(text, name=name, limits=limits)


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


def _suffix(path: Path) -> str:
    suffix = path.suffix.lower().removeprefix(".")
    return _ALIASES.get(suffix, suffix)


def _shown(name: str) -> str:
    """The file's name as a message may print it: nothing in it can turn, break or hide the line."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in name)


def _title(reading: Reading, path: Path) -> str:
    """The file's own title if it says something, else a heading it begins with, else its name made readable."""
    named = _readable(path.stem) or _shown(path.name)
    candidates = [_PRINTER.sub("", reading.title)]
    # Headings of a PDF are guessed, and those of a workbook are names of sheets: a telling file name is better.
    if not reading.page_count or _suffix(path) == "pptx" or sum(map(str.isalpha, named)) < _TELLING_LETTERS:
        candidates += [block.headings[-1] for block in reading.blocks[:1] if block.kind == "heading"]
    for candidate in candidates:
        title = candidate.strip()[:_MAX_TITLE_CHARS]
        if title and not _NO_TITLE.fullmatch(title) and not _FILE_LIKE.fullmatch(title):
            return title
    return named[:_MAX_TITLE_CHARS]


def _readable(stem: str) -> str:
    """The file's name without its ending, hyphens and underscores as spaces, except in dates and numbers."""
    return one_line(re.sub(r"[_\s]+|(?<!\d)-|-(?!\d)", " ", _shown(stem)))
