"""Hits become units: the sentences and table rows that they stand in, each with its share of the hit's chance.

A chunk is split where the embedder must stop reading; what answers is often a row or two of it. So a hit's chance of
holding the evidence is shared out among its units: half by length, half by the question's words that they hold.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexers.tables import header_rows
from retrievers.render import one_line
from retrievers.terms import content_words
from retrievers.units import LONGEST_UNIT_CHARS, DocumentUnits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexers.document import Document
    from indexers.store import Snapshot
    from retrievers.choice import Run
    from retrievers.hit import Hit
    from retrievers.units import Span

WORDS_SHARE = 0.5
"""Of a hit's chance that goes to the units with the question's words; the rest goes by length."""

WORDS_POWER = 1.0
"""Above 1 the unit with most of the words gets more than its share."""

NEAR_SHARE = 0.3
"""A unit counts as holding such a share of the words of the unit before and after it: a heading, a question."""

TELLING_WORDS = 5
"""A unit of fewer words ("Yes.", a heading) may stand in several places without being a repetition."""

STEM_LETTERS = 5
"""Words are compared by their beginnings, in every language alike; those with digits whole."""

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Unit:
    """``document.text[start:end]`` on one line, and its words in lower case.

    ``document`` counts the documents of the evidence from 0. ``follows`` says that nothing stands between it and the
    unit before it in `Evidence.units`.
    """

    document: int
    span: Span
    line: str
    words: tuple[str, ...]
    follows: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """The units of all hits, each once, in the order of their documents' best hits and of their text.

    ``areas`` are each hit's units, in the order of the hits given.
    """

    documents: tuple[Document, ...]
    headings: tuple[DocumentUnits, ...]
    units: tuple[Unit, ...]
    areas: tuple[Run, ...]


def gather(hits: Sequence[Hit], snapshot: Snapshot) -> Evidence:
    """Read the units of ``hits``.

    Raises:
        DocumentNotFound: A hit is of a version that the snapshot does not hold.
        StoreDamaged: A text does not match its checksum.
    """
    by_document: dict[tuple[str, str], list[int]] = {}
    for at, hit in enumerate(hits):
        by_document.setdefault((hit.chunk.document_id, hit.chunk.version), []).append(at)
    units: list[Unit] = []
    areas: list[Run] = [(0, 0)] * len(hits)
    cut: list[DocumentUnits] = []
    for number, ((document_id, version), places) in enumerate(by_document.items()):
        found = DocumentUnits(snapshot.document(document_id, version=version))
        covered = {at: found.covering(hits[at].chunk.start, hits[at].chunk.end) for at in places}
        numbers: dict[Span, int] = {}
        for span in sorted({span for spans in covered.values() for span in spans}):
            numbers[span] = len(units)
            units.append(_unit(number, span, found.document, units[-1] if units else None))
        for at, spans in covered.items():
            areas[at] = (numbers[spans[0]], numbers[spans[-1]] + 1) if spans else (len(units), len(units))
        cut.append(found)
    return Evidence(tuple(each.document for each in cut), tuple(cut), tuple(units), tuple(areas))


def worths(evidence: Evidence, chances: Sequence[float], question: str) -> list[float]:
    """The chance of each unit to be evidence; what several units say is counted in the one of the most chance.

    Args:
        evidence: Of the hits.
        chances: Of each hit, in the order of ``evidence.areas``.
        question: Its words decide between the units of a hit.
    """
    shares = [share**WORDS_POWER for share in _word_shares(evidence.units, question)]
    worth = [0.0] * len(evidence.units)
    for (first, end), chance in zip(evidence.areas, chances, strict=True):
        lengths = [len(evidence.units[unit].line) for unit in range(first, end)]
        near = [_near(shares, first + at, first, end) * length for at, length in enumerate(lengths)]
        all_length, all_near = sum(lengths) or 1, sum(near)
        by_words = WORDS_SHARE if all_near > 0 else 0.0
        for unit, length, words in zip(range(first, end), lengths, near, strict=True):
            share = (1.0 - by_words) * length / all_length + (by_words * words / all_near if by_words else 0.0)
            worth[unit] += chance * share
    return _once(evidence.units, worth)


def column_rows(document: Document, start: int) -> list[Span]:
    """The header rows of the table in whose middle ``start`` stands, as far as they are worth their room.

    A header of thousands of columns would leave no room for any row: of it there are the first rows, or none.
    """
    rows, chars = header_rows(document, start), 0
    for place, (first, end) in enumerate(rows):
        chars += end - first
        if chars > LONGEST_UNIT_CHARS:
            return rows[:place]
    return rows


def _unit(number: int, span: Span, document: Document, before: Unit | None) -> Unit:
    line = one_line(document.text[slice(*span)])
    words = tuple(_WORD.findall(line.casefold()))
    follows = before is not None and before.document == number and not document.text[before.span[1] : span[0]].strip()
    return Unit(number, span, line, words, follows)


def _word_shares(units: Sequence[Unit], question: str) -> list[float]:
    """For each unit the share (0 to 1) of the question's words that it holds, by their rarity among the units."""
    wanted = {_stem(word) for word in content_words(_WORD.findall(question.casefold()))}
    words = [wanted.intersection(map(_stem, unit.words)) for unit in units]
    counts = Counter(word for each in words for word in each)
    rarity = {word: math.log(1.0 + len(units) / (0.5 + counts[word])) for word in sorted(wanted)}
    total = sum(rarity.values()) or 1.0
    return [math.fsum(rarity[word] for word in each) / total for each in words]


def _near(shares: Sequence[float], unit: int, first: int, end: int) -> float:
    before = shares[unit - 1] if unit > first else 0.0
    after = shares[unit + 1] if unit + 1 < end else 0.0
    return max(shares[unit], NEAR_SHARE * before, NEAR_SHARE * after)


def _once(units: Sequence[Unit], worth: list[float]) -> list[float]:
    """What units say that differ only in case, spacing and marks counts in the first of those of the most chance."""
    best: dict[tuple[str, ...], int] = {}
    for at, unit in enumerate(units):
        if len(unit.words) >= TELLING_WORDS and worth[at] > worth[best.setdefault(unit.words, at)]:
            best[unit.words] = at
    return [0.0 if best.get(unit.words, at) != at else worth[at] for at, unit in enumerate(units)]


def _stem(word: str) -> str:
    return word[:STEM_LETTERS] if word.isalpha() else word
