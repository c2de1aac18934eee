"""From words on a page to its lines, cut into cells, without any PDF library."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from indexers.document import Box

FIGURE = re.compile(
    r"(?:US|NT|HK|C|A)?[$€£¥₩(+\u2212 -]{0,5}(?:\d[\d.,]*|\.\d+|[\u2014\u2013-]+)(?: ?(?:\)|%|x|\([a-z\d]\))){0,3}$"
)
"""What a cell of figures looks like from its beginning to its end."""

_BULLET = re.compile(r"[\u2022\u2023\u25aa\u25cf\u25e6\u2043\u2219\u00b7\uf0b7\uf0a7\u25a0\u27a2\u2713*\u2013-]$")
_ENUMERATOR = re.compile(r"\(?(\d{1,2}|[a-z]|[ivx]{1,4})[.)]$", re.IGNORECASE)
_LONE_SIGN = re.compile(r"[$€£¥(]{1,2}$")
_LONE_END = re.compile(r"[)%]{1,2}$")
_SIGNS = frozenset("$€£¥")
_SIGN_GAP = 0.1  # of the line's height, from a figure to the currency sign of the next column
_CELL_GAP = 1.0  # of the line's height; spaces between words are under 0.4 of it
_FIGURE_GAP = 0.8  # before a figure
_SENTENCE_GAP = 1.5  # after punctuation, where justified lines are stretched most


@dataclass(frozen=True, slots=True)
class Word:
    """Characters without a blank, ``index`` the first one's place on the page; boxes of its first and last one."""

    text: str
    index: int
    first: Box
    last: Box


@dataclass(frozen=True, slots=True)
class Cell:
    """A part of a line between wide gaps; its edges in points from the page's left."""

    text: str
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a page; ``cells`` are its parts between wide gaps, left to right.

    ``size`` is a typical character's height in points, since the file's own font size may be in any unit. ``words``
    are kept only where their boxes are asked for: they take more memory than the text.
    """

    cells: tuple[Cell, ...]
    box: Box
    size: float
    bold: bool = False
    words: tuple[Word, ...] = ()

    @property
    def text(self) -> str:
        """The line as prose."""
        return " ".join(cell.text for cell in self.cells)


def follows(previous: Word, word: Word) -> bool:
    """Whether ``word`` goes on the line of ``previous``: at the same height, and not far to its left."""
    a, b = previous.last, word.first
    a_height, b_height = a.top - a.bottom, b.top - b.bottom
    height = max(1.0, min(b_height, a_height))
    if a.right - a.left > 3 * height or previous.first.left == b.left:
        return True  # turned or stacked letters: their boxes say nothing about lines
    if b.left - a.right <= -2 * height:
        return False
    top, bottom = min(b.top, a.top), max(b.bottom, a.bottom)
    return top - bottom > 0.3 * height


def line_of(words: Sequence[Word], *, bold: bool = False, keep_words: bool = False) -> Line:
    """One line from its words, cut into cells where the gap between two is wider than the line is high."""
    cells: list[list[Word]] = [[words[0]]]
    for previous, word in pairwise(words):
        last = previous.last
        height = max(last.top - last.bottom, 1.0)
        gap = (word.first.left - last.right) / height
        if gap > _FIGURE_GAP:  # the least of all: most gaps between words need no closer look
            apart = gap > _least_gap(previous.text, word.text)
        else:
            apart = gap > _SIGN_GAP and word.text in _SIGNS and bool(FIGURE.match(previous.text))
        if apart:
            cells.append([])
        cells[-1].append(word)
    boxes = [word.first for word in words]
    boxes += [word.last for word in words]
    heights = sorted([box.top - box.bottom for box in boxes])
    box = Box(
        min([box.left for box in boxes]),
        min([box.bottom for box in boxes]),
        max([box.right for box in boxes]),
        max([box.top for box in boxes]),
    )
    size = round(heights[len(heights) // 2], 1)
    return Line(tuple(map(_cell, cells)), box, size=size, bold=bold, words=tuple(words) if keep_words else ())


def _cell(words: Sequence[Word]) -> Cell:
    return Cell(" ".join(word.text for word in words), words[0].first.left, words[-1].last.right)


def _least_gap(before: str, after: str) -> float:
    if FIGURE.match(after) or _LONE_SIGN.match(after):
        return _FIGURE_GAP
    return _SENTENCE_GAP if before.endswith((".", ",", ":", ";", "?", "!")) else _CELL_GAP


def join_rows(lines: Sequence[Line]) -> list[Line]:
    """Put back on one line what stands side by side: a label and the figures that the file writes after it."""
    joined: list[Line] = []
    for line in lines:
        previous = joined[-1] if joined else None
        if previous is not None and level_with(previous, line):
            joined[-1] = beside(previous, line)
        elif all(FIGURE.match(cell.text) for cell in line.cells) and (index := _row_of(joined, line)) is not None:
            joined[index] = beside(joined[index], line)
        else:
            joined.append(line)
    return [replace(line, cells=_with_signs(line.cells)) if len(line.cells) > 1 else line for line in joined]


def _row_of(lines: Sequence[Line], figures: Line, *, reach: int = 80) -> int | None:
    """The last line before ``figures`` at whose right they stand."""
    for index in range(len(lines) - 1, max(len(lines) - reach, 0) - 1, -1):
        if lines[index].box.right <= figures.box.left and level_with(lines[index], figures):
            return index
    return None


def level_with(first: Line, second: Line) -> bool:
    """Whether two lines stand side by side at one height."""
    a, b = first.box, second.box
    overlap = min(a.top, b.top) - max(a.bottom, b.bottom)
    lower = min(a.top - a.bottom, b.top - b.bottom)
    upright = a.right - a.left > a.top - a.bottom or len(first.text) < 3  # not the letters of a turned line
    return upright and overlap > 0.5 * lower and (b.left >= a.right - 1 or b.right <= a.left + 1)


def beside(first: Line, second: Line) -> Line:
    """Two lines that stand side by side as one."""
    left, right = (first, second) if first.box.left <= second.box.left else (second, first)
    cells = (*left.cells, *right.cells)
    if right.box.left - left.box.right <= left.box.top - left.box.bottom:
        last, following = left.cells[-1], right.cells[0]
        whole = Cell(f"{last.text} {following.text}", last.left, following.right)
        cells = (*left.cells[:-1], whole, *right.cells[1:])
    words = (*left.words, *right.words)
    return Line(cells, around((left, right)), size=first.size, bold=first.bold and second.bold, words=words)


def _with_signs(cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """A currency sign belongs to the figure after it, a closing sign to the one before."""
    kept: list[Cell] = []
    sign: Cell | None = None
    for cell in cells:
        if kept and sign is None and _LONE_END.match(cell.text) and FIGURE.match(kept[-1].text):
            kept[-1] = Cell(kept[-1].text + cell.text, kept[-1].left, cell.right)
            continue
        whole = _together(sign, cell) if sign else cell
        before, _, last = whole.text.rpartition(" ")
        sign = None
        if _LONE_SIGN.match(last):
            sign = Cell(last, whole.right, whole.right) if before else whole
            whole = Cell(before, whole.left, whole.right)
        if whole.text:
            kept.append(whole)
    if sign is None:
        return tuple(kept)
    return (*kept[:-1], _together(kept[-1], sign)) if kept else cells


def _together(left: Cell, right: Cell) -> Cell:
    return Cell(f"{left.text} {right.text}", left.left, right.right)


def starts_item(line: Line) -> bool:
    """Whether the line begins with the bullet or the number of a list's item."""
    first = line.cells[0].text.split(" ", 1)[0]
    if _BULLET.match(first) and (len(first) > 1 or first not in "-\u2013" or " " in line.text):
        return not all(FIGURE.match(cell.text) for cell in line.cells)
    return bool(_ENUMERATOR.match(first)) and len(line.cells) == 2 and not FIGURE.match(line.cells[1].text)


def gap_between(upper: Line, lower: Line) -> float:
    """The blank between two lines as a share of their height; below 0 where they overlap or a column begins."""
    return (upper.box.bottom - lower.box.top) / max(lower.size, upper.size, 1.0)


def around(lines: Sequence[Line]) -> Box:
    """The box that holds all of the lines."""
    return Box(
        min(line.box.left for line in lines),
        min(line.box.bottom for line in lines),
        max(line.box.right for line in lines),
        max(line.box.top for line in lines),
    )
