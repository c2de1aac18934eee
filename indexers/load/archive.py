"""Office packages (DOCX, PPTX, XLSX) checked before a library opens them: size, names, passwords, document types."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn
from urllib.parse import unquote
from xml.etree import ElementTree as ET
from xml.parsers import expat

from indexers.errors import DamagedFile, EncryptedFile, LimitExceeded
from indexers.load.elements import local
from indexers.load.limits import LoadLimits

_RATIO_FROM_BYTES = 10_000_000
_ENCRYPTED = 0x1
_CHUNK_BYTES = 1 << 16
_PACKED = (RuntimeError, zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError)
# What the three libraries raise on content that they did not expect, at any attribute of theirs that is read.
_UNEXPECTED = (*_PACKED, LookupError, ValueError, TypeError, AttributeError, AssertionError, ArithmeticError)
_CORE = {"title": "title", "creator": "author", "language": "language", "created": "created", "modified": "modified"}
_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/(\w+)")
_TRANSITIONAL = rb"http://schemas.openxmlformats.org/\1/2006/\2"


class Archive:
    """A package that is safe to open; ``names`` are its parts, ``file()`` is what a library reads.

    Raises:
        DamagedFile: Not a package, names that lead outside it, a document type, or a part that cannot be unpacked.
        EncryptedFile: A part needs a password.
        LimitExceeded: Too many entries, relations or elements, too large, or packed so tightly that it must be a bomb.
    """

    def __init__(self, data: bytes, *, name: str, limits: LoadLimits) -> None:
        self.name = name
        self._data = data
        self._limits = limits
        self._elements = 0
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (ValueError, *_PACKED) as error:
            self.damaged(f"its ZIP container cannot be opened ({error})", error)
        self._check_directory(len(data))
        self.names = frozenset(self._zip.namelist())
        for part in self._xml_parts():
            self._check_xml(part)
        if not {"[Content_Types].xml", "_rels/.rels"} <= self.names:
            self.damaged("it holds no main document")

    def damaged(self, reason: str, cause: BaseException | None = None) -> NoReturn:
        """Raise the error that names this file and the reason."""
        message = f"{self.name} is damaged: {reason}"
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

    def file(self, *, without: frozenset[str] = frozenset()) -> io.BytesIO:
        """The package as the libraries take it: in the transitional form, without relations to parts not there.

        Word and Excel save the strict form on request and leave dangling relations behind; each makes python-docx or
        openpyxl refuse the file, or find nothing in it. The parts of ``without`` are left out.
        """
        strict = _STRICT.search(self._read("_rels/.rels")) is not None
        changed: dict[str, bytes | None] = dict.fromkeys(without & self.names)
        relations = 0
        for part in self._xml_parts():
            if part.endswith(".rels"):
                content, internal = self._without_dangling(part)
                relations += internal
            elif strict:
                content = self._read(part)
            else:
                continue
            content = _STRICT.sub(_TRANSITIONAL, content) if strict else content
            if content != self._read(part):
                changed[part] = content
        # python-docx walks them in a time that grows with parts times relations.
        if relations > 2 * self._limits.zip_entries:
            message = f"{self.name} holds {relations:,} relations, more than twice zip_entries"
            raise LimitExceeded(message)
        return self._rewritten(changed) if changed else io.BytesIO(self._data)

    def root(self, part: str) -> ET.Element:
        """The parsed part."""
        with self.errors_named(f"part {part!r}"):
            return ET.fromstring(self._read(part))  # noqa: S314  # has no document type: checked

    def metadata(self) -> dict[str, str]:
        """Title, author, language and dates from the core properties, as far as they are there.

        Read here since the libraries invent what is missing: openpyxl the present time, python-docx a title.
        """
        targets = [
            element.get("Target", "").lstrip("/")
            for element in self.root("_rels/.rels")
            if element.get("Type", "").endswith(("/core-properties", "/coreProperties"))
        ]
        if not targets or targets[0] not in self.names:
            return {}
        texts = {local(element): (element.text or "").strip() for element in self.root(targets[0])}
        return {key: texts[field] for field, key in _CORE.items() if texts.get(field)}

    def _xml_parts(self) -> list[str]:
        """Other parts are pictures and inserted pages, which may have a document type and are never parsed."""
        return [name for name in self._zip.namelist() if name.lower().endswith((".xml", ".rels"))]

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

    def _check_xml(self, part: str) -> None:
        """Refuse document types, before there are entities to expand, deep nesting, and too many elements.

        A part that is not well-formed passes: if it matters, the library will say so.
        """
        depth = 0

        def refuse(*_: object) -> None:
            self.damaged(f"part {part!r} declares a document type, which Office files never do")

        def start(*_: object) -> None:
            nonlocal depth
            depth += 1
            self._elements += 1
            if depth > self._limits.xml_depth:
                self.damaged(f"part {part!r} nests more than {self._limits.xml_depth} elements")
            if self._elements > self._limits.xml_elements:
                message = f"{self.name} holds more than {self._limits.xml_elements:,} XML elements (xml_elements)"
                raise LimitExceeded(message)

        def end(*_: object) -> None:
            nonlocal depth
            depth -= 1

        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler, parser.StartElementHandler, parser.EndElementHandler = refuse, start, end
        try:
            with self._zip.open(part) as stream:
                while chunk := stream.read(_CHUNK_BYTES):
                    parser.Parse(chunk, False)  # positional in expat
        except expat.ExpatError:
            return
        except (LookupError, ValueError) as error:
            self.damaged(f"part {part!r} is in an encoding that Office does not write ({error})", error)
        except _PACKED as error:
            self.damaged(f"part {part!r} cannot be unpacked", error)

    def _read(self, part: str) -> bytes:
        try:
            return self._zip.read(part)
        except (KeyError, *_PACKED) as error:
            self.damaged(f"part {part!r} cannot be unpacked", error)

    def _without_dangling(self, part: str) -> tuple[bytes, int]:
        """The relations of a part without those to parts that are not there, and how many point inside."""
        content, root = self._read(part), self.root(part)
        folder = posixpath.dirname(posixpath.dirname(part))
        inside = [element for element in root if element.get("TargetMode") != "External"]
        dangling = [element for element in inside if not self._holds(folder, element.get("Target", ""))]
        for element in dangling:
            root.remove(element)
        return (ET.tostring(root) if dangling else content), len(inside)

    def _holds(self, folder: str, target: str) -> bool:
        part = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
        return part in self.names or unquote(part) in self.names

    def _rewritten(self, changed: dict[str, bytes | None]) -> io.BytesIO:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as target:
            for entry in self._zip.infolist():
                name = entry.filename
                content = changed[name] if name in changed else self._read(name)
                if content is not None:
                    target.writestr(name, content)
        file.seek(0)
        return file
