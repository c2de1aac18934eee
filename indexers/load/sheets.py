"""Rows of a sheet put together as tables with the places of their cells, for every format that has sheets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from indexers.document import Grid
from indexers.load.build import TextBuilder, used_columns
from indexers.load.headers import Row, label_rows

_HEADER_SAMPLE_ROWS = 40
_MAX_MARKED_ROWS = 4
_MAX_TITLE_CHARS = 60


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row that has text: its number and its cells by the numbers of their columns, all from 1.

    ``marked`` says that the file sets the row's text apart, in bold or as a header.
    """

    number: int
    cells: dict[int, str]
    marked: bool = False


def add_sheet(builder: TextBuilder, name: str, rows: Iterable[SheetRow], *, page: int) -> None:
    """Add a sheet under its name; two and more blank rows part one table from the next."""
    table: list[SheetRow] = []
    named = False
    for row in rows:
        if not row.cells:
            continue
        if not named:
            builder.clear_headings()
            builder.add_heading(name, level=1, page=page)
            named = True
        if table and row.number > table[-1].number + 2:
            _add_table(builder, name, table, page=page)
            table = []
        table.append(row)
    _add_table(builder, name, table, page=page)


def _add_table(builder: TextBuilder, name: str, table: Sequence[SheetRow], *, page: int) -> None:
    """Add one table; titles above it, but for a short last one, stand apart: a header is carried with every row."""
    titles = 0
    while titles < len(table) and len(table[titles].cells) == 1:
        titles += 1
    last_title = "".join(table[titles - 1].cells.values()) if titles else ""
    if 0 < titles < len(table):
        apart = titles - (len(last_title) <= _MAX_TITLE_CHARS)
        if apart and _header_rows(table[titles:]):
            _add_rows(builder, name, table[:apart], page=page)
            table = table[apart:]
    _add_rows(builder, name, table, page=page)


def _add_rows(builder: TextBuilder, name: str, table: Sequence[SheetRow], *, page: int) -> None:
    columns = used_columns(row.cells for row in table)
    builder.add_table(
        ([row.cells.get(column, "") for column in columns] for row in table),
        page=page,
        header_rows=_header_rows(table),
        grid=Grid(name, tuple(row.number for row in table), columns),
    )


def _header_rows(table: Sequence[SheetRow]) -> int:
    columns = used_columns(row.cells for row in table[:_HEADER_SAMPLE_ROWS])
    sample = [[row.cells.get(column, "") for column in columns] for row in table[:_HEADER_SAMPLE_ROWS]]
    return label_rows(sample) or _marked_rows(table, sample)


def _marked_rows(table: Sequence[SheetRow], sample: Sequence[Row]) -> int:
    """How many first rows the file sets apart from the others, if they have more than a title."""
    count = 0
    while count < min(_MAX_MARKED_ROWS, len(table) - 1) and table[count].marked:
        count += 1
    most = max((sum(map(bool, row)) for row in sample), default=0)
    widest = max((sum(map(bool, row)) for row in sample[:count]), default=0)
    return count if count < len(table) and not table[count].marked and widest > 1 and 2 * widest > most else 0
