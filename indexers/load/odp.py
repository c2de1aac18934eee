"""ODP: the slides of an OpenDocument presentation as pages, with titles, lists, tables and speaker notes."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from indexers.load.build import Reading, TextBuilder, one_line
from indexers.load.elements import attribute, local
from indexers.load.headers import label_rows
from indexers.load.limits import LoadLimits
from indexers.load.odf import OdfDocument

_FURNITURE = ("date-time", "footer", "header", "page-number", "page")  # the same on every slide
_SHAPES = ("frame", "custom-shape", "rect", "ellipse", "polygon", "path", "line", "connector", "caption")
_MAX_REPEATED = 1000


def read_odp(data: bytes, *, name: str, limits: LoadLimits) -> Reading:
    """Read the slides that are shown, each under its title; a hidden slide keeps its number and gives no text."""
    builder = TextBuilder(name, limits)
    document = OdfDocument(data, "presentation", name=name, limits=limits)
    slides = [slide for slide in document.body if local(slide) == "page"]
    hidden: list[str] = []
    with document.archive.errors_named("the presentation"):
        for number, slide in enumerate(slides, start=1):
            if document.property("drawing-page", slide, "visibility") == "hidden":
                hidden.append(str(number))
            else:
                builder.clear_headings()
                _add_slide(builder, document, slide, page=number)
    metadata = document.metadata()
    title = metadata.pop("title", "")
    pairs = [*metadata.items(), ("hidden_slides", ", ".join(hidden))]
    return builder.reading(page_count=len(slides), title=title, metadata=pairs)


def _add_slide(builder: TextBuilder, document: OdfDocument, slide: ET.Element, *, page: int) -> None:
    shapes = [(shape, attribute(shape, "class")) for shape in _shapes(slide)]
    for shape, role in shapes:
        if role == "title":
            builder.add_heading(" ".join(document.paragraphs(shape)), level=1, page=page)
    for shape, role in shapes:
        tables = [inner for inner in shape if local(inner) == "table"]
        if tables:
            rows = [_cells(document, row) for row in document.inside(tables[0], "table-row")]
            builder.add_table(rows, page=page, header_rows=label_rows(rows))
        elif role not in (*_FURNITURE, "title"):
            _add_text(builder, document, shape, page=page)
    for notes in slide:
        if local(notes) == "notes":
            texts = [
                text
                for shape in _shapes(notes)
                if attribute(shape, "class") not in _FURNITURE
                for text in document.paragraphs(shape)
            ]
            builder.add("paragraph", "Notes: " + "\n".join(texts) if texts else "", page=page)


def _add_text(builder: TextBuilder, document: OdfDocument, shape: ET.Element, *, page: int) -> None:
    lists = [inner for inner in shape.iter() if local(inner) == "list"]
    items = [line for element in lists[:1] for line in _items(document, element, 0)]
    texts = list(document.paragraphs(shape))
    if len(items) > 1 and len(items) == len(texts):
        builder.add("list", "\n".join(items), page=page)
    else:
        builder.add("paragraph", "\n".join(texts), page=page)


def _items(document: OdfDocument, element: ET.Element, level: int) -> Iterator[str]:
    for item in element:
        for inner in item:
            if local(inner) == "list":
                yield from _items(document, inner, level + 1)
            elif local(inner) == "p" and (text := document.text(inner).strip()):
                yield f"{'  ' * level}- {one_line(text)}"


def _shapes(element: ET.Element) -> Iterator[ET.Element]:
    """The shapes of a page in order, groups opened."""
    for inner in element:
        if local(inner) == "g":
            yield from _shapes(inner)
        elif local(inner) in _SHAPES:
            yield inner


def _cells(document: OdfDocument, row: ET.Element) -> list[str]:
    cells: list[str] = []
    for cell in row:
        if local(cell) in ("table-cell", "covered-table-cell"):
            repeated = attribute(cell, "number-columns-repeated", "1")
            cells += [one_line(" ".join(document.paragraphs(cell)))] * min(int(repeated), _MAX_REPEATED)
    return cells
