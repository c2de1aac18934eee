"""Whether the evidence page is among the hits, and in the packed window, over cases that name their evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from evals.errors import EvalError
from evals.locate import NotFound, Place, locate, overlaps
from evals.measures.found import SHARE
from evals.search.unfolded import unfolded
from evals.system import Indexed
from indexers.tokens import count_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from evals.case import Case
    from evals.locate import Span
    from indexers.chunk import Chunk
    from retrievers.hit import Hit
    from retrievers.settings import Mode
    from retrievers.window import ContextWindow

CUT_OFFS = (1, 5, 10, 20, 50)
WINDOWS = (4000, 16000, 32000, 128000)
APPENDED_HITS = 1000
_SEPARATOR = "\n\n"


class Pager(Indexed, Protocol):
    """What can be measured: `rag.Rag` is one."""

    def search(self, question: str, *, limit: int = 10, mode: Mode | None = None) -> list[Hit]:
        """At most ``limit`` hits, best first."""

    def window(self, question: str, *, token_budget: int, mode: Mode | None = None) -> ContextWindow:
        """What would be sent to a model as evidence."""

    def hit_text(self, hit: Hit) -> str:
        """The text of a hit."""


@dataclass(frozen=True, slots=True)
class Question:
    """A case with evidence, as found in the index: ``places`` each once; ``missing`` are those that are not there."""

    case: Case
    places: tuple[Place, ...]
    missing: int

    @property
    def items(self) -> int:
        """How many evidence places there are to find."""
        return len(self.places) + self.missing


@dataclass(frozen=True, slots=True)
class WindowOutcome:
    """Whether a window of one size holds evidence: as packed, and as the top hits appended until full; its tokens."""

    budget_tokens: int
    packed: bool
    packed_tokens: int
    appended: bool
    appended_tokens: int


@dataclass(frozen=True, slots=True)
class PageOutcome:
    """What one question brought: the rank of the first hit on each evidence page, of the first of its documents."""

    question: Question
    page_ranks: tuple[int | None, ...]
    document_rank: int | None
    longest_hit_pieces: int
    windows: tuple[WindowOutcome, ...]

    def any_page(self, k: int) -> float:
        """1 where any evidence page is among the first ``k`` hits."""
        return float(_found(self.page_ranks, k) > 0)

    def all_pages(self, k: int) -> float:
        """The share of evidence pages among the first ``k`` hits."""
        return _found(self.page_ranks, k) / self.question.items

    def document(self, k: int) -> float:
        """1 where any hit among the first ``k`` is of a document that holds evidence."""
        return float(self.document_rank is not None and self.document_rank <= k)


def locate_questions(rag: Pager, cases: Iterable[Case]) -> tuple[tuple[Question, ...], tuple[NotFound, ...]]:
    """The cases that the documents answer and that name evidence, and what of it is not in the index.

    Raises:
        EvalError: No case names any evidence.
    """
    wanted = [case for case in cases if case.answerable and case.evidence]
    if not wanted:
        raise EvalError("no case of this file is answerable and names evidence")
    places, missing = locate(rag, wanted)
    lost = [item.case_id for item in missing]
    questions = tuple(Question(case, _distinct(places[case.id]), lost.count(case.id)) for case in wanted)
    return questions, missing


def measure_pages(
    rag: Pager,
    questions: Sequence[Question],
    *,
    mode: Mode | None = None,
    windows: Sequence[int] = WINDOWS,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[PageOutcome, ...]:
    """Search every question, and fill a window of every size.

    A hit counts for the page on which its text begins. In a format without pages it must hold half of the evidence (or
    half of itself lie in it). A window counts where any of its text stands on an evidence page.

    Args:
        rag: The index.
        questions: As `locate_questions` gives them.
        mode: Which retriever searches; None as configured.
        windows: Sizes in tokens.
        progress: Called with the questions done and the questions in all.
    """
    outcomes: list[PageOutcome] = []
    for question in questions:
        outcomes.append(_measure(rag, question, mode, windows))
        if progress is not None:
            progress(len(outcomes), len(questions))
    return tuple(outcomes)


def _measure(rag: Pager, question: Question, mode: Mode | None, windows: Sequence[int]) -> PageOutcome:
    asked = question.case.question
    found = list(enumerate(unfolded(rag.search(asked, limit=max(CUT_OFFS), mode=mode)), start=1))
    documents = {place.document_id for place in question.places}
    appended = _appended(rag, asked, mode, max(windows)) if windows else []
    return PageOutcome(
        question=question,
        page_ranks=tuple(
            next((rank for rank, chunk in found if begins_on(chunk, place)), None) for place in question.places
        ),
        document_rank=next((rank for rank, chunk in found if chunk.document_id in documents), None),
        longest_hit_pieces=max((chunk.tokens for _, chunk in found), default=0),
        windows=tuple(_window(rag, question, mode, size, appended) for size in windows),
    )


def begins_on(chunk: Chunk, place: Place) -> bool:
    """Whether the chunk begins on a page of the place; without pages, whether it holds half of it or lies in it."""
    if chunk.document_id != place.document_id:
        return False
    if place.page_spans:
        return any(start <= chunk.start < end for start, end in place.page_spans)
    return overlaps((chunk.start, chunk.end), place.spans, share=SHARE)


def _window(
    rag: Pager, question: Question, mode: Mode | None, size: int, appended: Sequence[tuple[Hit, int]]
) -> WindowOutcome:
    window = rag.window(question.case.question, token_budget=size, mode=mode)
    held = [(source.document_id, source.start, source.end) for source in window.sources]
    fitting = [(hit.chunk, tokens) for hit, tokens in appended if tokens <= size]
    return WindowOutcome(
        budget_tokens=size,
        packed=_holds(held, question.places),
        packed_tokens=window.tokens_used,
        appended=_holds([(chunk.document_id, chunk.start, chunk.end) for chunk, _ in fitting], question.places),
        appended_tokens=fitting[-1][1] if fitting else 0,
    )


def _appended(rag: Pager, question: str, mode: Mode | None, most_tokens: int) -> list[tuple[Hit, int]]:
    """Hits in order, each with the tokens of all texts up to it, until ``most_tokens`` are full."""
    filled: list[tuple[Hit, int]] = []
    tokens = 0
    for hit in rag.search(question, limit=APPENDED_HITS, mode=mode):
        tokens += count_tokens(rag.hit_text(hit) + _SEPARATOR)
        if tokens > most_tokens:
            break
        filled.append((hit, tokens))
    return filled


def _holds(held: Iterable[tuple[str, int, int]], places: Sequence[Place]) -> bool:
    return any(
        document == place.document_id
        and (
            overlaps((start, end), place.page_spans)
            if place.page_spans
            else overlaps((start, end), place.spans, share=SHARE)
        )
        for document, start, end in held
        for place in places
    )


def _distinct(places: Sequence[Place]) -> tuple[Place, ...]:
    """Evidence on a page that other evidence stands on too is one page to find."""
    kept: dict[tuple[str, tuple[Span, ...]], Place] = {}
    for place in places:
        kept.setdefault((place.document_id, place.page_spans or place.spans), place)
    return tuple(kept.values())


def _found(ranks: Sequence[int | None], k: int) -> int:
    return sum(rank is not None and rank <= k for rank in ranks)
