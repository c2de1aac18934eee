"""CSV and TSV: one line a row, cells joined as in every other table."""

from __future__ import annotations

import csv
import io
from itertools import islice

from indexers.errors import DamagedFile
from indexers.load.build import Reading, TextBuilder
from indexers.load.limits import LoadLimits

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_ROWS = 50


def read_table(text: str, *, name: str, limits: LoadLimits, delimiter: str | None = None) -> Reading:
    """Read one decoded file as one table; without ``delimiter`` the one that gives the most even rows.

    Raises:
        DamagedFile: The quotes do not pair up, so that the rest of the file would be one cell.
    """
    builder = TextBuilder(name, limits)
    try:
        builder.add_table(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter or _delimiter(text)))
    except csv.Error as error:
        message = f"{name} is a damaged table: {error}"
        raise DamagedFile(message) from error
    return builder.reading()


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
