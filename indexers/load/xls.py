"""XLS: the sheets of an Excel 97-2003 workbook as pages, one line a row, values as shown, read by xlrd."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING

from indexers.errors import DamagedFile, EncryptedFile
from indexers.load.build import Reading, TextBuilder, one_line
from indexers.load.limits import LoadLimits
from indexers.load.merged import Merged, Range
from indexers.load.number_format import shown
from indexers.load.ole import ole_metadata
from indexers.load.sheets import SheetRow, add_sheet
from indexers.tables import letters

if TYPE_CHECKING:
    from xlrd.book import Book
    from xlrd.sheet import Cell, Sheet

_BROKEN = (
    LookupError, ValueError, TypeError, AttributeError, AssertionError, ArithmeticError, OSError, EOFError,
    struct.error,
)  # fmt: skip
_MAX_BOLD = 600  # a font's weight from which on it counts as bold


def read_xls(data: bytes, *, name: str, limits: LoadLimits) -> Reading:
    """Read the sheets that are shown, each under its name with its comments; hidden rows and columns are left out.

    Raises:
        DamagedFile: It cannot be read.
        EncryptedFile: It asks for a password.
    """
    import xlrd
    from xlrd.compdoc import CompDocError

    builder = TextBuilder(name, limits)
    hidden: list[str] = []
    try:
        # What xlrd warns of goes nowhere: by default it prints.
        book = xlrd.open_workbook(file_contents=data, formatting_info=True, logfile=io.StringIO())
        for number, sheet in enumerate(book.sheets(), start=1):
            sheet_name = one_line(sheet.name) or str(number)
            if sheet.visibility:
                hidden.append(sheet_name)
            else:
                add_sheet(builder, sheet_name, _rows(book, sheet), page=number)
                builder.add("list", "\n".join(_comments(sheet)), page=number)
    except (xlrd.XLRDError, CompDocError, *_BROKEN) as error:
        if "encrypted" in str(error).lower():
            message = f"{name} is an encrypted workbook"
            raise EncryptedFile(message) from error
        message = f"{name} is damaged: {type(error).__name__}: {one_line(str(error))}"
        raise DamagedFile(message) from error
    metadata = ole_metadata(data)
    title = metadata.pop("title", "")
    pairs = [*metadata.items(), ("hidden_sheets", ", ".join(hidden))]
    return builder.reading(page_count=book.nsheets, title=title, metadata=pairs)


def _rows(book: Book, sheet: Sheet) -> Iterator[SheetRow]:
    """The rows that have text and are shown."""
    merged = Merged(
        [
            Range(first_column + 1, first_row + 1, last_column, last_row)
            for first_row, last_row, first_column, last_column in sheet.merged_cells
        ]
    )
    hidden_columns = {column + 1 for column, info in sheet.colinfo_map.items() if info.hidden}
    for row in range(sheet.nrows):
        cells = {column: cell for column, cell in enumerate(sheet.row(row), start=1) if cell.value != ""}
        texts = {column: text for column, cell in cells.items() if (text := _shown(book, cell))}
        marked = bool(texts) and all(_is_bold(book, cells[column]) for column in texts)
        merged.fill(row + 1, texts)
        for column in hidden_columns.intersection(texts):
            del texts[column]
        info = sheet.rowinfo_map.get(row)
        if texts and not (info is not None and info.hidden):
            yield SheetRow(row + 1, texts, marked)


def _shown(book: Book, cell: Cell) -> str:
    import xlrd

    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return str(bool(cell.value)).upper()
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(cell.value, "#ERROR"))
    if cell.ctype in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE):
        code = book.format_map[book.xf_list[cell.xf_index].format_key].format_str
        return shown(str(cell.value), code, epoch_1904=book.datemode == 1)
    return str(cell.value).strip()


def _is_bold(book: Book, cell: Cell) -> bool:
    return bool(book.font_list[book.xf_list[cell.xf_index].font_index].weight > _MAX_BOLD)


def _comments(sheet: Sheet) -> Iterator[str]:
    for (row, column), note in sorted(sheet.cell_note_map.items()):
        if text := one_line(note.text):
            yield f"- Comment on {letters(column + 1)}{row + 1}: {text}"
