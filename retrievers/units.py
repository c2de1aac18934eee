"""The units of one document (sentences, headings, table rows), found where they are asked for and kept."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from indexers.document import Block
from indexers.sentences import block_units, strip_span

if TYPE_CHECKING:
    from indexers.document import Document

Span = tuple[int, int]

LONGEST_UNIT_CHARS = 1200
"""A longer unit is no sentence (a table set as running text, a dump): it is cut at line ends, else at blanks."""


class DocumentUnits:
    """Units of one document, cut once a block."""

    def __init__(self, document: Document) -> None:
        self.document = document
        whole = (Block("paragraph", 0, len(document.text)),) if document.text.strip() else ()
        self._blocks = document.blocks or whole
        self._units: dict[int, list[Span]] = {}

    def covering(self, start: int, end: int) -> list[Span]:
        """The units that share a character with ``text[start:end]``, whole and in order."""
        spans: list[Span] = []
        for number in range(self._block_after(start), len(self._blocks)):
            if self._blocks[number].start >= end:
                break
            spans.extend(span for span in self._of_block(number) if span[0] < end and span[1] > start)
        return spans

    def around(self, start: int, end: int, *, chars: int) -> Span:
        """``[start, end)`` and the units that begin (or end) up to ``chars`` away on each side, in the same section."""
        first, last = self._block_after(start), self._block_after(max(start, end - 1))
        if first >= len(self._blocks) or last >= len(self._blocks):
            return start, end
        wanted_start, wanted_end = start - chars, end + chars
        for number in range(first, -1, -1):
            if (
                self._blocks[number].headings != self._blocks[first].headings
                or self._blocks[number].end <= wanted_start
            ):
                break
            inside = [span for span in self._of_block(number) if span[0] < start and span[1] > wanted_start]
            start = inside[0][0] if inside else start
        for number in range(last, len(self._blocks)):
            if self._blocks[number].headings != self._blocks[last].headings or self._blocks[number].start >= wanted_end:
                break
            inside = [span for span in self._of_block(number) if span[1] > end and span[0] < wanted_end]
            end = inside[-1][1] if inside else end
        return start, end

    def headings_at(self, offset: int) -> tuple[str, ...]:
        """The path of headings above the character at ``offset``."""
        number = self._block_after(offset)
        return self._blocks[number].headings if number < len(self._blocks) else ()

    def _block_after(self, offset: int) -> int:
        """The number of the first block that ends after ``offset``."""
        return bisect_right(self._blocks, offset, key=lambda block: block.end)

    def _of_block(self, number: int) -> list[Span]:
        if number not in self._units:
            block = self._blocks[number]
            spans = block_units(self.document.text, block.kind, block.start, block.end)
            self._units[number] = [piece for span in spans for piece in _cut(self.document.text, *span)]
        return self._units[number]


def _cut(text: str, start: int, end: int) -> list[Span]:
    pieces: list[Span] = []
    while end - start > LONGEST_UNIT_CHARS:
        least, most = start + LONGEST_UNIT_CHARS // 2, start + LONGEST_UNIT_CHARS
        cut = max(text.rfind("\n", least, most), -1)
        cut = cut if cut > 0 else text.rfind(" ", least, most)
        cut = cut if cut > 0 else most
        piece = strip_span(text, start, cut)
        pieces.extend([piece] if piece[0] < piece[1] else [])
        start = strip_span(text, cut, end)[0]
    pieces.extend([(start, end)] if start < end else [])
    return pieces
