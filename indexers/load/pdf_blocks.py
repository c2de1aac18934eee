"""From the lines of pages to blocks: tables, headings, lists and paragraphs told apart, without any PDF library."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from indexers.document import BlockKind
from indexers.load.build import TextBuilder
from indexers.load.pdf_cells import is_caption, is_period, is_row
from indexers.load.pdf_layout import Line, around, gap_between, starts_item
from indexers.load.pdf_table import find_tables

_DIGITS = re.compile(r"\d+")
_MAX_HEADING_CHARS = 150
_HEADING_RATIO = 1.15  # of the size of the body text
_PARAGRAPH_GAP = 0.6  # of the line's height; lines of one paragraph stand closer
_RUNNING_SHARE = 0.3  # of the pages: a first or last line on so many of them is a header or footer
_REPEATED_SHARE = 0.4  # of the pages, and four at least: such a line is given once and left out after that
_EDGE_LINES = 2
_MARGIN = 0.12  # of the page's height, at its top and its bottom: only there a repeated line is left out


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An entry of a file's outline: ``level`` 1 is outermost, ``page`` counts from 1."""

    title: str
    level: int
    page: int


def add_pages(
    builder: TextBuilder,
    pages: Sequence[Sequence[Line]],
    *,
    heights: Sequence[float] = (),
    bookmarks: Sequence[Bookmark] = (),
    fields: Sequence[Sequence[tuple[str, str]]] = (),
) -> int:
    """Add the blocks of all pages, the first of which has the number 1.

    Args:
        builder: Where they go.
        pages: The lines of each page.
        heights: Of each page, in points; without them no line is left out.
        bookmarks: The outline; the lines that say what an entry says are headings, above all that are guessed.
        fields: Name and value of each page's form fields; they follow the page's text.

    Returns:
        How many headers and footers were left out because the same line stands on an earlier page.
    """
    counts = _edge_counts(pages)
    body = body_size(pages)
    running = frozenset(text for text, count in counts.items() if count >= max(3, _RUNNING_SHARE * len(pages)))
    repeated = {text for text in running if counts[text] >= max(4, _REPEATED_SHARE * len(pages))}
    seen: set[str] = set()
    left_out = 0
    for number, whole in enumerate(pages, start=1):
        height = heights[number - 1] if heights else 0.0
        lines = _without_repeated(whole, repeated, seen, height=height)
        left_out += len(whole) - len(lines)
        levels = [_guessed_level(line, body=body, running=running) for line in lines]
        _mark(lines, levels, [entry for entry in bookmarks if entry.page == number])
        _add_page(builder, lines, levels, page=number, running=running)
        if number <= len(fields):
            builder.add_table(fields[number - 1], page=number)
    return left_out


def body_size(pages: Sequence[Sequence[Line]]) -> float:
    """The size in which most characters are set; 0.0 without any."""
    sizes: Counter[float] = Counter()
    for lines in pages:
        for line in lines:
            sizes[line.size] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _edge_counts(pages: Sequence[Sequence[Line]]) -> Counter[str]:
    """On how many pages a line stands first or last, digits as ``#``."""
    return Counter(
        text
        for lines in pages
        for text in {_without_digits(line) for line in (*lines[:_EDGE_LINES], *lines[-_EDGE_LINES:])}
    )


def _without_repeated(lines: Sequence[Line], repeated: set[str], seen: set[str], *, height: float) -> list[Line]:
    """The page without headers and footers that an earlier page shows; rows, periods and units always stay."""
    kept: list[Line] = []
    for index, line in enumerate(lines):
        text = _without_digits(line)
        edge = index < _EDGE_LINES or index >= len(lines) - _EDGE_LINES
        edge = edge and not _MARGIN * height < line.box.bottom < (1 - _MARGIN) * height and bool(height)
        if not edge or text not in repeated or len(line.cells) > 1 or is_caption(line) or is_period(line.cells[0]):
            kept.append(line)
        elif text not in seen:
            kept.append(line)
            seen.add(text)
    return kept


def _mark(lines: Sequence[Line], levels: list[float], bookmarks: Sequence[Bookmark]) -> None:
    """Give the lines of the outline's entries the entries' levels, in order down the page."""
    letters = [_letters(line.text) for line in lines]
    after = 0
    for entry in bookmarks:
        title = _letters(entry.title)
        starts = [*range(after, len(lines)), *range(after)]
        for start, size in ((start, size) for start in starts for size in (1, 2, 3)):
            if title and "".join(letters[start : start + size]) == title:
                levels[start : start + size] = [float(entry.level)] * len(levels[start : start + size])
                after = start + size
                break


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _without_digits(line: Line) -> str:
    return _DIGITS.sub("#", line.text)


def _add_page(
    builder: TextBuilder, lines: Sequence[Line], levels: Sequence[float], *, page: int, running: frozenset[str]
) -> None:
    """Add the blocks of one page, in reading order."""
    index = 0
    for table in find_tables(lines):
        prose = slice(index, table.start)
        _add_prose(builder, lines[prose], levels[prose], page=page, running=running)
        builder.add_table(table.rows, page=page, box=table.box, header_rows=table.header_rows)
        index = table.end
    _add_prose(builder, lines[index:], levels[index:], page=page, running=running)


def _add_prose(
    builder: TextBuilder, lines: Sequence[Line], levels: Sequence[float], *, page: int, running: frozenset[str]
) -> None:
    index = 0
    while index < len(lines):
        if level := levels[index]:
            end = _heading_end(lines, levels, index)
            heading = lines[index:end]
            text = " ".join(line.text for line in heading)
            builder.add_heading(text, level=level, page=page, box=around(heading))
        else:
            end = _paragraph_end(lines, levels, index, running)
            paragraph = lines[index:end]
            kind: BlockKind = "list" if starts_item(lines[index]) else "paragraph"
            builder.add(kind, "\n".join(line.text for line in paragraph), page=page, box=around(paragraph))
        index = end


def _guessed_level(line: Line, *, body: float, running: frozenset[str]) -> float:
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


def _heading_end(lines: Sequence[Line], levels: Sequence[float], start: int) -> int:
    """A heading goes on over at most two more lines of the same kind close below."""
    end = start + 1
    while end < min(len(lines), start + 3) and not is_row(lines[end]):
        if levels[end] != levels[start] or gap_between(lines[end - 1], lines[end]) > 0.5:
            break
        end += 1
    return end


def _paragraph_end(lines: Sequence[Line], levels: Sequence[float], start: int, running: frozenset[str]) -> int:
    for index in range(start + 1, len(lines)):
        line = lines[index]
        if (
            levels[index]
            or starts_item(line)
            or not -2.0 < gap_between(lines[index - 1], line) < _PARAGRAPH_GAP
            or _without_digits(lines[index - 1]) in running
            or _without_digits(line) in running
        ):
            return index
    return len(lines)
