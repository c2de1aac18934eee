"""What of a table says what it is about: cells with words or years, and a figure a row; postings keep the others."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indexers.document import Document

_BAR = re.compile(r"(?:[ \t]|^)\|(?:[ \t]|$)")
_LETTER = re.compile(r"[^\W\d_]")
_FIGURE = re.compile(r"\d")
_YEAR = re.compile(r"(?<![\d.,])(?:19|20)\d\d(?![\d,]|\.\d)")


def telling_text(document: Document, start: int, end: int) -> str:
    """``text[start:end]``, of tables' rows only the cells that hold a letter or a year, and the row's first figure.

    A model of meaning makes one vector of all pieces, and a balance sheet is four pieces of figures to one of words:
    its vector says "figures". One a row stays, so that a list of prices is still about amounts, and a table of two
    columns is embedded whole. All of the slice is returned where no word would be left.
    """
    parts: list[str] = []
    at = start
    first = max(bisect_right(document.blocks, start, key=lambda block: block.start) - 1, 0)
    for block in document.blocks[first:]:
        if block.start >= end:
            break
        if block.kind == "table" and block.end > at:
            rows = max(block.start, at)
            parts.append(document.text[at:rows])
            at = min(block.end, end)
            parts.append("\n".join(filter(None, map(_labels, document.text[rows:at].split("\n")))))
    parts.append(document.text[at:end])
    text = "".join(parts)
    return text if _LETTER.search(text) else document.text[start:end]


def _labels(row: str) -> str:
    kept = []
    figures = 0
    for cell in map(str.strip, _BAR.split(row)):
        if _LETTER.search(cell) or _YEAR.search(cell):
            kept.append(cell)
        elif _FIGURE.search(cell):
            kept.extend([] if figures else [cell])
            figures += 1
    return " | ".join(kept)
