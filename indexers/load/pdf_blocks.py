"""From the lines of pages to blocks: tables, headings, lists and paragraphs told apart, without any PDF library."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from indexers.document import BlockKind
from indexers.load.build import TextBuilder
from indexers.load.pdf_cells import is_row
from indexers.load.pdf_layout import Line, around, gap_between, starts_item
from indexers.load.pdf_table import find_tables

_DIGITS = re.compile(r"\d+")
_MAX_HEADING_CHARS = 150
_HEADING_RATIO = 1.15  # of the size of the body text
_PARAGRAPH_GAP = 0.6  # of the line's height; lines of one paragraph stand closer
_RUNNING_SHARE = 0.3  # of the pages: a first or last line on so many of them is a header or footer


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
    for table in find_tables(lines):
        _add_prose(builder, lines[index : table.start], page=page, body=body, running=running)
        builder.add_table(table.rows, page=page, box=table.box, header_rows=table.header_rows)
        index = table.end
    _add_prose(builder, lines[index:], page=page, body=body, running=running)


def _add_prose(builder: TextBuilder, lines: Sequence[Line], *, page: int, body: float, running: frozenset[str]) -> None:
    index = 0
    while index < len(lines):
        if level := _heading_level(lines[index], body=body, running=running):
            end = _heading_end(lines, index, level, body=body, running=running)
            heading = lines[index:end]
            text = " ".join(line.text for line in heading)
            builder.add_heading(text, level=level, page=page, box=around(heading))
        else:
            end = _paragraph_end(lines, index, body=body, running=running)
            paragraph = lines[index:end]
            kind: BlockKind = "list" if starts_item(lines[index]) else "paragraph"
            builder.add(kind, "\n".join(line.text for line in paragraph), page=page, box=around(paragraph))
        index = end


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
    while end < min(len(lines), start + 3) and not is_row(lines[end]):
        below = _heading_level(lines[end], body=body, running=running)
        if below != level or gap_between(lines[end - 1], lines[end]) > 0.5:
            break
        end += 1
    return end


def _paragraph_end(lines: Sequence[Line], start: int, *, body: float, running: frozenset[str]) -> int:
    for index in range(start + 1, len(lines)):
        line = lines[index]
        new_item = starts_item(line)
        if (
            new_item
            or not -2.0 < gap_between(lines[index - 1], line) < _PARAGRAPH_GAP
            or _without_digits(lines[index - 1]) in running
            or _without_digits(line) in running
            or _heading_level(line, body=body, running=running)
        ):
            return index
    return len(lines)
