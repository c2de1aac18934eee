"""DOCX: paragraphs, numbered clauses, lists and tables of a Word document, in order, as a reader sees them.

python-docx opens the file and knows its styles. The text is gathered from its elements: the library's own leaves out
content controls, insertions that are not yet accepted and text boxes, and shows what is hidden.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from indexers.load.build import Reading, TextBuilder
from indexers.load.chart import chart_rows, chart_title
from indexers.load.docx_parts import add_parts, related
from indexers.load.elements import Element, attribute, child, local
from indexers.load.headers import label_rows
from indexers.load.limits import LoadLimits
from indexers.load.numbering import Numbering
from indexers.load.package import OfficePackage

if TYPE_CHECKING:
    from docx.document import Document
    from docx.opc.rel import _Relationship

_HEADING_NAME = re.compile(r"heading (\d)", re.IGNORECASE)
_MARKS = {"footnoteReference": "", "endnoteReference": "e"}
_BREAKS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
# Deleted text, field codes, fall-backs of drawings that are also there in the newer form, and phonetic guides.
_UNSEEN = frozenset({"del", "moveFrom", "instrText", "delText", "Fallback", "rPr", "pPr", "rt"})
_MAX_STYLES_DEEP = 50
_MAX_SPAN = 100
_OFF = ("0", "false", "off")


def read_docx(archive: OfficePackage, *, limits: LoadLimits) -> Reading:
    """Read the body with its charts, then notes, comments, and the lines above and below the pages, each once."""
    from docx import Document
    from docx.oxml.exceptions import XmlchemyError

    builder = TextBuilder(archive.name, limits)
    with archive.errors_named("the document", XmlchemyError):
        document = Document(archive.file())
        styles = _Styles(document)
        numbering = Numbering(next(related(document, "numbering"), None))
        blocks = (block for element in document.element.body for block in _unwrapped(element))
        relations = {relation.rId: relation for relation in document.part.rels.values() if not relation.is_external}
        _Body(builder, styles, numbering, relations).add(blocks)
        add_parts(builder, document, _text)
    metadata = archive.metadata()
    title = metadata.pop("title", "") or styles.title_seen
    return builder.reading(title=title, metadata=metadata.items())


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

    def __init__(
        self, builder: TextBuilder, styles: _Styles, numbering: Numbering, relations: dict[str, _Relationship]
    ) -> None:
        self._builder = builder
        self._styles = styles
        self._numbering = numbering
        self._relations = relations
        self._items: list[str] = []

    def add(self, elements: Iterator[Element]) -> None:
        """Add paragraphs and tables."""
        for element in elements:
            if local(element) == "tbl":
                self._end_list()
                rows, said = _table_rows(element)
                self._builder.add_table(rows, header_rows=said or label_rows(rows))
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
        for box in _drawn(paragraph):
            if local(box) == "txbxContent":
                self.add(inner for element in box for inner in _unwrapped(element))
            else:
                self._add_chart(attribute(box, "id"))

    def _add_chart(self, relation_id: str) -> None:
        relation = self._relations.get(relation_id)
        if relation is not None and relation.reltype.endswith("/chart"):
            root = ET.fromstring(relation.target_part.blob)  # noqa: S314  # has no document type: checked
            self._end_list()
            self._builder.add("paragraph", chart_title(root))
            self._builder.add_table(chart_rows(root), header_rows=1)

    def _end_list(self) -> None:
        self._builder.add("list", "\n".join(self._items))
        self._items.clear()


def _drawn(element: Element) -> Iterator[Element]:
    """The text boxes and charts that are anchored in a paragraph."""
    for inner in element:
        if local(inner) in ("txbxContent", "chart"):
            yield inner
        elif local(inner) not in _UNSEEN:
            yield from _drawn(inner)


def _text(element: Element) -> str:
    """The visible text of a paragraph, without that of boxes drawn beside it."""
    pieces: list[str] = []
    for inner in element:
        name = local(inner)
        if name == "t":
            pieces.append(inner.text or "")
        elif name in _BREAKS:
            pieces.append(_BREAKS[name])
        elif name in _MARKS:
            pieces.append(f"[{_MARKS[name]}{attribute(inner, 'id')}]")
        elif name not in _UNSEEN and name != "txbxContent" and not _hidden(inner):
            pieces.append(_text(inner))
    return "".join(pieces)


def _hidden(run: Element) -> bool:
    return _is_on(child(run, "rPr", "vanish"))


def _table_rows(table: Element) -> tuple[list[list[str]], int]:
    """The rows, and how many of the first the document says are the header; a table inside a cell is flattened."""
    rows: list[list[str]] = []
    above: list[str] = []
    said = 0
    for row in _inside(table, "tr"):
        if _is_on(child(row, "trPr", "tblHeader")) and said == len(rows):
            said += 1
        filled, has_text = _row(row, above)
        rows.append(filled if has_text else [])
        above = filled
    return rows, said


def _row(row: Element, above: list[str]) -> tuple[list[str], bool]:
    """The texts by column, and whether the row has any of its own.

    Merged cells stand in each row and column that they take, a title over a whole row once.
    """
    cells: list[str] = [""] * _number(child(row, "trPr", "gridBefore"))
    own = [(cell, _cell_text(cell)) for cell in _inside(row, "tc")]
    alone = sum(bool(text) for _, text in own) < 2
    for cell, text in own:
        merge = child(cell, "tcPr", "vMerge")
        goes_on = merge is not None and attribute(merge, "val", "continue") == "continue"
        shown = above[len(cells)] if goes_on and len(cells) < len(above) else text
        wide = max(_number(child(cell, "tcPr", "gridSpan")), 1)
        cells += [shown, *[""] * (wide - 1)] if alone else [shown] * wide
    return cells, any(text for _, text in own)


def _number(element: Element | None) -> int:
    value = attribute(element, "val", "0")
    return min(int(value), _MAX_SPAN) if value.isdigit() else 0


def _is_on(element: Element | None) -> bool:
    return element is not None and attribute(element, "val", "1") not in _OFF


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
            if local(inner) == "p":
                texts.append(_text(inner))
            else:
                texts += [" ".join(filter(None, row)) for row in _table_rows(inner)[0]]
    return " ".join(texts)
