"""At which rank a search first found each evidence item: what every retrieval measure is computed from.

The unit is the evidence item, not the hit: a long chunk may bear out two items, and ten overlapping chunks may bear out
the same one. That is why the formulas are written out here: a TREC run judges one document a rank, so `ir_measures`
cannot say that one hit found two items. Where every hit finds at most one, the figures equal those of `ir_measures`
(tested).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evals.locate import Place, overlaps

if TYPE_CHECKING:
    from retrievers.hit import Hit

SHARE = 0.5
"""A hit that only grazes a quote has not found it: it must share half of the shorter one's characters."""

Ranks = tuple[int | None, ...]
"""Per evidence item, the rank (from 1) of the first hit that bears it out, or None."""


def evidence_ranks(hits: Sequence[Hit], places: Sequence[Place]) -> Ranks:
    """Ranks by evidence span: half of the shorter span, or for evidence that names a page, any text of that page."""
    return tuple(
        _first(hits, place.document_id, place.spans, share=0.0 if place.whole_page else SHARE) for place in places
    )


def page_ranks(hits: Sequence[Hit], places: Sequence[Place]) -> Ranks:
    """Ranks by page: a hit finds an item when any of its text stands on a page of the item.

    Items in formats without pages are left out.
    """
    return tuple(_first(hits, place.document_id, place.page_spans, share=0.0) for place in places if place.page_spans)


def _first(hits: Sequence[Hit], document_id: str, spans: tuple[tuple[int, int], ...], *, share: float) -> int | None:
    for hit in hits:
        chunk = hit.chunk
        if chunk.document_id == document_id and overlaps((chunk.start, chunk.end), spans, share=share):
            return hit.rank
    return None
