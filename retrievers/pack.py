"""Fill the token budget with the passages that are worth most, and say what was left out.

Greedy by worth for the square root of the tokens: by worth alone long passages push out several short ones, by worth a
token a lone row beats the section that answers. Worth falls with each source that the document has already, and with
the share of sentences that have been said. Counts of parts do not add up, so the whole text has the last word.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from indexers.tables import header_rows, is_header
from indexers.tokens import count_tokens
from retrievers.candidates import Candidate, clear_of, core_tokens, estimate, overlap_words, trim, weigh
from retrievers.render import frame, render_window
from retrievers.window import ContextWindow, LeftOut, LeftOutReason, Sentence, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from indexers.store import Snapshot
    from retrievers.passages import Passage
    from retrievers.settings import WindowSettings
    from retrievers.units import Span

REPEATED_SHARE = 0.8
"""A passage of which this share has been said already is left out."""

LEAST_CUT_SHARE = 0.5
"""A passage is cut to fit only if there is room for this share of its best hit; the first takes what there is."""

LEAST_ROOM_TOKENS = 16
"""With less room than this nothing more is looked at."""

_FRAME = frame("a1b2c3d4e5f60718", "")
_FRAME_SLACK_TOKENS = 8
"""A boundary of other digits may take so many tokens more."""


def pack(
    passages: Sequence[Passage],
    snapshot: Snapshot,
    *,
    question: str,
    token_budget: int,
    settings: WindowSettings,
    count: Callable[[str], int] = count_tokens,
) -> ContextWindow:
    """Choose passages for the window and render them.

    Sources are whole units (sentences, rows), numbered from 1 in order of score; none shares text with another, but for
    the header of a table. A passage that does not fit is cut to the sentences around its best hit.

    Args:
        passages: Best first, as `merge_passages` gives them.
        snapshot: The state of the index that they come from.
        question: Decides which sentence of a passage that must be cut is kept first, and enters the boundary.
        token_budget: The most tokens of the rendered text; below 1 nothing is packed.
        settings: ``max_sources``, ``max_sources_per_document`` and ``document_discount``.
        count: The tokens of a text.

    Returns:
        The window; ``tokens_used = count(window.text)``, and 0 where nothing fits.

    Raises:
        StoreDamaged: A text does not match its checksum.
    """
    documents = {
        place: snapshot.document(place[0], version=place[1])
        for place in dict.fromkeys((passage.document_id, passage.version) for passage in passages)
    }
    estimates = [
        estimate(order, passage, documents[passage.document_id, passage.version])
        for order, passage in enumerate(passages)
    ]
    choice = _Choice(
        settings=settings,
        room=token_budget - count(_FRAME) - _FRAME_SLACK_TOKENS,
        count=count,
        words=overlap_words(question),
    )
    choice.fill(estimates)
    chosen, left_out = choice.chosen, choice.left_out
    while chosen:
        sources = _sources(chosen)
        text = render_window(sources, index_id=snapshot.index_id, question=question)
        tokens_used = count(text)
        if tokens_used <= token_budget:
            return ContextWindow(sources, text, tokens_used, token_budget, _receipt(left_out))
        left_out.append((chosen.pop(), "budget"))
    return ContextWindow((), "", 0, token_budget, _receipt(left_out))


_Left = list[tuple[Candidate, LeftOutReason]]


@dataclass(slots=True)
class _Choice:
    """What the window holds so far, in the order it was chosen, what it does not hold, and the room that is left."""

    settings: WindowSettings
    room: int
    count: Callable[[str], int]
    words: frozenset[str]
    chosen: list[Candidate] = field(default_factory=list)
    left_out: _Left = field(default_factory=list)
    said: set[str] = field(default_factory=set)
    spans: dict[str, list[Span]] = field(default_factory=dict)

    def fill(self, candidates: Iterable[Candidate]) -> None:
        """Choose among ``candidates``, which are estimates: only those that come up for choice are read and counted."""
        heap = [(-self._gain(candidate), candidate.order, candidate) for candidate in candidates]
        heapq.heapify(heap)
        while heap:
            _, order, candidate = heapq.heappop(heap)
            place = (-self._gain(candidate), order)
            reason = self._limit(candidate)
            if reason is not None:
                self.left_out.append((candidate, reason))
            elif heap and place > heap[0][:2]:  # what has been chosen since made it worth less
                heapq.heappush(heap, (*place, candidate))
            elif candidate.lines:
                self._take(candidate)
            else:
                counted = weigh(order, candidate.passage, candidate.document, count=self.count)
                heapq.heappush(heap, (-self._gain(counted), order, counted))

    def _take(self, whole: Candidate) -> None:
        fitting = clear_of(whole, self.spans.get(whole.document.id, ()), count=self.count)
        if not fitting.units or self._repeated(fitting) >= REPEATED_SHARE:
            self.left_out.append((whole, "repeated"))
            return
        if fitting.tokens > self.room:
            fitting = trim(fitting, self.room, self.words, self.count)
        self.left_out.extend((rest, "budget") for rest in whole.without(fitting))
        if fitting.units:
            self.chosen.append(fitting)
            self.room -= fitting.tokens
            self.said.update(key for key in fitting.keys if key)
            self.spans.setdefault(fitting.document.id, []).append((fitting.start, fitting.end))

    def _limit(self, candidate: Candidate) -> LeftOutReason | None:
        if len(self.chosen) >= self.settings.max_sources:
            return "source limit"
        if len(self.spans.get(candidate.document.id, ())) >= self.settings.max_sources_per_document:
            return "document limit"
        cut = self.chosen and candidate.tokens > self.room
        least = LEAST_CUT_SHARE * core_tokens(candidate) if cut else 0
        return "budget" if self.room < max(LEAST_ROOM_TOKENS, least) else None

    def _gain(self, candidate: Candidate) -> float:
        discount = self.settings.document_discount ** len(self.spans.get(candidate.document.id, ()))
        fresh = 1.0 - self._repeated(candidate)
        return candidate.worth * discount * fresh / math.sqrt(max(candidate.tokens, 1))

    def _repeated(self, candidate: Candidate) -> float:
        """The share (0 to 1), in characters, of the candidate's telling sentences that have been said."""
        if self.said.isdisjoint(candidate.keys):
            return 0.0
        telling = sum(len(key) for key in candidate.keys if key)
        return sum(len(key) for key in candidate.keys if key and key in self.said) / telling


def _sources(chosen: Iterable[Candidate]) -> tuple[Source, ...]:
    by_rank = sorted(chosen, key=lambda candidate: candidate.order)
    return tuple(_source(number, candidate) for number, candidate in enumerate(by_rank, start=1))


def _source(number: int, candidate: Candidate) -> Source:
    document = candidate.document
    spans = [*candidate.columns, *candidate.units]
    labels = {span: f"{number}.{place}" for place, span in enumerate(spans, start=1)}
    sentences = tuple(
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
    start, end = candidate.start, candidate.end
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
        sentences=sentences,
        headings=candidate.passage.headings,
        score=candidate.passage.score,
    )


def _receipt(left_out: _Left) -> tuple[LeftOut, ...]:
    """In order of score, then of place."""
    ordered = sorted(left_out, key=lambda left: (left[0].order, left[0].start))
    return tuple(
        LeftOut(
            document_id=candidate.document.id,
            uri=candidate.document.uri,
            start=candidate.start,
            end=candidate.end,
            page=candidate.document.page_at(candidate.start),
            tokens=candidate.tokens,
            score=candidate.passage.score,
            reason=reason,
        )
        for candidate, reason in ordered
    )
