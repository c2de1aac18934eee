"""Tables of a page: which lines they are, the lines that head them, and labels that wrap put together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from indexers.document import Box
from indexers.load.pdf_cells import is_caption, is_data, is_figure, is_period, is_row
from indexers.load.pdf_columns import columns_of, labels, place_header, place_row
from indexers.load.pdf_layout import FIGURE, Cell, Line, around, beside, gap_between, level_with, starts_item

_UNFINISHED = re.compile(
    r"(?:[,;\u2013\u2014-]|\b(?:and|or|of|to|the|for|in|from|by|with|on|net|attributable))$", re.IGNORECASE
)
_CONTINUED = re.compile(r"[$]|\(?\d[\d,.]{4,}\b|\((?![ivx]+\)|[a-z]\))")
_ROWS_SHARE = 0.4  # of the lines of a table; the others are labels between rows
_LABELS_BETWEEN_ROWS = 3
_LABELS_BETWEEN_ALIGNED_ROWS = 9
_LONGEST_HEADER = 60  # characters of a line of a header
_LABELS_UNDER_HEADER = 5
_MAX_CAPTIONS = 30  # lines; cells of a header that wrap are a line each
_CAPTION_REACH = 8  # of the line's height
_CAPTION_GAP = 2.5  # of the line's height
_ALIGNED_POINTS = 6.0  # between the right edges of figures in one column


@dataclass(frozen=True, slots=True)
class Table:
    """``lines[start:end]`` of a page as rows of cells; the first ``header_rows`` of them say what the columns are."""

    start: int
    end: int
    rows: tuple[tuple[str, ...], ...]
    header_rows: int
    box: Box


def find_tables(lines: Sequence[Line]) -> list[Table]:
    """The tables of one page in reading order; none shares a line with another."""
    tables: list[Table] = []
    index = floor = 0
    while index < len(lines):
        end = _table_end(lines, index)
        if end > index:
            start = _with_captions(lines, index, end, floor=floor)
            tables.append(_table(lines, start, end))
            floor = index = end
        else:
            index += 1
    return tables


def _table_end(lines: Sequence[Line], start: int) -> int:
    """The end of the table whose first row is ``start``, or ``start``: two rows at least, with few labels between."""
    if not is_row(lines[start]):
        return start
    rows, end = 1, start + 1
    while (following := _next_row(lines, start, end)) is not None:
        rows, end = rows + 1, following + 1
    if rows < 2 or rows < _ROWS_SHARE * (end - start):
        return start
    return end + 1 if end < len(lines) and _goes_on(lines, end) else end


def _next_row(lines: Sequence[Line], start: int, end: int) -> int | None:
    """The next row of ``lines[start:end]``: beyond three labels, only one whose figures stand in the same columns."""
    headed = any(map(is_data, lines[start:end]))  # else these may be the lines of a header, a line for every cell
    for index in range(end, min(end + _LABELS_BETWEEN_ALIGNED_ROWS, len(lines))):
        line, above = lines[index], lines[index - 1]
        if above.box.bottom - line.box.top > 3 * max(line.size, 1.0) or starts_item(line):
            return None
        if is_row(line):
            if _opens_table(lines, start, index):
                return None
            near = index - end <= _LABELS_BETWEEN_ROWS or not headed
            return index if near or _in_columns_of(lines[start:end], lines[end:index], line) else None
        long = len(line.text) > _LONGEST_HEADER and not is_caption(line)
        if _is_prose(line, lines[end - 1]) or (long and not headed):
            return None
    return None


def _is_prose(line: Line, row: Line) -> bool:
    """Whether a line between rows runs from the labels through the columns, as no label does."""
    columns = row.cells[1:]
    return is_data(row) and line.box.left < columns[0].left and line.box.right > columns[len(columns) // 2].right


def _opens_table(lines: Sequence[Line], start: int, index: int) -> bool:
    """Whether the row is the first of a new header: periods, or what spans periods, after rows of data."""
    if not any(map(is_data, lines[max(start, index - 12) : index])):
        return False
    for line in lines[index : index + 2]:
        if is_data(line) or not is_row(line):
            return False
        if sum(map(is_period, line.cells)) >= max(2, len(line.cells) - 1):
            return True
    return False


def _in_columns_of(rows: Sequence[Line], between: Sequence[Line], line: Line) -> bool:
    edges = [cell.right for row in rows[-12:] for cell in row.cells if FIGURE.match(cell.text)]
    figures = [cell for cell in line.cells if FIGURE.match(cell.text)]
    if not edges or not figures or any(label.box.right > figures[0].right for label in between):
        return False
    return all(min(abs(cell.right - edge) for edge in edges) < _ALIGNED_POINTS for cell in figures)


def _with_captions(lines: Sequence[Line], start: int, end: int, *, floor: int) -> int:
    """Where the table begins with the lines above it that say its units, its periods and what its columns hold."""
    rows = [line for line in lines[start:end] if is_row(line)]
    left = min(cell.left for line in rows for cell in line.cells[1:])
    right = max(line.box.right for line in rows)
    labels_left = min(line.box.left for line in rows)
    box, first = lines[start].box, start
    for index in range(start - 1, max(floor, start - _MAX_CAPTIONS) - 1, -1):
        line = lines[index]
        height = line.box.top - line.box.bottom
        level = box.bottom - 0.5 * height < line.box.bottom < box.top + _CAPTION_REACH * height
        if not level or starts_item(line) or any(map(is_figure, line.cells)):
            break
        cells = line.cells[1:] or line.cells
        over = cells[0].left > left - line.size and line.box.right < right + line.size and _is_upright(line)
        over = over and not _is_title(line, labels_left, left, right)
        if not over and not (is_caption(line) and gap_between(line, lines[index + 1]) < _CAPTION_GAP):
            break
        first = index
    return first


def _is_title(line: Line, labels_left: float, left: float, right: float) -> bool:
    """Whether a long line is centred over the whole table with its labels rather than over its columns."""
    centre = (line.box.left + line.box.right) / 2
    off_table, off_columns = abs(centre - (labels_left + right) / 2), abs(centre - (left + right) / 2)
    return (
        line.box.right - line.box.left > 11 * line.size and off_table < line.size < off_columns and not is_caption(line)
    )


def _is_upright(line: Line) -> bool:
    return line.box.top - line.box.bottom < line.box.right - line.box.left


def _table(lines: Sequence[Line], start: int, end: int) -> Table:
    """The table of ``lines[start:end]``; it may begin later, since what stands above its header is none of it."""
    cut, header = _header(lines[start:end])
    start += cut
    kept = lines[start:end]
    body = _unwrapped(kept[header:])
    columns = columns_of(body)
    head = place_header(_level_rows(kept[:header]), columns)
    return Table(start, end, (*head, *(place_row(line, columns) for line in body)), len(head), around(kept))


def _header(lines: Sequence[Line]) -> tuple[int, int]:
    """How many lines to leave out at the beginning, and how many after them say what the columns hold."""
    data = next((index for index, line in enumerate(lines) if is_data(line)), None)
    if data is None:
        captions = next((index for index, line in enumerate(lines) if not is_caption(line)), 0)
        rest = lines[captions : captions + 2]
        return 0, captions + 1 if len(rest) == 2 and rest[0].bold and not rest[1].bold else captions
    left = min(cell.left for line in lines if is_row(line) for cell in line.cells[1:])
    heads = [len(line.cells) > 1 or is_caption(line) or line.box.left > left - line.size for line in lines[:data]]
    last = next((index for index in range(data - 1, -1, -1) if heads[index]), -1)
    if last < 0 or data - 1 - last > _LABELS_UNDER_HEADER:
        return 0, 0
    first = next((index + 1 for index in range(last, -1, -1) if not heads[index]), 0)
    return first, last + 1 - first


def _level_rows(lines: Sequence[Line]) -> list[Line]:
    """Header lines from top to bottom, those at one height as one: bold parts of a row often come first."""
    rows: list[Line] = []
    for line in sorted(lines, key=lambda line: -line.box.top):
        near = range(max(len(rows) - 2, 0), len(rows))
        level = next((index for index in near if level_with(rows[index], line)), None)
        if level is None:
            rows.append(line)
        else:
            rows[level] = beside(rows[level], line)
    return rows


def _unwrapped(lines: Sequence[Line]) -> list[Line]:
    """A label that takes several lines stands on one, with its figures."""
    left = min((line.box.left for line in lines), default=0.0)
    rows: list[Line] = []
    for index, line in enumerate(lines):
        row = line
        if rows and is_data(rows[-1]) and _goes_on(lines, index):
            rows[-1] = _joined(rows[-1], row, left=left)
            continue
        while rows and _wraps(rows[-1], row, left=left):
            row = _joined(rows.pop(), row, left=left)
        rows.append(row)
    return rows


def _wraps(upper: Line, lower: Line, *, left: float) -> bool:
    """Whether the label of ``lower`` begins on the line above it."""
    if len(upper.cells) > 1 or not is_row(lower) or upper.bold != lower.bold:
        return False
    if labels(lower, left=left) == 0:  # figures that stand half a line below their label
        return gap_between(upper, lower) < -0.2 and upper.box.right < lower.box.left
    if upper.text.endswith(":") or not -0.5 < gap_between(upper, lower) < 0.9:
        return False
    first, wide = lower.cells[0].text, upper.box.right - upper.box.left
    if first[:1].islower():
        return wide > 6 * upper.size
    return wide > 15 * upper.size and bool(_CONTINUED.match(first) or _UNFINISHED.search(upper.text))


def _goes_on(lines: Sequence[Line], index: int) -> bool:
    """Whether the line is the rest of the label of the row above, and no beginning of the one below."""
    upper, line = lines[index - 1], lines[index]
    below = lines[index + 1] if index + 1 < len(lines) else None
    if len(line.cells) > 1 or not line.text[:1].islower() or len(upper.cells) < 2 or upper.bold != line.bold:
        return False
    if line.box.right > upper.cells[1].left or upper.cells[0].right - upper.cells[0].left < 15 * upper.size:
        return False
    return -0.5 < gap_between(upper, line) < 0.5 and not (
        below is not None and is_data(below) and _wraps(line, below, left=line.box.left)
    )


def _joined(upper: Line, lower: Line, *, left: float) -> Line:
    """A row with its label's lines put together; the figures may stand beside either."""
    above, below = upper.cells[0], lower.cells[0]
    words = (*upper.words, *lower.words)
    if len(upper.cells) == 1 and labels(lower, left=left) == 0:
        return replace(lower, cells=(above, *lower.cells), box=around((upper, lower)), words=words)
    label = Cell(f"{above.text} {below.text}", min(above.left, below.left), max(above.right, below.right))
    cells = (label, *(upper.cells[1:] or lower.cells[1:]))
    return replace(lower, cells=cells, box=around((upper, lower)), words=words)
