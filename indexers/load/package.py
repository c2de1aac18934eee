"""Office packages (DOCX, PPTX, XLSX) made ready for the libraries: checked, transitional, no dangling relations."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from urllib.parse import unquote
from xml.etree import ElementTree as ET

from indexers.errors import LimitExceeded
from indexers.load.archive import Archive
from indexers.load.elements import local
from indexers.load.limits import LoadLimits

_TYPES = "[Content_Types].xml"
_CORE = {"title": "title", "creator": "author", "language": "language", "created": "created", "modified": "modified"}
_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/(\w+)")
_OFFICE = rb"application/vnd.openxmlformats-officedocument."
_MAIN_TYPES = (  # templates, shows and files with macros, which differ in nothing that is read
    (
        re.compile(rb"application/vnd\.ms-word\.\w+\.macroEnabled\w*\.main\+xml"),
        _OFFICE + rb"wordprocessingml.document",
    ),
    (re.compile(_OFFICE + rb"wordprocessingml\.template\.main\+xml"), _OFFICE + rb"wordprocessingml.document"),
    (
        re.compile(rb"application/vnd\.ms-powerpoint\.\w+\.macroEnabled\.main\+xml"),
        _OFFICE + rb"presentationml.presentation",
    ),
    (
        re.compile(_OFFICE + rb"presentationml\.(?:slideshow|template)\.main\+xml"),
        _OFFICE + rb"presentationml.presentation",
    ),
)
_TRANSITIONAL = rb"http://schemas.openxmlformats.org/\1/2006/\2"


class OfficePackage(Archive):
    """A package that is safe to open; ``file()`` is what a library reads.

    Raises:
        DamagedFile: As `Archive`; or it has no main document, or a part a document type.
        LimitExceeded: As `Archive`; or too many relations or elements.
    """

    def __init__(self, data: bytes, *, name: str, limits: LoadLimits) -> None:
        super().__init__(data, name=name, limits=limits)
        for part in self._xml_parts():
            self.check_xml(part)
        if not {_TYPES, "_rels/.rels"} <= self.names:
            self.damaged("it holds no main document")

    def file(self, *, without: frozenset[str] = frozenset()) -> io.BytesIO:
        """The package as the libraries take it: in the transitional form, without relations to parts not there.

        Word and Excel save the strict form on request and leave dangling relations behind; each makes python-docx or
        openpyxl refuse the file, or find nothing in it. The parts of ``without`` are left out.
        """
        strict = _STRICT.search(self.read("_rels/.rels")) is not None
        changed: dict[str, bytes | None] = dict.fromkeys(without & self.names)
        relations = 0
        for part in self._xml_parts():
            if part.endswith(".rels"):
                content, internal = self._without_dangling(part)
                relations += internal
            elif strict or part == _TYPES:
                content = self.read(part)
                for main_type, plain in _MAIN_TYPES if part == _TYPES else ():
                    content = main_type.sub(plain + b".main+xml", content)
            else:
                continue
            content = _STRICT.sub(_TRANSITIONAL, content) if strict else content
            if content != self.read(part):
                changed[part] = content
        # python-docx walks them in a time that grows with parts times relations.
        if relations > 2 * self._limits.zip_entries:
            message = f"{self.name} holds {relations:,} relations, more than twice zip_entries"
            raise LimitExceeded(message)
        return self._rewritten(changed) if changed else io.BytesIO(self._data)

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

    def _without_dangling(self, part: str) -> tuple[bytes, int]:
        """The relations of a part without those to parts that are not there, and how many point inside."""
        content, root = self.read(part), self.root(part)
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
                content = changed[name] if name in changed else self.read(name)
                if content is not None:
                    target.writestr(name, content)
        file.seek(0)
        return file
