"""The columns of a table, and each cell put into its own: a blank cell keeps its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from indexers.load.pdf_cells import is_figure, is_row, is_span, is_units
from indexers.load.pdf_layout import FIGURE, Cell, Line

_LABEL_INDENT = 3.0  # of the line's height
_CENTRED = 0.3  # of the distance between two columns
_SIZE_COUNTS = 0.1  # what a column more under a header outweighs of being centred
_SAME_EDGE = 8.0  # points; a closing bracket hangs over
_WIDE = 1.1  # of the distance between two columns: a header's cell of that width stands over several


@dataclass(frozen=True, slots=True)
class Columns:
    """Left and right edge of each column of figures, left to right, and where the labels before them begin."""

    spans: tuple[tuple[float, float], ...]
    labels_left: float

    @property
    def pitch(self) -> float:
        """The usual distance from one column to the next, in points."""
        if len(self.spans) < 2:
            return self.spans[0][1] - self.labels_left
        return (self.spans[-1][1] - self.spans[0][1]) / (len(self.spans) - 1)


def columns_of(lines: Sequence[Line]) -> Columns | None:
    """The columns in which the cells right of the labels stand, or None where they stand in none."""
    left = min((line.box.left for line in lines), default=0.0)
    rows = [line.cells[labels(line, left=left) :] for line in lines if is_row(line)]
    figures = [[cell for cell in row if is_figure(cell)] for row in rows]
    for cells, find in ((rows, _overlapping), (figures, _overlapping), (figures, _right_aligned)):
        spans = find([cell for row in cells for cell in row])
        places = [[_nearest(cell, spans) for cell in row] for row in cells]
        if spans and all(a < b for row in places for a, b in pairwise(row)):
            return Columns(tuple(spans), left)
    return None


def labels(row: Line, *, left: float) -> int:
    """How many of the first cells are labels: one, or none where the row begins with a figure far from ``left``."""
    first = row.cells[0]
    figure = len(row.cells) > 1 and is_figure(first) and bool(FIGURE.match(first.text))
    return 0 if figure and first.left - left > _LABEL_INDENT * row.size else 1


def place_row(line: Line, columns: Columns | None) -> tuple[str, ...]:
    """The texts of one row of data, the label first; two cells in one place are one."""
    if columns is None:
        return tuple(cell.text for cell in line.cells)
    placed = [""] * (len(columns.spans) + 1)
    for cell in line.cells:
        label = cell is line.cells[0] and _begins_as_label(cell, columns)
        index = 0 if label else _nearest(cell, columns.spans) + 1
        placed[index] = f"{placed[index]} {cell.text}".strip()
    return tuple(placed)


def place_header(lines: Sequence[Line], columns: Columns | None) -> list[tuple[str, ...]]:
    """The rows of a header: what spans columns is a row of its own, and what wraps within them is put together."""
    if columns is None:
        return [tuple(cell.text for cell in line.cells) for line in lines]
    rows: list[tuple[str, ...]] = []
    merging = False
    for line in lines:
        placed, spanning = _placed_header(line, columns)
        alone = spanning or not any(placed[1:])
        if merging and not alone:
            rows[-1] = tuple(f"{above} {below}".strip() for above, below in zip(rows[-1], placed, strict=True))
        else:
            rows.append(placed)
        merging = not alone
    return rows


def _placed_header(line: Line, columns: Columns) -> tuple[tuple[str, ...], bool]:
    """The texts of a header's line in their places, and whether one of them stands over several columns."""
    first = 1 if _is_label(line.cells[0], columns) else 0
    own = line.cells[first:]
    places = [(0, False)] * first
    if len(own) == len(columns.spans):  # one each, however far from the figures below
        places += [(index, False) for index in range(1, len(own) + 1)]
    elif size := _equal_spans(own, columns):
        places += [(1 + index * size, True) for index in range(len(own))]
    else:
        places += [_heading_place(cell, own, columns) for cell in own]
    texts = [""] * (len(columns.spans) + 1)
    for cell, (index, _) in zip(line.cells, places, strict=True):
        texts[index] = f"{texts[index]} {cell.text}".strip()
    return tuple(texts), any(spanning for _, spanning in places)


def _equal_spans(cells: Sequence[Cell], columns: Columns) -> int:
    """Over how many columns each of the periods stands that end where every second, third... column ends, or 0."""
    size = len(columns.spans) // max(len(cells), 1)
    if len(cells) < 2 or size < 2 or size * len(cells) != len(columns.spans) or not all(map(is_span, cells)):
        return 0
    ends = [columns.spans[(index + 1) * size - 1][1] for index in range(len(cells))]
    return size if all(abs(cell.right - end) < _SAME_EDGE for cell, end in zip(cells, ends, strict=True)) else 0


def _heading_place(cell: Cell, cells: Sequence[Cell], columns: Columns) -> tuple[int, bool]:
    """The place of a header's cell, and whether it stands over several columns: then it is the first of them."""
    spans, centre = columns.spans, (cell.left + cell.right) / 2
    others = [other for other in cells if other is not cell]
    best, place = 0.0, 0
    for size in range(len(spans), 1, -1):
        for first in range(len(spans) - size + 1) if size % 2 == 0 or is_span(cell) else ():
            left, right = spans[first][0], spans[first + size - 1][1]
            away = abs((left + right) / 2 - centre) / columns.pitch
            free = not any(other.right > left and other.left < right for other in others)
            if free and away < _CENTRED and 1 - away + _SIZE_COUNTS * size > best:
                best, place = 1 - away + _SIZE_COUNTS * size, first + 1
    if place:
        return place, True
    wide = len(spans) > 2 and cell.right - cell.left > _WIDE * columns.pitch
    return _nearest(cell, spans) + 1, wide


def _is_label(cell: Cell, columns: Columns) -> bool:
    """Whether the first cell of a line belongs to the labels: it begins near them, and ends before the figures."""
    begins = _begins_as_label(cell, columns)
    return is_units(cell.text) or (begins and (cell.left + cell.right) / 2 < columns.spans[0][0])


def _begins_as_label(cell: Cell, columns: Columns) -> bool:
    return cell.left < (columns.labels_left + columns.spans[0][0]) / 2


def _overlapping(cells: Sequence[Cell]) -> list[tuple[float, float]]:
    """Columns as what overlaps, the usual case."""
    merged: list[tuple[float, float]] = []
    for left, right in sorted((cell.left, cell.right) for cell in cells):
        if merged and left < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], right))
        else:
            merged.append((left, right))
    return merged


def _right_aligned(cells: Sequence[Cell]) -> list[tuple[float, float]]:
    """Columns as what ends at one edge, where wide figures of one reach over narrow ones of the next."""
    columns: list[tuple[float, float]] = []
    for right, left in sorted((cell.right, cell.left) for cell in cells):
        if columns and right - columns[-1][1] < _SAME_EDGE:
            columns[-1] = (min(columns[-1][0], left), right)
        else:
            columns.append((max(left, columns[-1][1]) if columns else left, right))
    return columns


def _nearest(cell: Cell, spans: Sequence[tuple[float, float]]) -> int:
    """The column that the cell overlaps most, or the nearest."""
    overlaps = [min(cell.right, right) - max(cell.left, left) for left, right in spans]
    return max(range(len(spans)), key=overlaps.__getitem__)
