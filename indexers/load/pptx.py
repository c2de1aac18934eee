"""PPTX: the slides of a presentation as pages, with titles, lists, tables and speaker notes."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from indexers.load.build import Reading, TextBuilder, row_line
from indexers.load.limits import LoadLimits
from indexers.load.ooxml import Package, attribute, child, local

_TITLES = ("title", "ctrTitle")
_FURNITURE = ("dt", "ftr", "sldNum", "sldImg", "hdr")  # dates, footers and numbers, the same on every slide
_OFF = ("0", "false")


def read_pptx(package: Package, *, limits: LoadLimits) -> Reading:
    """Read the slides that are shown, each under its title; a hidden slide keeps its number and gives no text."""
    builder = TextBuilder(package.name, limits)
    slides = _slides(package)
    hidden: list[str] = []
    for number, part in enumerate(slides, start=1):
        slide = package.tree(part)
        if attribute(slide, "show", "1") in _OFF:
            hidden.append(str(number))
            continue
        builder.clear_headings()
        _add_slide(builder, slide, page=number)
        for notes in package.related(part, kind="notesSlide"):
            if notes in package:
                _add_notes(builder, package.tree(notes), page=number)
    metadata = package.metadata()
    title = metadata.pop("title", "")
    pairs = [*metadata.items(), ("hidden_slides", ", ".join(hidden))]
    return builder.reading(page_count=len(slides), title=title, metadata=pairs)


def _slides(package: Package) -> list[str]:
    """The parts of the slides in the order of the presentation, which is not that of their names."""
    relations = package.relations(package.main)
    listed = child(package.tree(package.main), "sldIdLst")
    ids = [
        value
        for entry in (listed if listed is not None else ())
        for name, value in entry.attrib.items()
        if name.endswith("}id")
    ]
    slides = [relations[id_][1] for id_ in ids if id_ in relations]
    missing = [part for part in slides if part not in package]
    if missing:
        package.damaged(f"slide {missing[0]!r} is missing")
    return slides


def _add_slide(builder: TextBuilder, slide: Element, *, page: int) -> None:
    shapes = list(_shapes(child(slide, "cSld", "spTree")))
    titles = [shape for shape in shapes if _placeholder(shape) in _TITLES]
    for shape in titles:
        builder.add_heading(" ".join(_paragraphs(shape)), level=1, page=page)
    for shape in shapes:
        role = _placeholder(shape)
        if role in _TITLES or role in _FURNITURE:
            continue
        if local(shape) == "graphicFrame":
            rows = [row for row in shape.iter() if local(row) == "tr"]
            builder.add("table", "\n".join(line for row in rows if (line := _row_line(row))), page=page)
        else:
            _add_text(builder, shape, role=role, page=page)


def _add_text(builder: TextBuilder, shape: Element, *, role: str | None, page: int) -> None:
    paragraphs = _paragraphs(shape)
    if role in ("body", "obj", "") and len(paragraphs) > 1:
        builder.add("list", "\n".join(map(_item, paragraphs)), page=page)
    else:
        builder.add("paragraph", "\n".join(paragraphs), page=page)


def _item(text: str) -> str:
    """The paragraph with a bullet after its indentation."""
    bare = text.lstrip()
    return f"{text[: len(text) - len(bare)]}- {bare}"


def _add_notes(builder: TextBuilder, notes: Element, *, page: int) -> None:
    texts = [
        text
        for shape in _shapes(child(notes, "cSld", "spTree"))
        if _placeholder(shape) not in _FURNITURE
        for text in _paragraphs(shape)
    ]
    if texts:
        builder.add("paragraph", "Notes: " + "\n".join(texts), page=page)


def _shapes(tree: Element | None) -> Iterator[Element]:
    """Shapes and graphic frames in the order of the file, groups opened."""
    for element in tree if tree is not None else ():
        if attribute(child(_properties(element), "cNvPr"), "hidden", "0") not in ("0", "false"):
            continue
        if local(element) in ("grpSp", "AlternateContent", "Choice"):
            yield from _shapes(element)
        elif local(element) in ("sp", "graphicFrame"):
            yield element


def _properties(shape: Element) -> Element | None:
    """The non-visual properties, which every kind of shape names after itself."""
    return next((inner for inner in shape if local(inner).startswith("nv")), None)


def _placeholder(shape: Element) -> str | None:
    """The role of a placeholder ("" for the usual content one), or None for a shape that is none."""
    placeholder = child(_properties(shape), "nvPr", "ph")
    return None if placeholder is None else attribute(placeholder, "type")


def _paragraphs(shape: Element) -> list[str]:
    """The paragraphs of a shape's text, indented by their level."""
    texts: list[str] = []
    for paragraph in shape.iter():
        if local(paragraph) == "p":
            level = attribute(child(paragraph, "pPr"), "lvl", "0")
            text = _text(paragraph).strip()
            if text:
                texts.append("  " * (int(level) if level.isdigit() else 0) + text)
    return texts


def _text(paragraph: Element) -> str:
    pieces: list[str] = []
    for inner in paragraph.iter():
        if local(inner) == "t":
            pieces.append(inner.text or "")
        elif local(inner) == "br":
            pieces.append(" ")
    return "".join(pieces)


def _row_line(row: Element) -> str:
    cells = [cell for cell in row if local(cell) == "tc"]
    return row_line([" ".join(_text(inner) for inner in cell.iter() if local(inner) == "p") for cell in cells])
