"""Merged cells of a sheet: the text of the first stands for all of them."""

from __future__ import annotations

import re
from typing import BinaryIO, NamedTuple

_RANGE = re.compile(
    rb"""<(?:\w+:)?mergeCell\s[^<>]*?ref\s*=\s*["']\$?([A-Z]{1,3})\$?(\d+):\$?([A-Z]{1,3})\$?(\d+)["']"""
)
_WINDOW_BYTES = 1 << 20
_OVERLAP_BYTES = 200
_MAX_RANGES = 100_000
_MAX_FILLED = 1_000_000
_MAX_COLUMNS_WIDE = 100


class Range(NamedTuple):
    """The corners of a merged cell, from 1."""

    first_column: int
    first_row: int
    last_column: int
    last_row: int


def merged_ranges(source: BinaryIO) -> list[Range]:
    """The merged cells that a sheet's XML lists, at most 100,000.

    They stand after the rows, which are read as a stream: hence a pass of its own, over bytes.
    """
    found: dict[Range, None] = {}
    kept = b""
    while (chunk := source.read(_WINDOW_BYTES)) and len(found) < _MAX_RANGES:
        window = kept + chunk
        for first_column, first_row, last_column, last_row in _RANGE.findall(window):
            found[Range(_number(first_column), int(first_row[:8]), _number(last_column), int(last_row[:8]))] = None
        kept = window[-_OVERLAP_BYTES:]
    return list(found)


class Merged:
    """Fills merged cells row by row; at most a million cells, so that a few ranges cannot make a file endless."""

    def __init__(self, ranges: list[Range]) -> None:
        self._by_first_row: dict[int, list[Range]] = {}
        self._open: dict[int, tuple[str, int]] = {}  # column to the text and the last row
        self._left = _MAX_FILLED
        for merged in ranges:
            self.add(merged)

    def add(self, merged: Range) -> None:
        """Add one that begins in a row not yet filled."""
        self._by_first_row.setdefault(merged.first_row, []).append(merged)

    def fill(self, number: int, cells: dict[int, str]) -> None:
        """Give the cells of row ``number`` the texts of the merged cells that reach into it.

        A row that has no text of its own stays without; a title merged over a whole row stays one cell.
        """
        if not cells:
            return
        own = set(cells)
        for column, (text, last_row) in list(self._open.items()):
            if number > last_row:
                del self._open[column]
            elif column not in cells and self._left > 0:
                cells[column] = text
                self._left -= 1
        for merged in self._by_first_row.pop(number, ()):
            self._begin(merged, cells, own)

    def _begin(self, merged: Range, cells: dict[int, str], own: set[int]) -> None:
        text = cells.get(merged.first_column, "")
        if not text:
            return
        columns = range(merged.first_column, min(merged.last_column, merged.first_column + _MAX_COLUMNS_WIDE) + 1)
        beside = any(column not in columns for column in own)
        for column in columns if beside else columns[:1]:
            if self._left > 0 and column not in cells:
                cells[column] = text
                self._left -= 1
            if merged.last_row > merged.first_row:
                self._open[column] = (text, merged.last_row)


def _number(name: bytes) -> int:
    number = 0
    for letter in name:
        number = 26 * number + letter - 64
    return number
