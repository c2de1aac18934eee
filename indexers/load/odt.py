"""ODT: headings, paragraphs, lists and tables of an OpenDocument text, then its footnotes and comments."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from indexers.load.build import Reading, TextBuilder, one_line
from indexers.load.elements import attribute, child, local
from indexers.load.headers import label_rows
from indexers.load.limits import LoadLimits
from indexers.load.odf import OdfDocument

_CONTAINERS = frozenset({
    "section", "index-body", "table-of-content", "alphabetical-index", "bibliography", "illustration-index",
    "user-index", "index-title", "frame", "text-box", "g", "custom-shape", "numbered-paragraph",
})  # fmt: skip
_MAX_REPEATED = 1000
_MAX_LIST_LEVELS = 10


def read_odt(data: bytes, *, name: str, limits: LoadLimits) -> Reading:
    """Read the text as it is shown: deletions that are only tracked, and what is hidden, are left out."""
    builder = TextBuilder(name, limits)
    document = OdfDocument(data, "text", name=name, limits=limits)
    with document.archive.errors_named("the document"):
        body = _Body(builder, document)
        body.add(document.body)
        body.add_notes()
    metadata = document.metadata()
    title = metadata.pop("title", "") or body.title_seen
    return builder.reading(title=title, metadata=metadata.items())


class _Body:
    def __init__(self, builder: TextBuilder, document: OdfDocument) -> None:
        self.title_seen = ""
        self._builder = builder
        self._document = document

    def add(self, elements: Iterable[ET.Element]) -> None:
        """Add headings, paragraphs, lists and tables in order."""
        for element in elements:
            name = local(element)
            if name in ("p", "h"):
                self._add_paragraph(element)
            elif name == "list":
                self._builder.add("list", "\n".join(self._items(element, 1, "")))
            elif name == "table":
                self._add_table(element)
            elif name in _CONTAINERS and not self._document.is_hidden(element):
                self.add(element)

    def _add_paragraph(self, element: ET.Element) -> None:
        if self._document.is_hidden(element):
            return
        text = self._document.text(element).strip()
        styles = {attribute(style, "parent-style-name") for style in self._document.style("paragraph", element)}
        level = attribute(element, "outline-level", "1")
        if local(element) == "h" and level.isdigit():
            self._builder.add_heading(text, level=int(level))
        elif "Title" in styles | {attribute(element, "style-name")} and text:
            self.title_seen = self.title_seen or text
            self._builder.add_heading(text, level=0)
        else:
            self._builder.add("paragraph", text)
        self.add(inner for inner in element if local(inner) in ("frame", "custom-shape", "g"))

    def _items(self, element: ET.Element, level: int, style_name: str) -> Iterable[str]:
        style_name = attribute(element, "style-name") or style_name
        numbered = self._is_numbered(style_name, level)
        number = 0
        for item in element:
            if local(item) not in ("list-item", "list-header"):
                continue
            number += local(item) == "list-item"
            label = f"{number}." if numbered else "-"
            for inner in item:
                if local(inner) == "list" and level < _MAX_LIST_LEVELS:
                    yield from self._items(inner, level + 1, style_name)
                elif text := " ".join(self._document.paragraphs([inner])).strip():
                    yield f"{'  ' * (level - 1)}{label} {one_line(text)}"
                    label = " " * len(label)

    def _is_numbered(self, style_name: str, level: int) -> bool:
        style = next(self._document.style("", ET.Element("list", {"style-name": style_name})), None)
        for entry in () if style is None else style:
            if attribute(entry, "level") == str(level):
                return local(entry) == "list-level-style-number" and bool(attribute(entry, "num-format"))
        return False

    def _add_table(self, table: ET.Element) -> None:
        rows = [self._cells(row) for row in self._rows(table)]
        said = sum(1 for group in table if local(group) == "table-header-rows" for _ in self._rows(group))
        self._builder.add_table(rows, header_rows=said or label_rows(rows))

    def _rows(self, table: ET.Element) -> Iterable[ET.Element]:
        for inner in table:
            if local(inner) == "table-row":
                yield inner
            elif local(inner) in ("table-header-rows", "table-rows", "table-row-group"):
                yield from self._rows(inner)

    def _cells(self, row: ET.Element) -> list[str]:
        cells: list[str] = []
        for cell in row:
            if local(cell) in ("table-cell", "covered-table-cell"):
                text = " ".join(self._document.paragraphs(cell))
                repeated = attribute(cell, "number-columns-repeated", "1")
                cells += [one_line(text)] * min(int(repeated), _MAX_REPEATED)
        return cells

    def add_notes(self) -> None:
        """Add footnotes and endnotes under their marks, then the comments."""
        self._builder.clear_headings()
        for note in self._document.inside(self._document.body, "note"):
            body = child(note, "note-body")
            text = " ".join(self._document.paragraphs(body)) if isinstance(body, ET.Element) else ""
            if text:
                self._builder.add("paragraph", f"[{self._document.note_mark(note)}] {text}")
        for comment in self._document.inside(self._document.body, "annotation"):
            self._builder.add("paragraph", comment_line(self._document, comment))


def comment_line(document: OdfDocument, comment: ET.Element) -> str:
    """A comment with its author on one line; "" for one without text."""
    text = " ".join(document.paragraphs(comment))
    creator = child(comment, "creator")
    author = (creator.text or "").strip() if creator is not None else ""
    return one_line(f"Comment ({author}): {text}" if author else f"Comment: {text}") if text else ""
