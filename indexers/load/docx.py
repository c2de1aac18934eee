"""DOCX: paragraphs, numbered clauses, lists and tables of a Word document, in order, as a reader sees them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from indexers.load.build import Reading, TextBuilder, row_line
from indexers.load.limits import LoadLimits
from indexers.load.numbering import Numbering
from indexers.load.ooxml import Package, attribute, child, local

_HEADING_NAME = re.compile(r"heading (\d)", re.IGNORECASE)
_BREAKS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
# Deleted text, field codes, fall-backs of drawings that are also there in the newer form, and phonetic guides.
_UNSEEN = frozenset({"del", "moveFrom", "instrText", "delText", "Fallback", "rPr", "pPr", "rt"})
_OFF = ("0", "false", "off")


def read_docx(package: Package, *, limits: LoadLimits) -> Reading:
    """Read the body and the footnotes; headers, footers and comments are not part of the text."""
    builder = TextBuilder(package.name, limits)
    styles = _Styles(package)
    numbering = Numbering(_parts(package, "numbering"))
    _Body(builder, styles, numbering).add(_blocks(package))
    _add_notes(package, builder)
    metadata = package.metadata()
    title = metadata.pop("title", "") or styles.title_seen
    return builder.reading(title=title, metadata=metadata.items())


def _parts(package: Package, kind: str) -> Element | None:
    parts = [part for part in package.related(package.main, kind=kind) if part in package]
    return package.tree(parts[0]) if parts else None


def _blocks(package: Package) -> Iterator[Element]:
    """Paragraphs and tables of the body; content controls are looked through."""
    for element in package.elements(package.main, lambda _, depth: depth == 3):
        yield from _unwrapped(element)


def _unwrapped(element: Element) -> Iterator[Element]:
    if local(element) in ("p", "tbl"):
        yield element
    elif local(element) in ("sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag"):
        for inner in element:
            yield from _unwrapped(inner)


class _Styles:
    """What a paragraph's style says: its heading level (from 1), its numbering, whether it is the title."""

    def __init__(self, package: Package) -> None:
        root = _parts(package, "styles")
        styles = [] if root is None else [style for style in root if local(style) == "style"]
        self._by_id = {attribute(style, "styleId"): style for style in styles}
        self.title_seen = ""

    def chain(self, style_id: str) -> Iterator[Element]:
        """The style and those it is based on."""
        seen: set[str] = set()
        while style_id in self._by_id and style_id not in seen:
            seen.add(style_id)
            style = self._by_id[style_id]
            yield style
            style_id = attribute(child(style, "basedOn"), "val")

    def heading_level(self, paragraph: Element, text: str) -> int:
        """1 to 9 for a heading, 0 for body text; the title of a document is above all headings and counts as 1."""
        own = attribute(child(paragraph, "pPr", "outlineLvl"), "val")
        if own.isdigit():
            return int(own) + 1 if int(own) < 9 else 0
        for style in self.chain(attribute(child(paragraph, "pPr", "pStyle"), "val")):
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
        properties = [child(paragraph, "pPr")]
        properties += [child(style, "pPr") for style in self.chain(attribute(child(properties[0], "pStyle"), "val"))]
        for property_ in properties:
            number = child(property_, "numPr")
            if number is not None and child(number, "numId") is not None:
                level = attribute(child(number, "ilvl"), "val", "0")
                return attribute(child(number, "numId"), "val"), int(level) if level.isdigit() else 0
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


def _add_notes(package: Package, builder: TextBuilder) -> None:
    notes = _parts(package, "footnotes")
    builder.clear_headings()
    for note in () if notes is None else notes:
        text = " ".join(_text(paragraph).strip() for paragraph in note if local(paragraph) == "p").strip()
        if text and not attribute(note, "type"):  # the typed ones are separator lines
            builder.add("paragraph", f"[{attribute(note, 'id')}] {text}")
