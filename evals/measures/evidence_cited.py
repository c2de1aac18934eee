"""Do the citations point at the evidence that the case names?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evals.locate import Place, overlaps
from evals.outcome import ABSTAINED, NOT_MEASURABLE, Outcome

if TYPE_CHECKING:
    from rag.answer import Citation


def evidence_cited(citations: Sequence[Citation], places: Sequence[Place], *, abstained: bool) -> Outcome:
    """The share of evidence items that some citation shares text with.

    Source: "supporting facts" recall of HotpotQA, Yang et al., EMNLP 2018, arXiv:1809.09600, over spans.
    """
    if not places:
        return NOT_MEASURABLE
    if abstained:
        return ABSTAINED
    return sum(any(_points_at(citation, place) for citation in citations) for place in places) / len(places)


def citations_on_evidence(citations: Sequence[Citation], places: Sequence[Place], *, abstained: bool) -> Outcome:
    """The share of citations that share text with some evidence item.

    Source: "supporting facts" precision of HotpotQA, as above. A citation beside the evidence is not necessarily
    wrong: the same fact may stand elsewhere.
    """
    if not places:
        return NOT_MEASURABLE
    if abstained:
        return ABSTAINED
    if not citations:
        return NOT_MEASURABLE
    return sum(any(_points_at(citation, place) for place in places) for citation in citations) / len(citations)


def _points_at(citation: Citation, place: Place) -> bool:
    return citation.document_id == place.document_id and overlaps((citation.start, citation.end), place.spans)
