"""Office Open XML packages (DOCX, PPTX, XLSX): opened with care, parts parsed as streams."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import NoReturn, cast
from urllib.parse import unquote
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element
from xml.parsers import expat

from indexers.errors import DamagedFile, EncryptedFile, LimitExceeded
from indexers.load.limits import LoadLimits

_RATIO_FROM_BYTES = 10_000_000
_ENCRYPTED = 0x1
_FEED_BYTES = 1 << 16
_CORE = {"title": "title", "creator": "author", "language": "language", "created": "created", "modified": "modified"}


class Package:
    """A package whose directory has been checked; ``main`` is the name of its main part.

    Raises:
        DamagedFile: Not a package, names that lead outside it, or a part that cannot be read.
        EncryptedFile: A part needs a password.
        LimitExceeded: Too many entries, too large, or packed so tightly that it must be a bomb.
    """

    def __init__(self, data: bytes, *, name: str, limits: LoadLimits) -> None:
        self.name = name
        self._limits = limits
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError) as error:
            self.damaged(f"its ZIP container cannot be opened ({error})", error)
        self._check_directory(len(data))
        self._names = frozenset(self._zip.namelist())
        main = self.related("", kind="officeDocument")
        if not main or main[0] not in self._names:
            self.damaged("it holds no main document")
        self.main = main[0]

    def damaged(self, reason: str, cause: BaseException | None = None) -> NoReturn:
        """Raise the error that names this file and the reason."""
        message = f"{self.name} is damaged: {reason}"
        raise DamagedFile(message) from cause

    def _check_directory(self, packed_bytes: int) -> None:
        entries = self._zip.infolist()
        if len(entries) > self._limits.zip_entries:
            message = f"{self.name} holds {len(entries):,} entries, more than {self._limits.zip_entries:,}"
            raise LimitExceeded(message)
        unpacked = sum(entry.file_size for entry in entries)
        bomb = unpacked > _RATIO_FROM_BYTES and unpacked > self._limits.zip_ratio * packed_bytes
        if unpacked > self._limits.zip_bytes or bomb:
            message = f"{self.name} unpacks from {packed_bytes:,} to {unpacked:,} bytes"
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

    def __contains__(self, part: str) -> bool:
        return part in self._names

    def _read(self, part: str) -> bytes:
        try:
            with self._zip.open(part) as stream:
                return stream.read(self._limits.zip_bytes)
        except (
            KeyError,
            RuntimeError,
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            NotImplementedError,
        ) as error:
            self.damaged(f"part {part!r} cannot be unpacked", error)

    def elements(self, part: str, wanted: Callable[[Element, int], bool]) -> Iterator[Element]:
        """Every element of ``part`` for which ``wanted(element, depth)`` holds, complete and then forgotten.

        The root has depth 1; memory holds one wanted element at a time. Document types are refused before anything
        is parsed, so there are no entities to expand.
        """
        data = self._read(part)
        self._refuse_document_type(data, part)
        parser: ET.XMLPullParser[Element] = ET.XMLPullParser(events=("start", "end"))
        open_elements: list[Element] = []
        inside = 0  # open wanted elements
        try:
            for offset in range(0, len(data) + 1, _FEED_BYTES):
                parser.feed(data[offset : offset + _FEED_BYTES])
                for event, element in cast("Iterator[tuple[str, Element]]", parser.read_events()):
                    if event == "start":
                        open_elements.append(element)
                        if len(open_elements) > self._limits.xml_depth:
                            message = f"{self.name}: part {part!r} nests more than {self._limits.xml_depth} elements"
                            raise LimitExceeded(message)
                        inside += wanted(element, len(open_elements))
                        continue
                    depth = len(open_elements)
                    open_elements.pop()
                    if wanted(element, depth):
                        inside -= 1
                        if not inside:
                            yield element
                    if not inside and open_elements:
                        open_elements[-1].remove(element)
            parser.close()
        except ET.ParseError as error:
            self.damaged(f"part {part!r} is not well-formed XML ({error})", error)

    def tree(self, part: str) -> Element:
        """The whole of a small part."""
        return next(self.elements(part, lambda _, depth: depth == 1))

    def _refuse_document_type(self, data: bytes, part: str) -> None:
        found: list[str] = []
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = lambda *_: found.append("document type")
        parser.StartElementHandler = lambda *_: found.append("root")
        try:
            for offset in range(0, len(data), _FEED_BYTES):
                parser.Parse(data[offset : offset + _FEED_BYTES], False)  # positional in expat
                if found:
                    break
        except expat.ExpatError as error:
            if not found:
                self.damaged(f"part {part!r} is not well-formed XML ({error})", error)
        if found[:1] == ["document type"]:
            self.damaged(f"part {part!r} declares a document type, which Office files never do")

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Of a part ("" for the package): relation id to (kind, target part); targets outside are left out."""
        folder, base = posixpath.split(part)
        relations_part = posixpath.join(folder, "_rels", f"{base}.rels")
        found: dict[str, tuple[str, str]] = {}
        if relations_part not in self._names:
            return found
        for element in self.tree(relations_part):
            if element.get("TargetMode") != "External":
                kind = element.get("Type", "").rsplit("/", 1)[-1]
                target = posixpath.normpath(posixpath.join("/", folder, unquote(element.get("Target", ""))))
                found[element.get("Id", "")] = (kind, target.lstrip("/"))
        return found

    def related(self, part: str, *, kind: str) -> list[str]:
        """The parts to which ``part`` points with relations of one kind (``styles``, ``slide``...)."""
        return [target for relation, target in self.relations(part).values() if relation == kind]

    def metadata(self) -> dict[str, str]:
        """Title, author, language and dates from the core properties, as far as they are there."""
        parts = [part for part in self.related("", kind="core-properties") if part in self._names]
        if not parts:
            return {}
        texts = {local(element): (element.text or "").strip() for element in self.tree(parts[0])}
        return {key: texts[field] for field, key in _CORE.items() if texts.get(field)}


def local(element: Element) -> str:
    """The element's name without its namespace: the strict and the transitional form differ in nothing else."""
    return element.tag.rsplit("}", 1)[-1]


def attribute(element: Element | None, key: str, default: str = "") -> str:
    """The value of an attribute by its local name."""
    if element is not None:
        for name, value in element.attrib.items():
            if name.rsplit("}", 1)[-1] == key:
                return value
    return default


def child(element: Element | None, *path: str) -> Element | None:
    """The first descendant along a path of local names."""
    for step in path:
        element = next((inner for inner in element if local(inner) == step), None) if element is not None else None
    return element
