"""XLSX: the sheets of a workbook as pages, one line a row, values as the workbook shows them, read by openpyxl.

Rows come from the parser below openpyxl's read-only sheets: those do not tell which rows are hidden, and fill every
gap, so that one row with the number 999,999,999 costs a billion empty ones. Its full mode keeps an object for every
formatted cell, empty ones included.
"""

from __future__ import annotations

import posixpath
import warnings
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from indexers.load.build import Reading, TextBuilder, one_line
from indexers.load.elements import Element, attribute, child, local
from indexers.load.limits import LoadLimits
from indexers.load.merged import Merged, merged_ranges
from indexers.load.number_format import shown
from indexers.load.package import OfficePackage
from indexers.load.sheets import SheetRow, add_sheet

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet


_STYLES = "xl/styles.xml"
# For one border or date that it does not know, openpyxl refuses the whole workbook.
_LEFT_OUT = frozenset({_STYLES, "docProps/core.xml", "docProps/custom.xml"})
_ON = ("1", "true")
_MAX_COLUMNS = 16_384
_THREAD_NOTICE = "Comment:\n"  # what Excel writes before a threaded comment for programs that know none


def read_xlsx(archive: OfficePackage, *, limits: LoadLimits) -> Reading:
    """Read the sheets that are shown, each under its name with its comments; two blank rows part tables.

    Formulas give the value that was stored with them. A hidden sheet keeps its number and gives no text; hidden rows
    and columns are left out. A merged cell's text stands in each of its rows, and in each column where others stand
    beside it.
    """
    builder = TextBuilder(archive.name, limits)
    book = _open(archive)
    styles = _Styles(archive)
    hidden: list[str] = []
    for number, name in enumerate(book.sheetnames, start=1):
        sheet = book[name]
        if sheet.sheet_state != "visible":
            hidden.append(name)
        elif sheet in book.worksheets:  # a sheet may be one chart
            with archive.errors_named(f"sheet {name!r}"):
                add_sheet(builder, name, _rows(sheet, styles), page=number)
                comments = _comments(archive, sheet._worksheet_path.lstrip("/"))
                builder.add("list", "\n".join(comments), page=number)
    metadata = archive.metadata()
    title = metadata.pop("title", "")
    pairs = [*metadata.items(), ("hidden_sheets", ", ".join(hidden))]
    return builder.reading(page_count=len(book.sheetnames), title=title, metadata=pairs)


def _open(archive: OfficePackage) -> Workbook:
    from openpyxl import load_workbook

    with archive.errors_named("the workbook"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what openpyxl cannot write back does not concern a reader
        return load_workbook(archive.file(without=_LEFT_OUT), read_only=True, data_only=True, keep_links=False)


class _Styles:
    """The number format of every cell style, and whether its font is bold, by the style's number."""

    def __init__(self, archive: OfficePackage) -> None:
        from openpyxl.styles.numbers import builtin_format_code

        self._formats: list[str] = []
        self._bold: list[bool] = []
        if _STYLES not in archive.names:
            return
        with archive.errors_named(f"part {_STYLES!r}"):
            entries: dict[str, list[Element]] = {local(group): list(group) for group in archive.root(_STYLES)}
            own = {attribute(entry, "numFmtId"): attribute(entry, "formatCode") for entry in entries.get("numFmts", ())}
            fonts = [_is_bold(font) for font in entries.get("fonts", ())]
            for style in entries.get("cellXfs", ()):
                id_, font = attribute(style, "numFmtId", "0"), attribute(style, "fontId", "0")
                self._formats.append(own.get(id_) or builtin_format_code(int(id_)) or "General")
                self._bold.append(font.isdigit() and int(font) < len(fonts) and fonts[int(font)])

    def format(self, style: int) -> str:
        return self._formats[style] if style < len(self._formats) else "General"

    def is_bold(self, style: int) -> bool:
        return style < len(self._bold) and self._bold[style]


def _is_bold(font: Element) -> bool:
    bold = child(font, "b")
    return bold is not None and attribute(bold, "val", "1") in _ON


def _rows(sheet: ReadOnlyWorksheet, styles: _Styles) -> Iterator[SheetRow]:
    """The rows that have text and are shown."""
    from openpyxl.worksheet._reader import COL_TAG, DATA_TAG, ROW_TAG, WorkSheetParser

    book = sheet.parent
    with sheet._get_source() as source:
        merged = Merged(merged_ranges(source))
    # Without the formats of dates, numbers stay as stored.
    parser = WorkSheetParser(None, sheet._shared_strings, data_only=True, epoch=book.epoch)
    epoch_1904 = book.epoch.year == 1904
    hidden_columns: set[int] = set()
    with sheet._get_source() as source:
        events = ET.iterparse(source, events=("start", "end"))  # noqa: S314  # checked: no document type
        sheet_data = None
        for event, element in events:
            if event == "start" or element.tag != ROW_TAG:
                sheet_data = element if element.tag == DATA_TAG else sheet_data
                if event == "end" and element.tag == COL_TAG and element.get("hidden", "0") in _ON:
                    hidden_columns.update(_column_range(element))
                continue
            if not len(element) and element.get("r", "").isdigit():  # formatted, and empty: a sheet may have a million
                parser.row_counter = int(element.get("r", ""))
                sheet_data = _cleared(sheet_data)
                continue
            number, cells = parser.parse_row(element)
            hidden = element.get("hidden", "0") in _ON
            element.clear()
            parser.row_dimensions.clear()
            sheet_data = _cleared(sheet_data)
            texts = {cell["column"]: text for cell in cells if (text := _shown(cell, styles, epoch_1904=epoch_1904))}
            marked = bool(texts) and all(styles.is_bold(cell["style_id"]) for cell in cells if cell["column"] in texts)
            merged.fill(number, texts)
            for column in hidden_columns.intersection(texts):
                del texts[column]
            if texts and not hidden:
                yield SheetRow(number, texts, marked)


def _cleared(sheet_data: ET.Element | None) -> ET.Element | None:
    """The element of all rows, without those that were read: together they would be the sheet as a tree."""
    if sheet_data is not None:
        sheet_data.clear()
    return sheet_data


def _column_range(element: Element) -> range:
    first, last = attribute(element, "min", "0"), attribute(element, "max", "0")
    return range(int(first), min(int(last), _MAX_COLUMNS) + 1)


def _shown(cell: dict[str, Any], styles: _Styles, *, epoch_1904: bool) -> str:
    value = cell["value"]
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return shown(str(value), styles.format(cell["style_id"]), epoch_1904=epoch_1904)
    return value.isoformat() if isinstance(value, datetime | date | time) else str(value).strip()


def _comments(archive: OfficePackage, sheet_part: str) -> Iterator[str]:
    """What people noted at the cells of a sheet, one line each."""
    folder, file = posixpath.split(sheet_part)
    relations = f"{folder}/_rels/{file}.rels"
    if relations not in archive.names:
        return
    for relation in archive.root(relations):
        part = posixpath.normpath(posixpath.join("/", folder, relation.get("Target", ""))).lstrip("/")
        if not relation.get("Type", "").endswith("/comments") or part not in archive.names:
            continue
        for comment in archive.root(part).iter():
            if local(comment) == "comment":
                texts = "".join(inner.text or "" for inner in comment.iter() if local(inner) == "t")
                yield f"- Comment on {attribute(comment, 'ref')}: {one_line(texts.rpartition(_THREAD_NOTICE)[2])}"
