"""XLSX: the sheets of a workbook as pages, one line a row, values as the workbook shows them, read by openpyxl.

Rows come from the parser below openpyxl's read-only sheets: those do not tell which rows are hidden, and fill every
gap, so that one row with the number 999,999,999 costs a billion empty ones. Its full mode keeps an object for every
formatted cell, empty ones included.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from indexers.load.archive import Archive
from indexers.load.build import Reading, TextBuilder, without_empty_columns
from indexers.load.elements import attribute, local
from indexers.load.limits import LoadLimits
from indexers.load.number_format import shown

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet


_STYLES = "xl/styles.xml"
# For one border or date that it does not know, openpyxl refuses the whole workbook.
_LEFT_OUT = frozenset({_STYLES, "docProps/core.xml", "docProps/custom.xml"})


def read_xlsx(archive: Archive, *, limits: LoadLimits) -> Reading:
    """Read the sheets that are shown, each under its name; two blank rows part one table from the next.

    Formulas give the value that was stored with them. A hidden sheet keeps its number and gives no text.
    """
    builder = TextBuilder(archive.name, limits)
    book = _open(archive)
    formats = _formats(archive)
    hidden: list[str] = []
    for number, name in enumerate(book.sheetnames, start=1):
        sheet = book[name]
        if sheet.sheet_state != "visible":
            hidden.append(name)
        elif sheet in book.worksheets:  # a sheet may be one chart
            with archive.errors_named(f"sheet {name!r}"):
                _add_sheet(builder, name, _rows(sheet, formats), page=number)
    metadata = archive.metadata()
    title = metadata.pop("title", "")
    pairs = [*metadata.items(), ("hidden_sheets", ", ".join(hidden))]
    return builder.reading(page_count=len(book.sheetnames), title=title, metadata=pairs)


def _open(archive: Archive) -> Workbook:
    from openpyxl import load_workbook

    with archive.errors_named("the workbook"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what openpyxl cannot write back does not concern a reader
        return load_workbook(archive.file(without=_LEFT_OUT), read_only=True, data_only=True, keep_links=False)


def _formats(archive: Archive) -> list[str]:
    """The number format of every cell style, by the style's number."""
    from openpyxl.styles.numbers import builtin_format_code

    if _STYLES not in archive.names:
        return []
    with archive.errors_named(f"part {_STYLES!r}"):
        root = archive.root(_STYLES)
        entries = {local(group): list(group) for group in root}
        own = {attribute(entry, "numFmtId"): attribute(entry, "formatCode") for entry in entries.get("numFmts", ())}
        ids = [attribute(style, "numFmtId", "0") for style in entries.get("cellXfs", ())]
        return [own.get(id_) or builtin_format_code(int(id_)) or "General" for id_ in ids]


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


def _rows(sheet: ReadOnlyWorksheet, formats: list[str]) -> Iterator[dict[int, str]]:
    """The rows as column to text; an empty one stands for two and more blank rows between others."""
    from openpyxl.worksheet._reader import DATA_TAG, ROW_TAG, WorkSheetParser

    book = sheet.parent
    # Without the formats of dates, numbers stay as stored.
    parser = WorkSheetParser(None, sheet._shared_strings, data_only=True, epoch=book.epoch)
    epoch_1904 = book.epoch.year == 1904
    last_number = 0
    with sheet._get_source() as source:
        events = ET.iterparse(source, events=("start", "end"))  # noqa: S314  # checked: no document type
        sheet_data = None
        for event, element in events:
            if event == "start" or element.tag != ROW_TAG:
                sheet_data = element if element.tag == DATA_TAG else sheet_data
                continue
            number, cells = parser.parse_row(element)
            texts = {cell["column"]: text for cell in cells if (text := _shown(cell, formats, epoch_1904=epoch_1904))}
            hidden = element.get("hidden", "0") in ("1", "true")
            element.clear()
            parser.row_dimensions.clear()
            if sheet_data is not None:
                sheet_data.clear()
            if not texts or hidden:
                continue
            if last_number and number > last_number + 2:
                yield {}
            yield texts
            last_number = number


def _shown(cell: dict[str, Any], formats: list[str], *, epoch_1904: bool) -> str:
    value = cell["value"]
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        style = cell["style_id"]
        code = formats[style] if style < len(formats) else "General"
        return shown(str(value), code, epoch_1904=epoch_1904)
    return value.isoformat() if isinstance(value, datetime | date | time) else str(value).strip()
