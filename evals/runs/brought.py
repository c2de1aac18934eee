"""What a search brought for one case, as a person is shown it: each evidence item with its rank, and the first hits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evals.measures.found import evidence_ranks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evals.case import Case
    from evals.locate import Place
    from evals.system import Indexed
    from indexers.document import Document
    from retrievers.hit import Hit

HITS = 10
EVIDENCE_CHARS = 600
HIT_CHARS = 300
_DOCUMENTS_KEPT = 32


@dataclass(frozen=True, slots=True)
class ShownEvidence:
    """An evidence item as located: ``rank`` of the first hit that bears it out, or the ``reason`` why it is nowhere."""

    document: str
    uri: str | None
    page: int | None
    text: str
    rank: int | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class ShownHit:
    """A hit; ``evidence`` are the items of the case (from 0) that it bears out."""

    rank: int
    score: float
    uri: str
    page: int | None
    start: int
    end: int
    text: str
    evidence: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Brought:
    """Of one case."""

    evidence: tuple[ShownEvidence, ...]
    hits: tuple[ShownHit, ...]


class Texts:
    """Documents by id, the last ones kept: neighbouring cases and hits ask for the same ones."""

    def __init__(self, rag: Indexed) -> None:
        self._rag = rag
        self._kept: dict[str, Document] = {}

    def __call__(self, document_id: str) -> Document:
        """The document."""
        document = self._kept.pop(document_id, None) or self._rag.document(document_id)
        self._kept[document_id] = document
        while len(self._kept) > _DOCUMENTS_KEPT:
            del self._kept[next(iter(self._kept))]
        return document


def brought(
    case: Case, hits: Sequence[Hit], places: Sequence[Place], missing: Mapping[int, str], texts: Texts
) -> Brought:
    """What is shown of a case.

    Args:
        case: Asked.
        hits: What the search found, best first.
        places: Of the items that are in the index, in their order.
        missing: Why the other items are not, by their number from 0.
        texts: The documents.
    """
    located = iter(zip(places, evidence_ranks(hits, places), strict=True))
    of: dict[int, Place] = {}
    items = []
    for number, item in enumerate(case.evidence):
        if number in missing:
            items.append(
                ShownEvidence(item.document, None, None, (item.quote or "")[:EVIDENCE_CHARS], None, missing[number])
            )
            continue
        of[number], rank = next(located)
        items.append(_evidence(item.document, of[number], rank, texts))
    return Brought(tuple(items), tuple(_hit(hit, of, texts) for hit in hits[:HITS]))


def _evidence(name: str, place: Place, rank: int | None, texts: Texts) -> ShownEvidence:
    document = texts(place.document_id)
    start, end = place.spans[0]
    page = next((block.page for block in document.blocks if block.start < end and start < block.end), None)
    return ShownEvidence(name, document.uri, page, document.text[start:end][:EVIDENCE_CHARS], rank, None)


def _hit(hit: Hit, places: Mapping[int, Place], texts: Texts) -> ShownHit:
    chunk = hit.chunk
    document = texts(chunk.document_id)
    borne = tuple(number for number, place in places.items() if evidence_ranks([hit], [place]) != (None,))
    text = document.text[chunk.start : chunk.end][:HIT_CHARS]
    return ShownHit(hit.rank, hit.score, document.uri, chunk.page, chunk.start, chunk.end, text, borne)
