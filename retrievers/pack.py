"""Fill the token budget with the sentences and rows that are worth most, and say what was left out.

What a hit is worth is the chance that it holds the evidence, shared out among its units; what it costs are tokens as
sent, wrappers included. Neighbouring units become a source. Where more text hardly raises the chance, no more is taken.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexers.tables import header_rows, header_span, is_header
from indexers.tokens import count_lines, count_tokens
from retrievers.bound import upper_bound
from retrievers.chance import chances
from retrievers.choice import Limits, Problem, chosen_again
from retrievers.evidence import column_rows, gather, worths
from retrievers.greedy import choose
from retrievers.order import ordered_documents
from retrievers.render import SAME_DOCUMENT, frame, one_line, render_window, source_header
from retrievers.window import ContextWindow, Covered, LeftOut, LeftOutReason, Sentence, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from indexers.document import Document
    from indexers.store import Snapshot
    from retrievers.choice import Choice, Run
    from retrievers.evidence import Evidence
    from retrievers.hit import Hit
    from retrievers.settings import WindowSettings

_FRAME = frame("a1b2c3d4e5f60718", "")
_FRAME_SLACK_TOKENS = 4
"""A boundary of other digits may take so many tokens more."""

LABEL_TOKENS = 5
"""Of ``[12.7]``: a bracket, a number of up to three digits, a point, a number, a bracket."""

NUMBER_TOKENS = 3
"""Of ``[12]`` before a source's header."""

MOST_HITS, LEAST_HITS, TOKENS_A_HIT = 1000, 60, 40
"""A window is chosen among a hit for so many tokens of it: most of a chunk is left out, many a chunk altogether."""


def hits_wanted(token_budget: int) -> int:
    """How many hits are worth fetching to fill ``token_budget`` tokens."""
    return max(LEAST_HITS, min(MOST_HITS, token_budget // TOKENS_A_HIT))


def pack(
    hits: Sequence[Hit],
    snapshot: Snapshot,
    *,
    question: str,
    token_budget: int,
    settings: WindowSettings,
    count: Callable[[str], int] = count_tokens,
) -> ContextWindow:
    """Choose sentences and rows of the hits for the window and render them.

    Sources are runs of whole units, numbered from 1 as they are shown; none shares text with another, but for the
    header of a table, and what several places say is sent once. Equal input gives equal text, and all text before the
    first source that differs is the same.

    Args:
        hits: Of one retriever, best first, each chunk once.
        snapshot: The state of the index that they come from.
        question: Its words decide between the units of a hit, and it enters the boundary.
        token_budget: The most tokens of the rendered text; below 1 nothing is packed.
        settings: The window group.
        count: The tokens of a text.

    Returns:
        The window; ``tokens_used = count(window.text)``, and 0 where nothing fits.

    Raises:
        DocumentNotFound: A hit is of a version that the snapshot does not hold.
        StoreDamaged: A text does not match its checksum.
    """
    packing = _Packing.of(hits, snapshot, question)
    limits = Limits(
        room=_room(packing.problem, token_budget, count),
        sources=settings.max_sources,
        document_sources=settings.max_sources_per_document,
        discount=settings.page_discount,
        least=settings.least_chance / 1000,
    )
    choice = choose(packing.problem, limits)
    while True:
        sources = packing.sources(choice, settings)
        text = render_window(sources, index_id=snapshot.index_id, question=question)
        tokens_used = count(text)
        if tokens_used <= max(token_budget, 0):
            break
        choice = _smaller(choice, tokens_used - token_budget)
    return ContextWindow(
        sources=sources,
        text=text,
        tokens_used=tokens_used,
        token_budget=token_budget,
        left_out=packing.left_out(choice),
        covered=Covered(
            chance=choice.value(), bound=max(upper_bound(choice), choice.value()), stopped=choice.stop, hits=len(hits)
        ),
    )


def _room(problem: Problem, token_budget: int, count: Callable[[str], int]) -> int:
    """The budget in tokens of the shipped vocabulary, less the frame; ``count`` may be of another one."""
    if token_budget < 1:
        return 0
    sample = frame("a1b2c3d4e5f60718", "The quick brown fox | 1,577 | jumps over the lazy dog.\n" * 20)
    ratio = count(sample) / count_tokens(sample)
    return int(token_budget / max(ratio, 1e-3)) - count_tokens(_FRAME) - _FRAME_SLACK_TOKENS if problem.worth else 0


def _smaller(choice: Choice, excess: int) -> Choice:
    """The choice without the end of a source that is worth least a token, as often as ``excess`` tokens need."""
    problem, freed = choice.problem, 0
    while freed < max(excess, 1) and choice.tokens:
        ends = {unit for first, end in choice.runs() for unit in (first, end - 1)}
        weakest = min(ends, key=lambda unit: (problem.worth[unit] / max(problem.tokens[unit], 1), unit))
        kept = [unit for unit, taken in enumerate(choice.chosen) if taken and unit != weakest]
        freed += problem.tokens[weakest]
        choice = chosen_again(problem, choice.limits, kept)
    choice.stop = "budget"
    return choice


@dataclass(frozen=True, slots=True)
class _Packing:
    """The hits, their units, and what is to be decided about them."""

    hits: Sequence[Hit]
    evidence: Evidence
    problem: Problem
    scores: Sequence[float]

    @classmethod
    def of(cls, hits: Sequence[Hit], snapshot: Snapshot, question: str) -> _Packing:
        evidence = gather(hits, snapshot)
        worth = worths(evidence, chances(hits), question)
        scores = [-math.inf] * len(worth)
        for hit, area in zip(hits, evidence.areas, strict=True):
            for unit in range(*area):
                scores[unit] = max(scores[unit], hit.score)
        return cls(hits, evidence, _problem(evidence, worth), scores)

    def sources(self, choice: Choice, settings: WindowSettings) -> tuple[Source, ...]:
        """The chosen runs as sources, in the order in which they are shown."""
        runs: defaultdict[int, list[Run]] = defaultdict(list)
        for run in choice.runs():
            runs[self.problem.documents[run[0]]].append(run)
        worth = {number: max(self._score(run) for run in of_one) for number, of_one in runs.items()}
        order = ordered_documents(worth, self.evidence.documents, settings.order)
        shown = [run for number in order for run in runs[number]]
        return tuple(self._source(number, run) for number, run in enumerate(shown, start=1))

    def left_out(self, choice: Choice) -> tuple[LeftOut, ...]:
        """Each hit's runs of units that are not in the window, in the order of the hits, none twice."""
        told = bytearray(choice.chosen)
        found: list[LeftOut] = []
        for at in sorted(range(len(self.hits)), key=lambda at: self.hits[at].rank):
            first, end = self.evidence.areas[at]
            for run in _runs_of(told, first, end):
                told[slice(*run)] = b"\x01" * (run[1] - run[0])
                found.append(self._left_out(run, self.hits[at], choice))
        return tuple(found)

    def _left_out(self, run: Run, hit: Hit, choice: Choice) -> LeftOut:
        document = self.evidence.documents[self.problem.documents[run[0]]]
        start, end = self._span(run)
        return LeftOut(
            document_id=document.id,
            uri=document.uri,
            start=start,
            end=end,
            page=document.page_at(start),
            tokens=sum(self.problem.tokens[slice(*run)]),
            score=hit.score,
            chance=sum(self.problem.worth[slice(*run)]),
            reason=self._reason(run, choice),
        )

    def _reason(self, run: Run, choice: Choice) -> LeftOutReason:
        if not any(self.problem.worth[slice(*run)]):
            return "repeated"
        if choice.number >= choice.limits.sources:
            return "source limit"
        if choice.sources[self.problem.documents[run[0]]] >= choice.limits.document_sources:
            return "document limit"
        gain, cost = choice.gain(run), max(choice.cost(run), 1)
        return "not worth it" if gain / cost < choice.limits.least else "budget"

    def _span(self, run: Run) -> tuple[int, int]:
        return self.evidence.units[run[0]].span[0], self.evidence.units[run[1] - 1].span[1]

    def _score(self, run: Run) -> float:
        """The best score of the hits that the run stands in, for who ranks sources."""
        return max(self.scores[slice(*run)])

    def _source(self, number: int, run: Run) -> Source:
        place = self.problem.documents[run[0]]
        document = self.evidence.documents[place]
        start, end = self._span(run)
        return Source(
            number=number,
            document_id=document.id,
            version=document.version,
            uri=document.uri,
            title=document.title,
            start=start,
            end=end,
            page=document.page_at(start),
            text=document.text[start:end],
            sentences=_sentences(number, document, [unit.span for unit in self.evidence.units[slice(*run)]]),
            headings=self.evidence.headings[place].headings_at(start),
            score=self._score(run),
        )


def _problem(evidence: Evidence, worth: Sequence[float]) -> Problem:
    """The knapsack, its tokens counted in one pass over all lines, headers and header rows."""
    headers = _headers(evidence)
    columns = _columns(evidence)
    names = [f" {source_header(document.title, document.uri, None, ())}" for document in evidence.documents]
    lines = [f" {unit.line or '.'}" for unit in evidence.units]
    same = f" ({SAME_DOCUMENT})"
    others = list(dict.fromkeys([same, *headers, *(line for each in columns for line in each), *names]))
    counts = count_lines([*lines, *others])
    tokens = [LABEL_TOKENS + counted for counted in counts[: len(lines)]]
    of_other = dict(zip(others, counts[len(lines) :], strict=True))
    return Problem(
        worth=worth,
        tokens=tokens,
        opening=[
            NUMBER_TOKENS + of_other[header] + sum(LABEL_TOKENS + of_other[line] for line in above)
            for header, above in zip(headers, columns, strict=True)
        ],
        follows=[unit.follows for unit in evidence.units],
        places=_places(evidence),
        documents=[unit.document for unit in evidence.units],
        document_tokens=[max(of_other[name] - of_other[same], 0) for name in names],
        areas=evidence.areas,
    )


def _places(evidence: Evidence) -> list[int]:
    """For each unit the number of its page, or where there are no pages of its section."""
    numbers: list[int] = []
    before: object = None
    for unit in evidence.units:
        page = evidence.documents[unit.document].page_at(unit.span[0])
        here = (unit.document, page or evidence.headings[unit.document].headings_at(unit.span[0]))
        numbers.append(numbers[-1] + (here != before) if numbers else 0)
        before = here
    return numbers


def _headers(evidence: Evidence) -> list[str]:
    """For each unit the header line, without its number, of a source that begins with it."""
    written: dict[tuple[int | None, tuple[str, ...]], str] = {}
    headers: list[str] = []
    for unit in evidence.units:
        page = evidence.documents[unit.document].page_at(unit.span[0])
        place = (page, evidence.headings[unit.document].headings_at(unit.span[0]))
        if place not in written:
            written[place] = f" {source_header('', '', *place, goes_on=True)}"
        headers.append(written[place])
    return headers


def _columns(evidence: Evidence) -> list[list[str]]:
    """For each unit the header rows that a source shows which begins with it."""
    written: dict[tuple[int, Run | None], list[str]] = {}
    columns: list[list[str]] = []
    for unit in evidence.units:
        document = evidence.documents[unit.document]
        table = (unit.document, header_span(document, unit.span[0]))
        if table not in written:
            rows = column_rows(document, unit.span[0])
            written[table] = [f" {one_line(document.text[slice(*row)])}" for row in rows]
        columns.append(written[table])
    return columns


def _sentences(number: int, document: Document, units: Sequence[tuple[int, int]]) -> tuple[Sentence, ...]:
    spans = [*column_rows(document, units[0][0]), *units]
    labels = {span: f"{number}.{place}" for place, span in enumerate(spans, start=1)}
    return tuple(
        Sentence(
            label=label,
            start=start,
            end=end,
            page=document.page_at(start),
            text=document.text[start:end],
            header=is_header(document, start),
            columns=tuple(labels[row] for row in header_rows(document, start) if row in labels),
        )
        for (start, end), label in labels.items()
    )


def _runs_of(told: bytearray, first: int, end: int) -> Iterable[Run]:
    """The runs of units from ``first`` to ``end`` that are not told."""
    start = None
    for unit in range(first, end + 1):
        free = unit < end and not told[unit]
        if free and start is None:
            start = unit
        elif not free and start is not None:
            yield start, unit
            start = None
