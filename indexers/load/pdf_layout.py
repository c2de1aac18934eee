"""From words on pages to blocks: rows of tables, lists, headings and paragraphs told apart, without any PDF library."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from indexers.document import BlockKind, Box
from indexers.load.build import TextBuilder

_BULLET = re.compile(r"[\u2022\u2023\u25aa\u25cf\u25e6\u2043\u2219\u00b7\uf0b7\uf0a7\u25a0\u27a2\u2713*\u2013-]$")
_ENUMERATOR = re.compile(r"\(?(\d{1,2}|[a-z]|[ivx]{1,4})[.)]$", re.IGNORECASE)
_FIGURE = re.compile(r"[$€£¥(]{0,3}\s*(\d[\d.,]*|[\u2014\u2013-]+)\s*[)%x]{0,2}$")
_LONE_SIGN = re.compile(r"[$€£¥(]{1,2}$")
_LONE_END = re.compile(r"[)%]{1,2}$")
_DIGITS = re.compile(r"\d+")
_MAX_HEADING_CHARS = 150
_HEADING_RATIO = 1.15  # of the size of the body text
_CELL_GAP = 1.0  # of the line's height; spaces between words are under 0.4 of it
_FIGURE_GAP = 0.8  # before a figure
_SENTENCE_GAP = 1.5  # after punctuation, where justified lines are stretched most
_ROWS_SHARE = 0.4  # of the lines of a table; the others are labels between rows
_PARAGRAPH_GAP = 0.6  # of the line's height; lines of one paragraph stand closer
_LABELS_BETWEEN_ROWS = 3
_RUNNING_SHARE = 0.3  # of the pages: a first or last line on so many of them is a header or footer


@dataclass(frozen=True, slots=True)
class Word:
    """Characters without a blank, ``index`` the first one's place on the page; boxes of its first and last one."""

    text: str
    index: int
    first: Box
    last: Box


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a page; ``cells`` are its parts between wide gaps, left to right.

    ``size`` is a typical character's height in points, since the file's own font size may be in any unit.
    """

    cells: tuple[str, ...]
    box: Box
    size: float
    bold: bool = False

    @property
    def text(self) -> str:
        """The line as prose."""
        return " ".join(self.cells)


def follows(previous: Word, word: Word) -> bool:
    """Whether ``word`` goes on the line of ``previous``: at the same height, and not far to its left."""
    a, b = previous.last, word.first
    height = max(min(a.top - a.bottom, b.top - b.bottom), 1.0)
    if a.right - a.left > 3 * height or previous.first.left == b.left:
        return True  # turned or stacked letters: their boxes say nothing about lines
    return min(a.top, b.top) - max(a.bottom, b.bottom) > 0.3 * height and b.left - a.right > -2 * height


def line_of(words: Sequence[Word], *, bold: bool = False) -> Line:
    """One line from its words, cut into cells where the gap between two is wider than the line is high."""
    cells: list[list[str]] = [[words[0].text]]
    for previous, word in pairwise(words):
        height = max(previous.last.top - previous.last.bottom, 1.0)
        if word.first.left - previous.last.right > _least_gap(previous.text, word.text) * height:
            cells.append([])
        cells[-1].append(word.text)
    boxes = [box for word in words for box in (word.first, word.last)]
    heights = sorted(box.top - box.bottom for box in boxes)
    around = Box(
        min(box.left for box in boxes),
        min(box.bottom for box in boxes),
        max(box.right for box in boxes),
        max(box.top for box in boxes),
    )
    size = round(heights[len(heights) // 2], 1)
    return Line(tuple(map(" ".join, cells)), around, size=size, bold=bold)


def _least_gap(before: str, after: str) -> float:
    if _FIGURE.match(after) or _LONE_SIGN.match(after):
        return _FIGURE_GAP
    return _SENTENCE_GAP if before.endswith((".", ",", ":", ";", "?", "!")) else _CELL_GAP


def join_rows(lines: Sequence[Line]) -> list[Line]:
    """Put back on one line what stands side by side: a label and the figures that the file writes after it."""
    joined: list[Line] = []
    for line in lines:
        previous = joined[-1] if joined else None
        if previous is not None and _side_by_side(previous, line):
            joined[-1] = _beside(previous, line)
        elif all(map(_FIGURE.match, line.cells)) and (index := _row_of(joined, line)) is not None:
            joined[index] = _beside(joined[index], line)
        else:
            joined.append(line)
    return [replace(line, cells=_with_signs(line.cells)) for line in joined]


def _row_of(lines: Sequence[Line], figures: Line, *, reach: int = 80) -> int | None:
    """The last line before ``figures`` at whose right they stand."""
    for index in range(len(lines) - 1, max(len(lines) - reach, 0) - 1, -1):
        if lines[index].box.right <= figures.box.left and _side_by_side(lines[index], figures):
            return index
    return None


def _side_by_side(first: Line, second: Line) -> bool:
    a, b = first.box, second.box
    overlap = min(a.top, b.top) - max(a.bottom, b.bottom)
    lower = min(a.top - a.bottom, b.top - b.bottom)
    upright = a.right - a.left > a.top - a.bottom or len(first.text) < 3  # not the letters of a turned line
    return upright and overlap > 0.5 * lower and (b.left >= a.right - 1 or b.right <= a.left + 1)


def _beside(first: Line, second: Line) -> Line:
    left, right = (first, second) if first.box.left <= second.box.left else (second, first)
    a, b = left.box, right.box
    cells = (*left.cells, *right.cells)
    if b.left - a.right <= a.top - a.bottom:
        cells = (*left.cells[:-1], f"{left.cells[-1]} {right.cells[0]}", *right.cells[1:])
    box = Box(min(a.left, b.left), min(a.bottom, b.bottom), max(a.right, b.right), max(a.top, b.top))
    return Line(cells, box, size=first.size, bold=first.bold and second.bold)


def _with_signs(cells: tuple[str, ...]) -> tuple[str, ...]:
    """A currency sign belongs to the figure after it, a closing sign to the one before."""
    kept: list[str] = []
    sign = ""
    for cell in cells:
        if kept and not sign and _LONE_END.match(cell):
            kept[-1] += cell
            continue
        words = f"{sign} {cell}".split()
        sign = words.pop() if len(cells) > 1 and _LONE_SIGN.match(words[-1]) else ""
        if words:
            kept.append(" ".join(words))
    return (*kept[:-1], f"{kept[-1]} {sign}") if sign and kept else tuple(kept or cells)


def body_size(pages: Sequence[Sequence[Line]]) -> float:
    """The size in which most characters are set; 0.0 without any."""
    sizes: Counter[float] = Counter()
    for lines in pages:
        for line in lines:
            sizes[line.size] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def running_lines(pages: Sequence[Sequence[Line]]) -> frozenset[str]:
    """What heads or foots at least three pages and three in ten, digits as ``#``: never headings of what follows."""
    edges = Counter(text for lines in pages for text in {_without_digits(line) for line in (*lines[:2], *lines[-2:])})
    return frozenset(text for text, count in edges.items() if count >= max(3, _RUNNING_SHARE * len(pages)))


def _without_digits(line: Line) -> str:
    return _DIGITS.sub("#", line.text)


def add_page(builder: TextBuilder, lines: Sequence[Line], *, page: int, body: float, running: frozenset[str]) -> None:
    """Add the blocks of one page, in reading order."""
    index = 0
    while index < len(lines):
        end = _table_end(lines, index)
        if end > index:
            table = lines[index:end]
            builder.add("table", "\n".join(" | ".join(line.cells) for line in table), page=page, box=_around(table))
        elif level := _heading_level(lines[index], body=body, running=running):
            end = _heading_end(lines, index, level, body=body, running=running)
            heading = lines[index:end]
            text = " ".join(line.text for line in heading)
            builder.add_heading(text, level=level, page=page, box=_around(heading))
        else:
            end = _paragraph_end(lines, index, body=body, running=running)
            paragraph = lines[index:end]
            kind: BlockKind = "list" if _starts_item(lines[index]) else "paragraph"
            builder.add(kind, "\n".join(line.text for line in paragraph), page=page, box=_around(paragraph))
        index = end


def _is_row(line: Line) -> bool:
    return len(line.cells) > 1 and not _starts_item(line)


def _starts_item(line: Line) -> bool:
    first = line.cells[0].split(" ", 1)[0]
    if _BULLET.match(first) and (len(first) > 1 or first not in "-\u2013" or " " in line.text):
        return not all(map(_FIGURE.match, line.cells))
    return bool(_ENUMERATOR.match(first)) and len(line.cells) == 2 and not _FIGURE.match(line.cells[1])


def _table_end(lines: Sequence[Line], start: int) -> int:
    """The end of the table that begins at ``start``, or ``start``: two rows at least, with few labels between."""
    if not _is_row(lines[start]):
        return start
    rows, end, index = 1, start + 1, start + 1
    while index < len(lines) and index - end < _LABELS_BETWEEN_ROWS + 1:
        gap = lines[index - 1].box.bottom - lines[index].box.top
        if gap > 3 * max(lines[index].size, 1.0) or _starts_item(lines[index]):
            break
        if _is_row(lines[index]):
            rows, end = rows + 1, index + 1
        index += 1
    return end if rows > 1 and rows >= _ROWS_SHARE * (end - start) else start


def _heading_level(line: Line, *, body: float, running: frozenset[str]) -> float:
    """The level of a heading, smaller for larger type; 0.0 where the line is none."""
    text = line.text
    plain = len(text) > _MAX_HEADING_CHARS or not any(map(str.isalpha, text)) or _without_digits(line) in running
    if plain or line.box.top - line.box.bottom > line.box.right - line.box.left:
        return 0.0
    if line.size >= _HEADING_RATIO * body and not text.endswith((".", ",", ";")):
        return 1000.0 - line.size
    if line.bold and line.size >= 0.9 * body and not text.endswith((",", ";")) and len(text) > 2:
        return 1000.0 - 0.9 * body + (0.05 if text != text.upper() else 0.0)
    return 0.0


def _heading_end(lines: Sequence[Line], start: int, level: float, *, body: float, running: frozenset[str]) -> int:
    """A heading goes on over at most two more lines of the same kind close below."""
    end = start + 1
    while end < min(len(lines), start + 3) and not _is_row(lines[end]):
        below = _heading_level(lines[end], body=body, running=running)
        if below != level or _gap(lines[end - 1], lines[end]) > 0.5:
            break
        end += 1
    return end


def _paragraph_end(lines: Sequence[Line], start: int, *, body: float, running: frozenset[str]) -> int:
    for index in range(start + 1, len(lines)):
        line = lines[index]
        new_item = _starts_item(line)
        if (
            new_item
            or not -2.0 < _gap(lines[index - 1], line) < _PARAGRAPH_GAP
            or _without_digits(lines[index - 1]) in running
            or _without_digits(line) in running
            or _table_end(lines, index) > index
            or _heading_level(line, body=body, running=running)
        ):
            return index
    return len(lines)


def _gap(upper: Line, lower: Line) -> float:
    """The blank between two lines as a share of their height; below 0 where they overlap or a column begins."""
    return (upper.box.bottom - lower.box.top) / max(lower.size, upper.size, 1.0)


def _around(lines: Sequence[Line]) -> Box:
    return Box(
        min(line.box.left for line in lines),
        min(line.box.bottom for line in lines),
        max(line.box.right for line in lines),
        max(line.box.top for line in lines),
    )
