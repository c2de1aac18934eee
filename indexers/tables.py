"""Tables in a document's text: the header above a row, and the address of a cell."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexers.sentences import block_units

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indexers.document import Block, Document

_LINE = re.compile(r"[^\n]+")
_BAR = re.compile(r"(?: |^)\|(?: |$)", re.MULTILINE)
_PLAIN_SHEET = re.compile(r"[^\W\d]\w*")
_ADDRESS = re.compile(
    r"(?:(?:'(?P<quoted>(?:[^']|'')+)'|(?P<plain>[^'!]+))!)?\$?(?P<column>[A-Za-z]{1,3})\$?(?P<row>[1-9]\d{0,6})"
)


def header_span(document: Document, offset: int) -> tuple[int, int] | None:
    """The ``[start, end)`` of the header rows of the table in which ``offset`` stands.

    None where it stands in no table, in one without a header, or in the header itself.
    """
    block = _block_at(document, offset)
    if block is None or not block.header_chars or offset < block.start + block.header_chars:
        return None
    return block.start, block.start + block.header_chars


def header_rows(document: Document, offset: int) -> list[tuple[int, int]]:
    """The ``[start, end)`` of each line of the header above ``offset``; none where `header_span` is None.

    They are what `block_units` makes of these lines: without the white space at their ends.
    """
    span = header_span(document, offset)
    return block_units(document.text, "table", *span) if span else []


def is_header(document: Document, offset: int) -> bool:
    """Whether the character at ``offset`` stands in the header of a table."""
    block = _block_at(document, offset)
    return block is not None and offset < block.start + block.header_chars


def cell_address(document: Document, start: int, end: int) -> str:
    """The cells in which ``text[start:end]`` stands, as a spreadsheet names them: ``Sheet1!B7``, ``Sheet1!A7:C9``.

    "" where the text stands in no sheet, or in more than one table of it. A name of a sheet that is more than letters,
    digits and underscores is quoted as spreadsheets do (``'Q1 2024'!B7``); a file that is one sheet has none.
    """
    block, last = _block_at(document, start), _block_at(document, max(start, end - 1))
    if block is None or block.grid is None or block is not last:
        return ""
    found = [cell for cell in _cells(document, block) if cell.start < end and cell.end > start]
    if not found:
        return ""
    first, final = found[0], found[-1]
    columns = [cell.column for cell in found]
    low, high = f"{letters(min(columns))}{first.row}", f"{letters(max(columns))}{final.row}"
    sheet = block.grid.sheet
    shown = sheet if _PLAIN_SHEET.fullmatch(sheet) else "'" + sheet.replace("'", "''") + "'"
    return (f"{shown}!" if sheet else "") + (low if low == high else f"{low}:{high}")


def cell_span(document: Document, address: str) -> tuple[int, int] | None:
    """The ``[start, end)`` of the cell that ``address`` names (``Sheet1!B7``, or ``B7`` in a file that is one sheet).

    None where there is no such cell, or nothing in it.
    """
    match = _ADDRESS.fullmatch(address)
    if match is None:
        return None
    sheet = (match["quoted"] or "").replace("''", "'") or match["plain"] or ""
    column, row = _number(match["column"]), int(match["row"])
    for block in document.blocks:
        if block.grid is not None and block.grid.sheet.casefold() == sheet.casefold():
            for cell in _cells(document, block):
                if (cell.column, cell.row) == (column, row):
                    return cell.start, cell.end
    return None


def is_cell_address(text: str) -> bool:
    """Whether ``text`` is how a cell is named, be there one or not."""
    return _ADDRESS.fullmatch(text) is not None


def sheet_names(document: Document) -> tuple[str, ...]:
    """The sheets whose cells have addresses, in order; ``("",)`` for a file that is one table."""
    return tuple(dict.fromkeys(block.grid.sheet for block in document.blocks if block.grid is not None))


@dataclass(frozen=True, slots=True)
class _Cell:
    row: int
    column: int
    start: int
    end: int


def _cells(document: Document, block: Block) -> Iterator[_Cell]:
    """The cells of a block that hold something, row by row."""
    grid = block.grid
    if grid is None:
        return
    for row, line in zip(grid.rows, _LINE.finditer(document.text, block.start, block.end), strict=False):
        borders = [line.start(), *(bar.end() for bar in _BAR.finditer(document.text, line.start(), line.end()))]
        ends = [*(bar.start() for bar in _BAR.finditer(document.text, line.start(), line.end())), line.end()]
        for column, start, end in zip(grid.columns, borders, ends, strict=False):
            if start < end:
                yield _Cell(row, column, start, end)


def letters(column: int) -> str:
    """How a spreadsheet names a column: 1 is A, 27 is AA."""
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _number(name: str) -> int:
    number = 0
    for letter in name.upper():
        number = 26 * number + ord(letter) - ord("A") + 1
    return number


def _block_at(document: Document, offset: int) -> Block | None:
    position = bisect_right(document.blocks, offset, key=lambda block: block.start) - 1
    if position < 0 or offset >= document.blocks[position].end:
        return None
    return document.blocks[position]
