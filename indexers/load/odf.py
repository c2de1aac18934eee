"""OpenDocument packages: what texts, sheets and presentations have in common.

The XML is read directly: it holds every value as it is shown, and the libraries for it (odfpy, odfdo) offer the same
tree again, in more memory, without the limits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.etree import ElementTree as ET

from indexers.errors import EncryptedFile
from indexers.load.archive import Archive
from indexers.load.elements import attribute, child, local
from indexers.load.limits import LoadLimits

_META = {
    "title": "title", "initial-creator": "author", "creator": "author", "language": "language",
    "creation-date": "created", "date": "modified",
}  # fmt: skip
_UNSEEN = frozenset(
    {"tracked-changes", "annotation", "annotation-end", "note", "ruby-text", "hidden-text", "desc", "title"}
)
_MANIFEST = "META-INF/manifest.xml"
_MAX_SPACES = 100
_MAX_STYLES_DEEP = 50


class OdfDocument:
    """The checked content of a package: its ``body``, what its styles say, and its metadata.

    Raises:
        DamagedFile: As `Archive`; or it has no content.
        EncryptedFile: It asks for a password.
        LimitExceeded: As `Archive`; or it is too deep, or holds too many elements.
    """

    def __init__(self, data: bytes, kind: str, *, name: str, limits: LoadLimits) -> None:
        self.archive = Archive(data, name=name, limits=limits)
        if _MANIFEST in self.archive.names and b"encryption-data" in self.archive.read(_MANIFEST):
            message = f"{name} is an encrypted OpenDocument file"
            raise EncryptedFile(message)
        content = self._root("content.xml")
        body = child(content, "body", kind)
        if not isinstance(body, ET.Element):
            self.archive.damaged("it has no content")
        self.body = body
        self._styles: dict[tuple[str, str], ET.Element] = {}
        for root in (self._root("styles.xml") if "styles.xml" in self.archive.names else None, content):
            for group in () if root is None else root:
                if local(group) in ("styles", "automatic-styles"):
                    self._styles.update(
                        {(attribute(style, "family"), attribute(style, "name")): style for style in group}
                    )

    def _root(self, part: str) -> ET.Element:
        self.archive.check_xml(part)
        return self.archive.root(part)

    def style(self, family: str, element: ET.Element, key: str = "style-name") -> Iterator[ET.Element]:
        """The style that an element names, and those it is based on."""
        name = attribute(element, key)
        for _ in range(_MAX_STYLES_DEEP):  # they may stand in a circle
            style = self._styles.get((family, name))
            if style is None:
                return
            yield style
            name = attribute(style, "parent-style-name")

    def property(self, family: str, element: ET.Element, key: str) -> str:
        """What an element's style says of one property; "" where it says nothing."""
        for style in self.style(family, element):
            for group in style:
                if value := attribute(group, key):
                    return value
        return ""

    def metadata(self) -> dict[str, str]:
        """Title, author, language and dates, as far as they are there."""
        found: dict[str, str] = {}
        if "meta.xml" in self.archive.names:
            for element in child(self._root("meta.xml"), "meta") or ():
                key = _META.get(local(element))
                if key and element.text and element.text.strip():
                    found.setdefault(key, element.text.strip())
        return found

    def is_hidden(self, element: ET.Element) -> bool:
        """Whether a span, paragraph or section is not shown."""
        if attribute(element, "display") == "none":
            return True
        family = "paragraph" if local(element) in ("p", "h") else "text"
        return self.property(family, element, "display") == "none"

    def text(self, element: ET.Element) -> str:
        """The text of a paragraph as it is shown; a footnote gives its mark, a box beside the text nothing."""
        pieces = [element.text or ""]
        for inner in element:
            name = local(inner)
            if name == "s":
                count = attribute(inner, "c", "1")
                pieces.append(" " * min(int(count) if count.isdigit() else 1, _MAX_SPACES))
            elif name == "tab":
                pieces.append("\t")
            elif name == "line-break":
                pieces.append("\n")
            elif name == "note":
                pieces.append(f"[{self.note_mark(inner)}]")
            elif name not in _UNSEEN and name not in ("frame", "custom-shape", "g") and not self.is_hidden(inner):
                pieces.append(self.text(inner))
            pieces.append(inner.tail or "")
        return "".join(pieces)

    def note_mark(self, note: ET.Element) -> str:
        """The number or sign of a footnote."""
        citation = child(note, "note-citation")
        return (citation.text or "").strip() if citation is not None else ""

    def paragraphs(self, elements: Iterable[ET.Element]) -> Iterator[str]:
        """The paragraphs anywhere in them, as texts that are not blank."""
        for inner in elements:
            if local(inner) in ("p", "h"):
                if not self.is_hidden(inner) and (text := self.text(inner).strip()):
                    yield text
                yield from self._beside(inner)
            elif local(inner) not in _UNSEEN and not self.is_hidden(inner):
                yield from self.paragraphs(inner)

    def _beside(self, paragraph: ET.Element) -> Iterator[str]:
        for inner in paragraph:
            if local(inner) in ("frame", "custom-shape", "g"):
                yield from self.paragraphs(inner)

    def inside(self, element: ET.Element, name: str) -> Iterator[ET.Element]:
        """All elements of one name, in order, also those inside others."""
        return (inner for inner in element.iter() if local(inner) == name)
