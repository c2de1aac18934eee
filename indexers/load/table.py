"""CSV and TSV: one line a row, cells joined as in every other table."""

from __future__ import annotations

import csv
import io
from itertools import islice

from indexers.document import Grid
from indexers.errors import DamagedFile, LimitExceeded
from indexers.load.build import Reading, TextBuilder
from indexers.load.headers import label_rows
from indexers.load.limits import LoadLimits

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_ROWS = 50


def read_table(text: str, *, name: str, limits: LoadLimits, delimiter: str | None = None) -> Reading:
    """Read one decoded file as one table; without ``delimiter`` the one that gives the most even rows.

    Rows are numbered as a spreadsheet numbers them, blank ones included.

    Raises:
        DamagedFile: The quotes do not pair up, so that the rest of the file would be one cell.
        LimitExceeded: More cells than the limit of characters allows.
    """
    builder = TextBuilder(name, limits)
    try:
        rows = _rows(text, delimiter or _delimiter(text), name, limits)
    except csv.Error as error:
        message = f"{name} is a damaged table: {error}"
        raise DamagedFile(message) from error
    table = [row for _, row in rows]
    numbers, columns = tuple(number for number, _ in rows), tuple(range(1, max(map(len, table), default=0) + 1))
    sample = [[cell.strip() for cell in row] for row in table[:_SAMPLE_ROWS]]
    builder.add_table(table, header_rows=label_rows(sample, export=True), grid=Grid("", numbers, columns))
    return builder.reading()


def _rows(text: str, delimiter: str, name: str, limits: LoadLimits) -> list[tuple[int, list[str]]]:
    """The rows that are not blank, with their numbers; an empty cell is a character too, its comma."""
    cells = 0
    rows: list[tuple[int, list[str]]] = []
    for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), start=1):
        cells += len(row)
        if cells > limits.max_text_chars:
            message = f"{name} holds more than {limits.max_text_chars:,} cells (max_text_chars)"
            raise LimitExceeded(message)
        if any(map(str.strip, row)):
            rows.append((number, row))
    return rows


def _delimiter(text: str) -> str:
    """The delimiter under which most rows have the first row's number of cells, more cells preferred."""

    def evenness(delimiter: str) -> tuple[float, int]:
        try:
            rows = [
                row
                for row in islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), _SAMPLE_ROWS)
                if row
            ]
        except csv.Error:
            return 0.0, 0
        width = len(rows[0]) if rows else 0
        return (sum(len(row) == width for row in rows) / len(rows), width) if width > 1 else (0.0, 0)

    return max(_DELIMITERS, key=evenness)
