"""A passage on its way into the window: its units, how they read, what they cost, and how it is cut to fit."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from indexers.tables import header_rows
from retrievers.render import one_line, render_source, source_header
from retrievers.terms import content_words
from retrievers.units import LONGEST_UNIT_CHARS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from indexers.document import Document
    from retrievers.passages import Passage
    from retrievers.units import Span

TELLING_WORDS = 5
"""A sentence of fewer words ("Yes.", a heading) may stand in several passages without being a repetition."""

RANK_DAMPING = 2
"""A hit is worth ``1 / (2 + rank)``: with nothing else known, about the chance that the evidence is in it."""

HEADER_TOKENS, LABEL_TOKENS, CHARS_PER_TOKEN = 30, 5, 4
"""For estimates only: what a header line and a label cost, and the letters of a token of English."""

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage with its units. ``lines`` and ``keys`` stand beside ``units``; ``tokens`` counts it as rendered.

    ``keys`` are equal where sentences differ only in case, spacing and punctuation; None where too short to tell.
    ``order`` is the place of the passage in the list given, from 0; ``worth`` is above 0.
    """

    passage: Passage
    document: Document
    header: str
    order: int
    worth: float
    units: tuple[Span, ...]
    lines: tuple[str, ...]
    keys: tuple[str | None, ...]
    tokens: int

    @property
    def columns(self) -> list[Span]:
        """The header rows of the table in whose middle the first unit stands, as far as they are worth their room."""
        return _columns(self.document, self.start) if self.units else []

    @property
    def start(self) -> int:
        """Where the first unit begins; the passage's own start where there is none."""
        return self.units[0][0] if self.units else self.passage.start

    @property
    def end(self) -> int:
        """Where the last unit ends; the passage's own end where there is none."""
        return self.units[-1][1] if self.units else self.passage.end

    def part(self, first: int, end: int, tokens: int) -> Candidate:
        """Units ``first`` to ``end`` (excluded), at ``tokens``."""
        return replace(
            self,
            units=self.units[first:end],
            lines=self.lines[first:end],
            keys=self.keys[first:end],
            tokens=tokens,
        )

    def without(self, kept: Candidate) -> list[Candidate]:
        """What is left of it on both sides of ``kept``, the tokens shared out by characters."""
        if not kept.units:
            return [self]
        first = self.units.index(kept.units[0])
        borders = [(0, first), (first + len(kept.units), len(self.units))]
        chars = max(sum(map(len, self.lines)), 1)
        return [
            self.part(at, until, round(self.tokens * sum(map(len, self.lines[at:until])) / chars))
            for at, until in borders
            if at < until
        ]


def weigh(order: int, passage: Passage, document: Document, *, count: Callable[[str], int]) -> Candidate:
    """The candidate of ``passage``, the ``order``-th of the list given, read and counted."""
    return _counted(order, passage, document, passage.units, count)


def estimate(order: int, passage: Passage, document: Document) -> Candidate:
    """The same, its tokens estimated from its length, without lines and keys."""
    chars = passage.end - passage.start
    tokens = HEADER_TOKENS + LABEL_TOKENS * len(passage.units) + chars // CHARS_PER_TOKEN
    return Candidate(passage, document, "", order, _worth(order, passage), passage.units, (), (), tokens)


def clear_of(candidate: Candidate, taken: Sequence[Span], *, count: Callable[[str], int]) -> Candidate:
    """The longest run of the candidate's units that shares no text with ``taken``; without units if there is none."""
    near = [span for span in taken if _overlap(span, (candidate.start, candidate.end))]
    if not near:
        return candidate
    held = [any(_overlap(unit, span) for span in near) for unit in candidate.units]
    units = _longest_run(candidate.units, held)
    return _counted(candidate.order, candidate.passage, candidate.document, units, count)


def overlap_words(text: str) -> frozenset[str]:
    """The content words of ``text``, in lower case."""
    return frozenset(content_words(_WORD.findall(text.casefold())))


def core_tokens(candidate: Candidate) -> float:
    """About how many of the candidate's tokens are those of its best hit, by characters."""
    lengths = [end - start for start, end in candidate.units]
    return candidate.tokens * sum(lengths[place] for place in _core(candidate)) / max(sum(lengths), 1)


def trim(candidate: Candidate, room: int, words: frozenset[str], count: Callable[[str], int]) -> Candidate:
    """The units around the best hit that fit into ``room`` tokens; without units where none of the hit's fits.

    Args:
        candidate: One that does not fit.
        room: Tokens.
        words: Of the question; the unit of the hit that holds most of them is kept first.
        count: The tokens of a text.
    """
    nothing = candidate.part(0, 0, 0)
    room -= count(f"[10] {candidate.header}\n\n")
    if room < 1:
        return nothing
    costs = [count(f"[10.{place}] {line}\n") for place, line in enumerate(candidate.lines, start=1)]
    most_columns = max((_column_lines(candidate.document, start) for start, _ in candidate.units), key=len, default=[])
    room -= sum(count(f"[10.{place}] {line}\n") for place, line in enumerate(most_columns, start=1))
    core = _core(candidate)
    ranking = sorted(core, key=lambda place: (-len(words & overlap_words(candidate.lines[place])), place))
    anchor = next((place for place in ranking if costs[place] <= room), None)
    if anchor is None:
        return nothing
    first, end = _grow(anchor, costs, room, core)
    columns = _column_lines(candidate.document, candidate.units[first][0])
    lines = [*columns, *candidate.lines[first:end]]
    return candidate.part(first, end, count(render_source(10, candidate.header, lines)))


def _grow(anchor: int, costs: Sequence[int], room: int, core: Sequence[int]) -> tuple[int, int]:
    """``[first, end)`` around ``anchor`` within ``room``: the hit first, then what follows it, then what precedes."""
    first, end = anchor, anchor + 1
    room -= costs[anchor]
    for least, most in ((core[0], core[-1] + 1), (0, len(costs))):
        while end < most and costs[end] <= room:
            room -= costs[end]
            end += 1
        while first > least and costs[first - 1] <= room:
            room -= costs[first - 1]
            first -= 1
    return first, end


def _core(candidate: Candidate) -> list[int]:
    """The places of the units of the best hit; of all units where the hit lies elsewhere."""
    everything = list(range(len(candidate.units)))
    if not candidate.passage.hits:
        return everything
    chunk = candidate.passage.hits[0].chunk
    inside = [place for place in everything if _overlap(candidate.units[place], (chunk.start, chunk.end))]
    return inside or everything


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _counted(
    order: int, passage: Passage, document: Document, units: tuple[Span, ...], count: Callable[[str], int]
) -> Candidate:
    header = source_header(document.title, document.uri, document.page_at(passage.start), passage.headings)
    lines = tuple(one_line(document.text[start:end]) for start, end in units)
    keys = tuple(_key(line) for line in lines)
    columns = _column_lines(document, units[0][0]) if units else []
    tokens = count(render_source(10, header, [*columns, *lines]) + "\n\n")
    return Candidate(passage, document, header, order, _worth(order, passage), units, lines, keys, tokens)


def _column_lines(document: Document, start: int) -> list[str]:
    return [one_line(document.text[slice(*span)]) for span in _columns(document, start)]


def _columns(document: Document, start: int) -> list[Span]:
    """A header of thousands of columns would leave no room for any row: of it there are the first rows, or none."""
    rows, chars = header_rows(document, start), 0
    for place, (first, end) in enumerate(rows):
        chars += end - first
        if chars > LONGEST_UNIT_CHARS:
            return rows[:place]
    return rows


def _worth(order: int, passage: Passage) -> float:
    """By the ranks of its hits, since the scores of retrievers differ in scale."""
    return sum(1.0 / (RANK_DAMPING + hit.rank) for hit in passage.hits) or 1.0 / (RANK_DAMPING + order + 1)


def _key(line: str) -> str | None:
    words = _WORD.findall(line.casefold())
    return " ".join(words) if len(words) >= TELLING_WORDS else None


def _longest_run(spans: Sequence[Span], held: Sequence[bool]) -> tuple[Span, ...]:
    """The longest run of neighbouring spans that are not held."""
    best: tuple[int, int] = (0, 0)
    start = 0
    for place, is_held in enumerate([*held, True]):
        if is_held:
            best = max(best, (start, place), key=lambda run: run[1] - run[0])
            start = place + 1
    return tuple(spans[slice(*best)])
