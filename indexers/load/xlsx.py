"""XLSX: the sheets of a workbook as pages, one line a row, values as the workbook shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from indexers.load.build import Reading, TextBuilder, without_empty_columns
from indexers.load.limits import LoadLimits
from indexers.load.number_format import BUILT_IN_FORMATS, shown
from indexers.load.ooxml import Package, attribute, child, local

_COLUMN = re.compile(r"[A-Z]{1,3}")
_UNSHOWN = frozenset({"rPh"})  # phonetic guides repeat the text in another script


def read_xlsx(package: Package, *, limits: LoadLimits) -> Reading:
    """Read the sheets that are shown, each under its name; two blank rows part one table from the next.

    Formulas give the value that was stored with them. A hidden sheet keeps its number and gives no text.
    """
    builder = TextBuilder(package.name, limits)
    relations = package.relations(package.main)
    workbook = package.tree(package.main)
    strings = _shared_strings(package)
    formats = _formats(package)
    epoch_1904 = attribute(child(workbook, "workbookPr"), "date1904", "0") in ("1", "true")
    sheets = list(child(workbook, "sheets") if child(workbook, "sheets") is not None else ())  # type: ignore[arg-type]  # the None case is the empty tuple
    hidden: list[str] = []
    for number, sheet in enumerate(sheets, start=1):
        name = attribute(sheet, "name", f"Sheet {number}")
        if attribute(sheet, "state", "visible") != "visible":
            hidden.append(name)
            continue
        kind, part = relations.get(_relation_id(sheet), ("", ""))
        if kind == "worksheet":
            if part not in package:
                package.damaged(f"sheet {name!r} is missing")
            rows = _rows(package, part, strings, formats, epoch_1904=epoch_1904)
            _add_sheet(builder, name, rows, page=number)
    metadata = package.metadata()
    title = metadata.pop("title", "")
    pairs = [*metadata.items(), ("hidden_sheets", ", ".join(hidden))]
    return builder.reading(page_count=len(sheets), title=title, metadata=pairs)


def _relation_id(sheet: Element) -> str:
    return next((value for name, value in sheet.attrib.items() if name.endswith("}id")), "")


def _add_sheet(builder: TextBuilder, name: str, rows: Iterator[dict[int, str]], *, page: int) -> None:
    table: list[dict[int, str]] = []
    named = False
    for row in rows:
        if row and not named:
            builder.clear_headings()
            builder.add_heading(name, level=1, page=page)
            named = True
        if row:
            table.append(row)
        else:
            builder.add_table(without_empty_columns(table), page=page)
            table = []
    builder.add_table(without_empty_columns(table), page=page)


def _shared_strings(package: Package) -> list[str]:
    parts = [part for part in package.related(package.main, kind="sharedStrings") if part in package]
    return [
        _rich_text(item) for part in parts for item in package.elements(part, lambda element, _: local(element) == "si")
    ]


def _rich_text(element: Element | None) -> str:
    if element is None:
        return ""
    pieces: list[str] = []
    for inner in element:
        if local(inner) == "t":
            pieces.append(inner.text or "")
        elif local(inner) not in _UNSHOWN:
            pieces.append(_rich_text(inner))
    return "".join(pieces)


def _formats(package: Package) -> list[str]:
    """The number format of every cell style, by the style's number."""
    parts = [part for part in package.related(package.main, kind="styles") if part in package]
    if not parts:
        return []
    root = package.tree(parts[0])
    own = {
        attribute(entry, "numFmtId"): attribute(entry, "formatCode")
        for entry in (child(root, "numFmts") if child(root, "numFmts") is not None else ())  # type: ignore[union-attr]  # as above
    }
    styles = child(root, "cellXfs")
    ids = [attribute(style, "numFmtId") for style in (styles if styles is not None else ())]
    return [own.get(id_, BUILT_IN_FORMATS.get(id_, "General")) for id_ in ids]


def _rows(
    package: Package, part: str, strings: list[str], formats: list[str], *, epoch_1904: bool
) -> Iterator[dict[int, str]]:
    """The rows as column (from 0) to text; an empty one stands for two and more blank rows between others."""
    last_number = 0
    for row in package.elements(part, lambda element, depth: depth == 3 and local(element) == "row"):
        cells = _cells(package, row, strings, formats, epoch_1904=epoch_1904)
        written = attribute(row, "r")
        number = int(written) if written.isdigit() else last_number + 1
        if not cells or attribute(row, "hidden", "0") in ("1", "true"):
            continue
        if last_number and number > last_number + 2:
            yield {}
        yield cells
        last_number = number


def _cells(
    package: Package, row: Element, strings: list[str], formats: list[str], *, epoch_1904: bool
) -> dict[int, str]:
    """The cells with text; a cell that does not say where it stands follows the one before."""
    cells: dict[int, str] = {}
    column = -1
    for cell in row:
        if local(cell) == "c":
            column = _column(attribute(cell, "r"), default=column + 1)
            if text := _value(package, cell, strings, formats, epoch_1904=epoch_1904):
                cells[column] = text
    return cells


def _column(reference: str, *, default: int) -> int:
    """The column of ``B7`` from 0."""
    match = _COLUMN.match(reference)
    number = 0
    for letter in match[0] if match else "":
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1 if match else default


def _value(package: Package, cell: Element, strings: list[str], formats: list[str], *, epoch_1904: bool) -> str:
    kind = attribute(cell, "t", "n")
    value = child(cell, "v")
    text = (value.text or "") if value is not None else ""
    if kind == "s":
        if not text.strip().isdigit() or int(text) >= len(strings):
            package.damaged(f"cell {attribute(cell, 'r')} names text {text!r}, which is not there")
        return strings[int(text)].strip()
    if kind == "inlineStr":
        return _rich_text(child(cell, "is")).strip()
    if kind == "b":
        return "TRUE" if text == "1" else "FALSE"
    if kind == "n" and text:
        style = attribute(cell, "s", "0")
        known = style.isdigit() and int(style) < len(formats)
        return shown(text, formats[int(style)] if known else "General", epoch_1904=epoch_1904)
    return text.strip()
