"""PPTX: the slides of a presentation as pages, with titles, lists, tables, charts and notes, read by python-pptx."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from indexers.load.build import Reading, TextBuilder, one_line
from indexers.load.chart import chart_rows, chart_title
from indexers.load.elements import Element, attribute, child, local
from indexers.load.headers import label_rows
from indexers.load.limits import LoadLimits
from indexers.load.package import OfficePackage
from indexers.load.spans import SpannedRows, SpanningCell

if TYPE_CHECKING:
    from pptx.shapes.base import BaseShape
    from pptx.slide import NotesSlide, Slide

_TITLES = ("TITLE", "CENTER_TITLE")
_CONTENTS = ("BODY", "OBJECT")
_FURNITURE = ("DATE", "FOOTER", "SLIDE_NUMBER", "SLIDE_IMAGE", "HEADER")  # the same on every slide
_OFF = ("0", "false")


def read_pptx(archive: OfficePackage, *, limits: LoadLimits) -> Reading:
    """Read the slides that are shown, each under its title; a hidden slide keeps its number and gives no text."""
    from pptx import Presentation
    from pptx.exc import PythonPptxError

    builder = TextBuilder(archive.name, limits)
    hidden: list[str] = []
    number = 0
    with archive.errors_named("the presentation", PythonPptxError):
        for number, slide in enumerate(Presentation(archive.file()).slides, start=1):
            if slide.element.get("show", "1") in _OFF:
                hidden.append(str(number))
                continue
            builder.clear_headings()
            _add_slide(builder, slide, page=number)
            if slide.has_notes_slide:
                _add_notes(builder, slide.notes_slide, page=number)
    metadata = archive.metadata()
    title = metadata.pop("title", "")
    pairs = [*metadata.items(), ("hidden_slides", ", ".join(hidden))]
    return builder.reading(page_count=number, title=title, metadata=pairs)


def _add_slide(builder: TextBuilder, slide: Slide, *, page: int) -> None:
    shapes = [(shape, _role(shape)) for shape in _shapes(slide.element, slide)]
    for shape, role in shapes:
        if role in _TITLES:
            builder.add_heading(" ".join(_paragraphs(shape.element)), level=1, page=page)
    for shape, role in shapes:
        if role in _TITLES or role in _FURNITURE:
            continue
        if getattr(shape, "has_table", False):
            _add_table(builder, shape.element, page=page)
        elif local(shape.element) == "graphicFrame":
            _add_graphic(builder, shape, page=page)
        else:
            _add_text(builder, _paragraphs(shape.element), role=role, page=page)


def _add_table(builder: TextBuilder, shape: Element, *, page: int) -> None:
    """Add a table; merged cells stand in each row and column that they take."""
    spans = SpannedRows(fill_wide=True)
    # Not `table.rows`, which looks each row up from the first on.
    rows = [spans.row(_cells(row)) for row in _inside(shape, "tr")]
    says_header = any(attribute(properties, "firstRow", "0") not in _OFF for properties in _inside(shape, "tblPr"))
    builder.add_table(rows, page=page, header_rows=int(says_header and len(rows) > 1) or label_rows(rows))


def _add_graphic(builder: TextBuilder, shape: BaseShape, *, page: int) -> None:
    """Add what a frame shows that is a part of its own: a chart as a table, a diagram as a list of its texts."""
    for place in _inside(shape.element, "graphicData"):
        for shown in place:
            relation_id = attribute(shown, "id" if local(shown) == "chart" else "dm")
            if local(shown) not in ("chart", "relIds") or relation_id not in shape.part.rels:
                continue
            root = ET.fromstring(shape.part.related_part(relation_id).blob)  # noqa: S314  # checked: no document type
            if local(shown) == "chart":
                builder.add("paragraph", chart_title(root), page=page)
                builder.add_table(chart_rows(root), page=page, header_rows=1)
            else:
                texts = [text for point in _inside(root, "pt") for text in _paragraphs(point)]
                builder.add("list", "\n".join(map(_item, texts)), page=page)


def _add_text(builder: TextBuilder, paragraphs: list[str], *, role: str, page: int) -> None:
    if role in _CONTENTS and len(paragraphs) > 1:
        builder.add("list", "\n".join(map(_item, paragraphs)), page=page)
    else:
        builder.add("paragraph", "\n".join(paragraphs), page=page)


def _item(text: str) -> str:
    """The paragraph with a bullet after its indentation."""
    bare = text.lstrip()
    return f"{text[: len(text) - len(bare)]}- {bare}"


def _add_notes(builder: TextBuilder, notes: NotesSlide, *, page: int) -> None:
    texts = [
        text
        for shape in _shapes(notes.element, notes)
        if _role(shape) not in _FURNITURE
        for text in _paragraphs(shape.element)
    ]
    if texts:
        builder.add("paragraph", "Notes: " + "\n".join(texts), page=page)


def _shapes(tree: Element, slide: Slide | NotesSlide) -> Iterator[BaseShape]:
    """Shapes and graphic frames in the order of the file, groups opened.

    ``slide.shapes`` would leave out those that a newer PowerPoint wraps for older ones: every text with an equation.
    """
    from pptx.shapes.shapetree import SlideShapeFactory

    for element in tree:
        kind = local(element)
        if kind.startswith(("nv", "grpSpPr")) or _hidden(element):
            continue
        if kind in ("cSld", "spTree", "grpSp", "AlternateContent", "Choice"):
            yield from _shapes(element, slide)
        elif kind in ("sp", "graphicFrame"):
            yield SlideShapeFactory(element, slide)  # type: ignore[arg-type]  # elements of python-pptx all the same


def _hidden(shape: Element) -> bool:
    properties = next((inner for inner in shape if local(inner).startswith("nv")), None)
    return attribute(child(properties, "cNvPr"), "hidden", "0") not in _OFF


def _role(shape: BaseShape) -> str:
    """The role of a placeholder, or "" for a shape that is none."""
    return shape.placeholder_format.type.name if shape.is_placeholder else ""


def _paragraphs(shape: Element) -> list[str]:
    """The paragraphs of a shape's text, indented by their level."""
    texts: list[str] = []
    for paragraph in _inside(shape, "p"):
        level = attribute(child(paragraph, "pPr"), "lvl", "0")
        if text := _text(paragraph).strip():
            texts.append("  " * (min(int(level), 8) if level.isdigit() else 0) + text)
    return texts


def _cells(row: Element) -> Iterator[SpanningCell]:
    for cell in row:
        # The cells that a merged one covers are there as well, and say so.
        if local(cell) == "tc" and "1" not in (attribute(cell, "hMerge"), attribute(cell, "vMerge")):
            wide, high = attribute(cell, "gridSpan", "1"), attribute(cell, "rowSpan", "1")
            text = one_line(" ".join(map(_text, _inside(cell, "p"))))
            yield SpanningCell(text, int(wide) if wide.isdigit() else 1, int(high) if high.isdigit() else 1)


def _text(paragraph: Element) -> str:
    """The text with that of fields and equations, which python-pptx leaves out."""
    pieces: list[str] = []
    for inner in paragraph:
        if local(inner) == "t":
            pieces.append(inner.text or "")
        elif local(inner) == "br":
            pieces.append(" ")
        else:
            pieces.append(_text(inner))
    return "".join(pieces)


def _inside(element: Element, name: str) -> Iterator[Element]:
    for inner in element:
        if local(inner) == name:
            yield inner
        else:
            yield from _inside(inner, name)
