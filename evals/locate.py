"""Where in the index the evidence of a case stands: every way of naming a place becomes spans of canonical text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evals.case import Case, Evidence

if TYPE_CHECKING:
    from evals.system import Indexed
    from indexers.document import Document

Span = tuple[int, int]
"""``[start, end)`` in code points of a document's canonical text."""


@dataclass(frozen=True, slots=True)
class Place:
    """One evidence item as found in the index.

    ``spans`` are all places that bear it out (a quote may stand in several). ``page_spans`` are the whole pages on
    which they stand, empty where the format has no pages. ``whole_page`` says that the case named no more than a page.
    """

    document_id: str
    spans: tuple[Span, ...]
    page_spans: tuple[Span, ...]
    whole_page: bool


@dataclass(frozen=True, slots=True)
class NotFound:
    """An evidence item that is not in the index, and why; ``item`` counts from 0 within the case."""

    case_id: str
    item: int
    document: str
    reason: str


def locate(rag: Indexed, cases: Iterable[Case]) -> tuple[dict[str, tuple[Place, ...]], tuple[NotFound, ...]]:
    """The evidence of every case as places in the index, by case id, and the items that are not there."""
    names = _by_name((entry.uri, entry.id) for entry in rag.documents())
    places: dict[str, tuple[Place, ...]] = {}
    missing: list[NotFound] = []
    for case in cases:
        found: list[Place] = []
        for position, item in enumerate(case.evidence):
            place = _locate_item(rag, names, item)
            if isinstance(place, Place):
                found.append(place)
            else:
                missing.append(NotFound(case.id, position, item.document, place))
        places[case.id] = tuple(found)
    return places, tuple(missing)


def _by_name(documents: Iterable[tuple[str, str]]) -> dict[str, list[tuple[str, str]]]:
    """(URI, id) of the documents by every tail of their URI's path: the file name, with its folder, up to the URI."""
    names: dict[str, list[tuple[str, str]]] = {}
    for uri, document_id in documents:
        parts = _folded(uri).split("/")
        for at in range(len(parts)):
            names.setdefault("/".join(parts[at:]), []).append((uri, document_id))
    return names


def _folded(name: str) -> str:
    """File names reach us composed (Linux, Windows) or decomposed (macOS)."""
    return unicodedata.normalize("NFC", name)


def _locate_item(rag: Indexed, names: dict[str, list[tuple[str, str]]], item: Evidence) -> Place | str:
    """The place, or the reason why there is none."""
    documents = names.get(_folded(item.document), [])
    exact = [document for document in documents if _folded(document[0]) == _folded(item.document)] or documents
    if not exact:
        return "no such document in the index"
    if len(exact) > 1:
        return "ambiguous: " + ", ".join(sorted(uri for uri, _ in exact))
    document = rag.document(exact[0][1])
    spans = evidence_spans(document, item)
    if not isinstance(spans, tuple):
        return spans
    return Place(document.id, spans, pages_of(document, spans), item.quote is None and item.start is None)


def evidence_spans(document: Document, item: Evidence) -> tuple[Span, ...] | str:
    """Where the item stands in the text, in text order, or the reason why it does not."""
    if item.start is not None and item.end is not None:
        if item.end > len(document.text):
            return f"end {item.end} lies beyond the text, which has {len(document.text)} characters"
        return ((item.start, item.end),)
    if item.quote is not None:
        return find_quote(document.text, item.quote) or "the quote is not in the document"
    page = (item.page_index or 0) + 1
    return _page_spans(document, {page}) or f"page_index {item.page_index}: the document has no text on page {page}"


def find_quote(text: str, quote: str) -> tuple[Span, ...]:
    """Every place of ``quote`` in ``text``, exactly or, where there is none, whatever the white space."""
    if not quote.split():
        return ()
    exact = _occurrences(text, quote)
    if exact:
        return exact
    offsets = [offset for offset, character in enumerate(text) if not character.isspace()]
    squeezed = "".join([text[offset] for offset in offsets])
    spans = _occurrences(squeezed, "".join(quote.split()))
    return tuple((offsets[start], offsets[end - 1] + 1) for start, end in spans)


def _occurrences(text: str, part: str) -> tuple[Span, ...]:
    spans: list[Span] = []
    start = text.find(part)
    while start >= 0:
        spans.append((start, start + len(part)))
        start = text.find(part, start + len(part))
    return tuple(spans)


def pages_of(document: Document, spans: Sequence[Span]) -> tuple[Span, ...]:
    """The whole pages on which the spans stand; empty where the format has no pages."""
    pages = {
        block.page
        for block in document.blocks
        for start, end in spans
        if block.page is not None and block.start < end and start < block.end
    }
    return _page_spans(document, pages)


def _page_spans(document: Document, pages: set[int]) -> tuple[Span, ...]:
    """One span a page, from its first block to its last; block order is text order, so a page is contiguous."""
    spans: dict[int, Span] = {}
    for block in document.blocks:
        if block.page is not None and block.page in pages:
            start, _ = spans.get(block.page, (block.start, block.end))
            spans[block.page] = (start, block.end)
    return tuple(spans[page] for page in sorted(spans))


def overlaps(span: Span, others: Iterable[Span], *, share: float = 0.0) -> bool:
    """Whether ``span`` shares a character, and at least ``share`` of the shorter one's, with any of ``others``."""
    for start, end in others:
        common = min(span[1], end) - max(span[0], start)
        if common > 0 and common >= share * min(span[1] - span[0], end - start):
            return True
    return False
