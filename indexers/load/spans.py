"""Cells that span rows and columns, brought to one cell a place: what spans rows stands in each of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_MAX_COLUMNS_WIDE = 200
_MAX_ROWS_HIGH = 2000
_MAX_COLUMNS = 2000
_MAX_SPANNED = 500_000
_SIGNS_BEFORE = frozenset({"$", "€", "£", "¥", "US$"})
_SIGNS_AFTER = frozenset({")", "%", ")%", "%)"})
_NUMBER_STARTS = frozenset("0123456789(-\u2013\u2014\u2212.")
_NUMBER_ENDS = frozenset("0123456789)-\u2013\u2014")


@dataclass(frozen=True, slots=True)
class SpanningCell:
    """A cell as a file writes it: its text, and how many columns and rows it takes."""

    text: str
    wide: int = 1
    high: int = 1


class SpannedRows:
    """Puts rows of spanning cells into columns, one row after the other, from the top.

    Spans are bounded (200 columns, 2,000 rows, half a million places in all), so that a few cells cannot make a table
    endless; beyond that a cell takes one place.
    """

    def __init__(self, *, fill_wide: bool) -> None:
        """``fill_wide`` gives a cell's text to each of its columns, if it is not the only one in its row."""
        self._fill_wide = fill_wide
        self._open: dict[int, tuple[str, int]] = {}  # column to the text from above and how many rows are left
        self._left = _MAX_SPANNED

    def row(self, cells: Iterable[SpanningCell]) -> list[str]:
        """The texts of one row, by column; none where it has no text of its own."""
        given = list(cells)
        alone = sum(bool(cell.text) for cell in given) < 2
        row: dict[int, str] = {column: text for column, (text, _) in self._open.items()}
        self._left -= len(row)
        self._open = {column: (text, left - 1) for column, (text, left) in self._open.items() if left > 1}
        if self._left < 0:
            self._open.clear()
        column = 0
        for cell in given:
            while column in row:
                column += 1
            spans = column < _MAX_COLUMNS and self._left > 0
            wide = max(1, min(cell.wide, _MAX_COLUMNS_WIDE)) if spans else 1
            self._left -= wide - 1
            for place in range(column, column + wide):
                row[place] = cell.text if place == column or (self._fill_wide and not alone) else ""
                if cell.high > 1 and spans:
                    self._open[place] = (row[place], min(cell.high, _MAX_ROWS_HIGH) - 1)
            column += wide
        if not any(cell.text for cell in given):
            return []
        return [row.get(place, "") for place in range(max(row, default=-1) + 1)]


def with_signs(row: Sequence[str]) -> list[str]:
    """A row in which signs that have cells of their own, as in filings, stand with their number: ``$5``, ``(3)%``."""
    joined = list(row)
    for place, text in enumerate(row):
        if text in _SIGNS_BEFORE:
            after = next((later for later in range(place + 1, len(row)) if row[later]), None)
            if after is not None and row[after][0] in _NUMBER_STARTS:
                joined[place], joined[after] = "", text + row[after]
    last = -1
    for place, text in enumerate(joined):
        if text in _SIGNS_AFTER and last >= 0 and joined[last][-1] in _NUMBER_ENDS:
            joined[last], joined[place] = joined[last] + text, ""
        elif text:
            last = place
    return joined
