"""Cut a document into chunks at headings, pages, paragraphs, rows and sentences; offsets exact, nothing lost."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from indexers.chunk import Chunk, chunk_id
from indexers.context import LEAST_BUDGET_TOKENS, fitting_context, table_header
from indexers.sentences import block_units
from indexers.tables import header_span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from indexers.document import Document
    from indexers.embed import Embedder

SPLITTER_VERSION = "3"
"""Counts changes of where a text is cut, or of what is embedded for a chunk: `rag rebuild --split`."""

CHARS_PER_TOKEN = 8
"""A chunk of n tokens has at most 8 n characters: a million letters without a space are one unknown piece."""

LEAST_FILL = 0.5
"""The share of its budget from which a chunk may end before it is full: see `_full`."""

LEAST_SECTION_SHARE = 8
"""A heading opens a new chunk once the one before it holds an eighth of its budget: tiny sections stay together."""


@dataclass(frozen=True, slots=True)
class _Unit:
    start: int
    end: int
    tokens: int
    heading: bool
    opens_block: bool
    headings: tuple[str, ...]
    page: int | None


def split_document(document: Document, embedder: Embedder, *, max_tokens: int) -> list[Chunk]:
    """Cut ``document`` into chunks in text order.

    Every character that is not white space lies in exactly one chunk; a chunk begins and ends at units (sentences,
    rows, headings), is cut inside one only where the unit alone is too long, and never crosses a page. Sections
    shorter than an eighth of the budget share a chunk, under the headings they have in common.

    Args:
        document: What was read.
        embedder: Whose pieces are counted.
        max_tokens: The most pieces of one embedded string: special tokens, context and slice.

    Returns:
        The chunks; none for a document without text.
    """
    counter = _PieceCounter(document.text, embedder)
    budgets = _Budgets(document, counter, max_tokens)
    chunks: list[Chunk] = []
    for group in _groups(document.text, list(_units(document, counter)), budgets.of):
        headings = _common([unit.headings for unit in group])
        for start, end in _within_budget(document.text, group, counter, budgets.of(headings, group[0].start)):
            chunks.append(
                Chunk(
                    id=chunk_id(document.id, document.version, start, end),
                    document_id=document.id,
                    version=document.version,
                    ordinal=len(chunks),
                    start=start,
                    end=end,
                    tokens=counter.count(start, end),
                    headings=headings,
                    page=group[0].page,
                )
            )
    return chunks


class _PieceCounter:
    """Counts pieces of slices of one text, from one pass over it, and of other strings, remembered."""

    def __init__(self, text: str, embedder: Embedder) -> None:
        self._pieces = embedder.pieces(text)
        self._starts = np.ascontiguousarray(self._pieces[:, 0])
        self.embedder = embedder
        self._counts: dict[str, int] = {}
        self.special_tokens = embedder.identity.special_tokens

    def count(self, start: int, end: int) -> int:
        first, last = np.searchsorted(self._starts, (start, end))
        return int(last - first)

    def fitting(self, text: str, start: int, end: int, budget: int) -> int:
        """The end of the longest slice from ``start`` that is embedded as at most ``budget`` pieces.

        Where a slice begins or ends at a blank its pieces are those of the whole text. A cut anywhere else makes other,
        often more pieces of the word that is cut, so such a slice is counted by itself. It holds a character at least.
        """
        cut = min(end, max(self._after(start, budget), start + 1), start + budget * CHARS_PER_TOKEN)
        if cut < end:
            blank = max(text.rfind(" ", start, cut), text.rfind("\n", start, cut))
            cut = blank if blank > start + (cut - start) // 2 else cut
        if _at_blank(text, start) and _at_blank(text, cut):
            return cut
        pieces = self.embedder.pieces(text[start:cut])
        while len(pieces) > budget and cut > start + 1:
            # Several pieces may be of one character, and have its span: the last that fits may end beyond the next.
            cut = start + max(1, min(int(pieces[budget - 1, 1]), int(pieces[budget, 0])))
            pieces = self.embedder.pieces(text[start:cut])
        return cut

    def _after(self, start: int, budget: int) -> int:
        """Where the first piece begins that is too many."""
        beyond = int(np.searchsorted(self._starts, start)) + budget
        return int(self._starts[beyond]) if beyond < len(self._starts) else sys.maxsize

    def count_other(self, text: str) -> int:
        if text not in self._counts:
            self._counts[text] = len(self.embedder.pieces(text))
        return self._counts[text]


def _at_blank(text: str, position: int) -> bool:
    """Whether a cut at ``position`` leaves the words on both sides whole."""
    return position in (0, len(text)) or text[position - 1].isspace() or text[position].isspace()


def _units(document: Document, counter: _PieceCounter) -> Iterator[_Unit]:
    for block in document.blocks:
        heading = block.kind == "heading"
        for place, (start, end) in enumerate(block_units(document.text, block.kind, block.start, block.end)):
            yield _Unit(start, end, counter.count(start, end), heading, place == 0, block.headings, block.page)


class _Budgets:
    """How many pieces of the text a chunk may hold: what special tokens, context and table header leave."""

    def __init__(self, document: Document, counter: _PieceCounter, max_tokens: int) -> None:
        self._document = document
        self._counter = counter
        self._room = max_tokens - counter.special_tokens
        self._known: dict[tuple[tuple[str, ...], tuple[int, int] | None], int] = {}

    def of(self, headings: tuple[str, ...], start: int) -> int:
        """The pieces for a chunk under ``headings`` that begins at ``start``."""
        place = (headings, header_span(self._document, start))
        if place not in self._known:
            embedder = self._counter.embedder
            context = self._counter.count_other(fitting_context(self._document, headings, embedder))
            header = self._counter.count_other(table_header(self._document, start, embedder))
            self._known[place] = max(LEAST_BUDGET_TOKENS, self._room - context - header)
        return self._known[place]


def _groups(
    text: str, units: Sequence[_Unit], budget_of: Callable[[tuple[str, ...], int], int]
) -> Iterator[list[_Unit]]:
    """Units that share a chunk: as many as fit, but no page is crossed and no section of some length is run into."""
    group: list[_Unit] = []
    tokens = 0
    for unit in units:
        while group:
            budget = budget_of(_common([unit.headings, group[0].headings]), group[0].start)
            opens_section = unit.heading and not group[-1].heading and tokens > budget // LEAST_SECTION_SHARE
            if unit.page != group[0].page or opens_section:
                kept = len(group)
            elif tokens + unit.tokens > budget or unit.end - group[0].start > budget * CHARS_PER_TOKEN:
                kept = _full(text, group, unit, budget)
            else:
                break
            yield group[:kept]
            group = group[kept:]
            tokens = sum(held.tokens for held in group)
        group.append(unit)
        tokens += unit.tokens
    if group:
        yield group


def _full(text: str, group: Sequence[_Unit], unit: _Unit, budget: int) -> int:
    """How many units of a full group make a chunk; the others begin the next one, before ``unit``.

    A chunk that always held all that fits would make every later one another when a word is added before them. Where
    nothing else does (a page), the text itself decides: of the places in the group's last part the best kind is taken,
    and of several the one before the unit with the least hash. An edit therefore moves the few boundaries near it.
    """
    least = len(group) - len(_trailing_headings(group))
    if group[0].page is not None:
        return least
    best, kept, tokens = (9, 0), least, 0
    for place, (held, following) in enumerate(pairwise([*group, unit]), start=1):
        tokens += held.tokens
        if tokens < budget * LEAST_FILL or held.heading:
            continue
        kind = 0 if following.heading else 1 if following.opens_block else 2
        rank = (kind, crc32(text[following.start : following.end].encode("utf-8", "surrogatepass")))
        if rank <= best:
            best, kept = rank, place
    return kept


def _trailing_headings(group: Sequence[_Unit]) -> list[_Unit]:
    """The headings that end ``group``: they belong to what follows, unless the group is nothing else."""
    count = 0
    while count < len(group) and group[-1 - count].heading:
        count += 1
    return list(group[len(group) - count :]) if 0 < count < len(group) else []


def _within_budget(text: str, group: Sequence[_Unit], counter: _PieceCounter, budget: int) -> Iterator[tuple[int, int]]:
    """The slice of ``group``; more than one where the group is a single unit that is too long."""
    start, end = group[0].start, group[-1].end
    while start < end:
        cut = counter.fitting(text, start, end, budget)
        yield start, cut
        start = cut
        while start < end and text[start].isspace():
            start += 1


def _common(paths: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    common = paths[0]
    for path in paths[1:]:
        length = 0
        while length < min(len(common), len(path)) and common[length] == path[length]:
            length += 1
        common = common[:length]
    return common
