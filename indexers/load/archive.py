"""ZIP containers checked before anything in them is read: size, names, passwords; XML parts before they are parsed."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn
from xml.etree import ElementTree as ET

from indexers.errors import DamagedFile, EncryptedFile, LimitExceeded
from indexers.load.build import one_line
from indexers.load.limits import LoadLimits
from indexers.load.xml_check import XmlCheck

_RATIO_FROM_BYTES = 10_000_000
_ENCRYPTED = 0x1
_CHUNK_BYTES = 1 << 16
_PACKED = (RuntimeError, ValueError, zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError)
# What libraries raise on content that they did not expect, at any attribute of theirs that is read.
_UNEXPECTED = (*_PACKED, LookupError, TypeError, AttributeError, AssertionError, ArithmeticError)


class Archive:
    """A container that is safe to open; ``names`` are its parts.

    Raises:
        DamagedFile: Not a container, names that lead outside it, or a part that cannot be unpacked.
        EncryptedFile: A part needs a password.
        LimitExceeded: Too many entries, too large, or packed so tightly that it must be a bomb.
    """

    def __init__(self, data: bytes, *, name: str, limits: LoadLimits) -> None:
        self.name = name
        self._data = data
        self._limits = limits
        self._check = XmlCheck(name, limits)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except _PACKED as error:
            self.damaged(f"its ZIP container cannot be opened ({error})", error)
        self._check_directory(len(data))
        self.names = frozenset(self._zip.namelist())

    def damaged(self, reason: str, cause: BaseException | None = None) -> NoReturn:
        """Raise the error that names this file and the reason."""
        message = f"{self.name} is damaged: {one_line(reason)}"
        raise DamagedFile(message) from cause

    @contextmanager
    def errors_named(self, place: str, *more: type[Exception]) -> Iterator[None]:
        """Turn what a library raises on malformed content, ``more`` included, into DamagedFile that names the file."""
        expected: tuple[type[Exception], ...] = (*_UNEXPECTED, *more)
        try:
            yield
        except SyntaxError as error:  # of ElementTree and of lxml
            self.damaged(f"{place} is not well-formed XML ({error})", error)
        except expected as error:
            self.damaged(f"{place} cannot be read ({type(error).__name__}: {error})", error)

    def read(self, part: str) -> bytes:
        """The bytes of a part.

        Raises:
            DamagedFile: It is not there, or cannot be unpacked.
        """
        try:
            return self._zip.read(part)
        except (KeyError, *_PACKED) as error:
            self.damaged(f"part {part!r} cannot be unpacked", error)

    def root(self, part: str) -> ET.Element:
        """The parsed part, which must have passed `check_xml`."""
        with self.errors_named(f"part {part!r}"):
            return ET.fromstring(self.read(part))  # noqa: S314  # has no document type: checked

    def check_xml(self, part: str) -> None:
        """Refuse document types, deep nesting, and too many elements, as `XmlCheck` does."""
        try:
            with self._zip.open(part) as stream:
                self._check.feed(iter(lambda: stream.read(_CHUNK_BYTES), b""), place=f"part {part!r}")
        except (KeyError, *_PACKED) as error:
            self.damaged(f"part {part!r} cannot be unpacked", error)

    def _check_directory(self, packed_bytes: int) -> None:
        entries = self._zip.infolist()
        if len(entries) > self._limits.zip_entries:
            message = (
                f"{self.name} holds {len(entries):,} entries, more than {self._limits.zip_entries:,} (zip_entries)"
            )
            raise LimitExceeded(message)
        unpacked = sum(entry.file_size for entry in entries)
        bomb = unpacked > _RATIO_FROM_BYTES and unpacked > self._limits.zip_ratio * packed_bytes
        if unpacked > self._limits.zip_bytes or bomb:
            limit = f"{self._limits.zip_ratio} times (zip_ratio)" if bomb else f"{self._limits.zip_bytes:,} (zip_bytes)"
            message = f"{self.name} unpacks from {packed_bytes:,} to {unpacked:,} bytes, more than {limit}"
            raise LimitExceeded(message)
        for entry in entries:
            parts = entry.filename.replace("\\", "/").split("/")
            if ".." in parts or not parts[0] or ":" in parts[0]:
                self.damaged(f"entry {entry.filename!r} leads outside the package")
            if entry.flag_bits & _ENCRYPTED:
                message = f"{self.name} is an encrypted package"
                raise EncryptedFile(message)
        if len({entry.filename for entry in entries}) != len(entries):
            self.damaged("two entries have the same name")
