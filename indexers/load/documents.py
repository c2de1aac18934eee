"""Bytes of one file in, its documents out: its own, and those of the files inside it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from indexers.document import PART_SEPARATOR, Document, document_id
from indexers.errors import EmptyFile, LimitExceeded, LoadError
from indexers.load import kinds
from indexers.load.build import Part, Reading, TextBuilder
from indexers.load.formats import FORMATS, ending
from indexers.load.limits import LoadLimits
from indexers.load.loaded import Loaded, PartFailure
from indexers.load.parts import named
from indexers.load.title import title_of
from indexers.normalise import NORMALISER_VERSION
from indexers.roots import shown

LOADER_VERSION = f"4.{NORMALISER_VERSION}"
"""Part of every document's version: raise it when any loader reads the same bytes in another way."""


def load_bytes(data: bytes, *, path: Path, uri: str, limits: LoadLimits) -> Loaded:
    """Read the content of one file; ``path`` gives its name and is not opened.

    Raises:
        LoadError: As `indexers.load.load_file`.
    """
    found = _Found(limits)
    found.file(data, path, uri, depth=0)
    return Loaded(tuple(found.documents), tuple(found.failures))


class _Found:
    def __init__(self, limits: LoadLimits) -> None:
        self.documents: list[Document] = []
        self.failures: list[PartFailure] = []
        self._limits = limits
        self._chars = 0
        self._parts = 0

    def file(self, data: bytes, path: Path, uri: str, *, depth: int) -> None:
        """Add the file's own document, then those of its parts; an error of a part is that part's alone."""
        name = shown(path.name)
        reading = _read(data, path, name, self._limits)
        self._chars += len(reading.text)
        if self._chars > self._limits.max_text_chars:
            message = f"{name} brings the text to more than {self._limits.max_text_chars:,} characters (max_text_chars)"
            raise LimitExceeded(message)
        self.documents.append(_document(reading, data, path, uri))
        for part_name, part in named(reading.parts):
            part_uri = f"{uri}{PART_SEPARATOR}{part_name}"
            try:
                self._part(part, part_name, part_uri, depth + 1)
            except LoadError as error:
                if not (part.shown and isinstance(error, EmptyFile)):
                    self.failures.append(PartFailure(part_uri, error))

    def _part(self, part: Part, name: str, uri: str, depth: int) -> None:
        self._parts += 1
        if self._parts > self._limits.max_parts:
            message = f"{name} is one more than the {self._limits.max_parts:,} parts of a file (max_parts)"
            raise LimitExceeded(message)
        if depth > self._limits.max_nesting:
            message = (
                f"{name} is a part inside a part, {depth} deep, more than {self._limits.max_nesting} (max_nesting)"
            )
            raise LimitExceeded(message)
        self.file(part.data, Path(name), uri, depth=depth)


def _read(data: bytes, path: Path, name: str, limits: LoadLimits) -> Reading:
    suffix = ending(path)
    if suffix not in FORMATS:
        kinds.refuse_unknown(data, suffix, name=name)
    kinds.check_not_empty(data, name=name)
    FORMATS[suffix].check(data, suffix, name=name)
    reading = FORMATS[suffix].read(data, name=name, limits=limits)
    if reading.blocks:
        return reading
    if not reading.parts:
        message = f"{name} holds no text"
        raise EmptyFile(message)
    builder = TextBuilder(name, limits)
    builder.add("paragraph", "Holds: " + ", ".join(part_name for part_name, _ in named(reading.parts)))
    return builder.reading(title=reading.title, metadata=reading.metadata, parts=reading.parts)


def _document(reading: Reading, data: bytes, path: Path, uri: str) -> Document:
    suffix = ending(path)
    digest = hashlib.sha256(f"{suffix} {LOADER_VERSION} ".encode())
    digest.update(data)
    return Document(
        id=document_id(uri),
        uri=uri,
        title=title_of(reading, path),
        media_type=FORMATS[suffix].media_type,
        version=digest.hexdigest(),
        text=reading.text,
        blocks=reading.blocks,
        page_count=reading.page_count,
        metadata=reading.metadata,
    )
