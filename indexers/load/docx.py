"""DOCX: paragraphs, numbered clauses, lists and tables of a Word document, in order, as a reader sees them.

python-docx opens the file and knows its styles. The text is gathered from its elements: the library's own leaves out
content controls, insertions that are not yet accepted and text boxes, and shows what is hidden.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from indexers.load.build import Reading, TextBuilder, row_line
from indexers.load.elements import Element, attribute, child, local
from indexers.load.limits import LoadLimits
from indexers.load.numbering import Numbering
from indexers.load.package import OfficePackage

if TYPE_CHECKING:
    from docx.document import Document

_HEADING_NAME = re.compile(r"heading (\d)", re.IGNORECASE)
_BREAKS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
# Deleted text, field codes, fall-backs of drawings that are also there in the newer form, and phonetic guides.
_UNSEEN = frozenset({"del", "moveFrom", "instrText", "delText", "Fallback", "rPr", "pPr", "rt"})
_MAX_STYLES_DEEP = 50
_OFF = ("0", "false", "off")


def read_docx(archive: OfficePackage, *, limits: LoadLimits) -> Reading:
    """Read the body and the footnotes; headers, footers and comments are not part of the text."""
    from docx import Document
    from docx.oxml.exceptions import XmlchemyError

    builder = TextBuilder(archive.name, limits)
    with archive.errors_named("the document", XmlchemyError):
        document = Document(archive.file())
        styles = _Styles(document)
        numbering = Numbering(_related(document, "numbering"))
        blocks = (block for element in document.element.body for block in _unwrapped(element))
        _Body(builder, styles, numbering).add(blocks)
        _add_notes(_related(document, "footnotes"), builder)
    metadata = archive.metadata()
    title = metadata.pop("title", "") or styles.title_seen
    return builder.reading(title=title, metadata=metadata.items())


def _related(document: Document, kind: str) -> Element | None:
    """The root of the part to which the document points with this kind of relation."""
    from docx.opc.oxml import parse_xml
    from docx.opc.part import XmlPart

    for relation in document.part.rels.values():
        if not relation.is_external and relation.reltype.endswith(f"/{kind}"):
            part = relation.target_part
            root: Element = part.element if isinstance(part, XmlPart) else parse_xml(part.blob)
            return root
    return None


def _unwrapped(element: Element) -> Iterator[Element]:
    """Paragraphs and tables; content controls are looked through."""
    if local(element) in ("p", "tbl"):
        yield element
    elif local(element) in ("sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag"):
        for inner in element:
            yield from _unwrapped(inner)


class _Styles:
    """What a paragraph's style says: its heading level (from 1), its numbering, whether it is the title.

    ``document.styles`` would refuse styles that leave out their type, as they may.
    """

    def __init__(self, document: Document) -> None:
        styles: Iterable[Element] = document.styles.element
        self._by_id = {attribute(style, "styleId"): style for style in styles if local(style) == "style"}
        self.title_seen = ""

    def chain(self, paragraph: Element) -> Iterator[Element]:
        """The paragraph's style and those it is based on."""
        style_id = attribute(child(paragraph, "pPr", "pStyle"), "val")
        for _ in range(_MAX_STYLES_DEEP):  # they may stand in a circle
            if style_id not in self._by_id:
                return
            yield self._by_id[style_id]
            style_id = attribute(child(self._by_id[style_id], "basedOn"), "val")

    def heading_level(self, paragraph: Element, text: str) -> int:
        """1 to 9 for a heading, 0 for body text; the title of a document is above all headings and counts as 1."""
        own = attribute(child(paragraph, "pPr", "outlineLvl"), "val")
        if own.isdigit():
            return int(own) + 1 if int(own) < 9 else 0
        for style in self.chain(paragraph):
            name = attribute(child(style, "name"), "val")
            if name.lower() == "title":
                self.title_seen = self.title_seen or text
                return 1
            outline = attribute(child(style, "pPr", "outlineLvl"), "val")
            if outline.isdigit():
                return int(outline) + 1 if int(outline) < 9 else 0
            if match := _HEADING_NAME.match(name):
                return int(match[1])
        return 0

    def numbering(self, paragraph: Element) -> tuple[str, int]:
        """The number list and the level (from 0) of a paragraph; "" without one."""
        for element in (paragraph, *self.chain(paragraph)):
            number = child(element, "pPr", "numPr")
            if number is not None and child(number, "numId") is not None:
                level = attribute(child(number, "ilvl"), "val", "0")
                return attribute(child(number, "numId"), "val"), min(int(level), 8) if level.isdigit() else 0
        return "", 0


class _Body:
    """Adds blocks in order and keeps the items of one list together."""

    def __init__(self, builder: TextBuilder, styles: _Styles, numbering: Numbering) -> None:
        self._builder = builder
        self._styles = styles
        self._numbering = numbering
        self._items: list[str] = []

    def add(self, elements: Iterator[Element]) -> None:
        """Add paragraphs and tables."""
        for element in elements:
            if local(element) == "tbl":
                self._end_list()
                self._builder.add("table", "\n".join(line for line in _table_lines(element) if line))
            else:
                self._add_paragraph(element)
        self._end_list()

    def _add_paragraph(self, paragraph: Element) -> None:
        text = _text(paragraph).strip()
        if text:
            list_id, list_level = self._styles.numbering(paragraph)
            label = self._numbering.label(list_id, list_level) if list_id else ""
            level = self._styles.heading_level(paragraph, text)
            if level:
                self._end_list()
                self._builder.add_heading(f"{label} {text}".strip(), level=level)
            elif label:
                self._items.append(f"{'  ' * list_level}{label} {text}")
            else:
                self._end_list()
                self._builder.add("paragraph", text)
        for box in _text_boxes(paragraph):
            self.add(inner for element in box for inner in _unwrapped(element))

    def _end_list(self) -> None:
        self._builder.add("list", "\n".join(self._items))
        self._items.clear()


def _text_boxes(element: Element) -> Iterator[Element]:
    for inner in element:
        if local(inner) == "txbxContent":
            yield inner
        elif local(inner) not in _UNSEEN:
            yield from _text_boxes(inner)


def _text(element: Element) -> str:
    """The visible text of a paragraph, without that of boxes drawn beside it."""
    pieces: list[str] = []
    for inner in element:
        name = local(inner)
        if name == "t":
            pieces.append(inner.text or "")
        elif name in _BREAKS:
            pieces.append(_BREAKS[name])
        elif name == "footnoteReference":
            pieces.append(f"[{attribute(inner, 'id')}]")
        elif name not in _UNSEEN and name != "txbxContent" and not _hidden(inner):
            pieces.append(_text(inner))
    return "".join(pieces)


def _hidden(run: Element) -> bool:
    vanish = child(run, "rPr", "vanish")
    return vanish is not None and attribute(vanish, "val", "1") not in _OFF


def _table_lines(table: Element) -> Iterator[str]:
    """One line a row; a table inside a cell is flattened into it."""
    for row in _inside(table, "tr"):
        yield row_line([_cell_text(cell) for cell in _inside(row, "tc")])


def _inside(element: Element, name: str) -> Iterator[Element]:
    for inner in element:
        if local(inner) == name:
            yield inner
        elif local(inner) in ("sdt", "sdtContent", "customXml", "ins"):
            yield from _inside(inner, name)


def _cell_text(cell: Element) -> str:
    texts: list[str] = []
    for element in cell:
        for inner in _unwrapped(element):
            lines = [_text(inner)] if local(inner) == "p" else _table_lines(inner)
            texts += [line.replace(" | ", " ") for line in lines]
    return " ".join(texts)


def _add_notes(notes: Element | None, builder: TextBuilder) -> None:
    builder.clear_headings()
    for note in () if notes is None else notes:
        text = " ".join(_text(paragraph).strip() for paragraph in note if local(paragraph) == "p").strip()
        if text and not attribute(note, "type"):  # the typed ones are separator lines
            builder.add("paragraph", f"[{attribute(note, 'id')}] {text}")
