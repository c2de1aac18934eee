"""The context window held against what it is for: the evidence, and what the reference says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evals.locate import Place, Span, overlaps
from evals.measures.found import SHARE
from evals.measures.key_points import said_by
from evals.outcome import NOT_MEASURABLE, Outcome

if TYPE_CHECKING:
    from retrievers.window import ContextWindow, Source


def evidence_in_window(window: ContextWindow, places: Sequence[Place]) -> Outcome:
    """The share of evidence items of which the window shows half, or of a page any text.

    What the window shows are the sentences of its sources. An item must stand in one source: two halves in two sources
    show nobody that they belong together.

    Source: recall at the size of the window, Manning, Raghavan & Schuetze, Introduction to Information Retrieval, 2008,
    section 8.4.
    """
    if not places:
        return NOT_MEASURABLE
    return sum(any(_shows(source, place) for source in window.sources) for place in places) / len(places)


def context_precision(window: ContextWindow, places: Sequence[Place]) -> Outcome:
    """Whether the sources that show evidence stand first: the mean of the precision at the place of each of them.

    0 where no source shows any. Not measurable without evidence to look for, or without a source.

    Source: context precision of RAGAS (Es et al., EACL 2024, arXiv:2309.15217, and its documentation), with evidence
    that people named in the place of a model's verdict.
    """
    if not places or not window.sources:
        return NOT_MEASURABLE
    shows = [any(_shows(source, place) for place in places) for source in window.sources]
    at = [place for place, does in enumerate(shows, start=1) if does]
    return sum(found / place for found, place in enumerate(at, start=1)) / len(at) if at else 0.0


def context_recall(window: ContextWindow, question: str, reference: str) -> Outcome:
    """The share of what the reference says that the window says too; not measurable where the reference has no term.

    Source: context recall of RAGAS, as above, with key points (see `evals.measures.key_points`) in the place of claims
    that a model attributes.
    """
    return said_by("\n\n".join(source.text for source in window.sources), question=question, reference=reference)


def _shows(source: Source, place: Place) -> bool:
    if source.document_id != place.document_id:
        return False
    if place.whole_page:
        return any(overlaps((sentence.start, sentence.end), place.spans) for sentence in source.sentences)
    return any(_shared(source, span) >= SHARE * (span[1] - span[0]) for span in place.spans)


def _shared(source: Source, span: Span) -> int:
    """Characters of the span that the source's sentences show."""
    return sum(max(0, min(span[1], shown.end) - max(span[0], shown.start)) for shown in source.sentences)
