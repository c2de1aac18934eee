"""Hits for a person's eyes: where each stands, what it says, what repeats it, and what its score is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.snippets import snippet
from api.terminal import amount, one_line, visible
from rag.wire import hits_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rag import Rag
    from retrievers.hit import Hit

_SNIPPET_CHARS = 240
_HEADER_CHARS = 120
_SHOWN_REPEATS = 3
_INDENT = " " * 5


def hit_lines(rag: Rag, question: str, hits: Sequence[Hit], *, explain: bool) -> Iterator[str]:
    """The lines of hits, less those whose document has gone."""
    by_chunk = {hit.chunk.id: hit for hit in hits}
    signals = list(dict.fromkeys(part.name for hit in hits for part in hit.parts if part.share is not None))
    for told in hits_json(hits, rag):
        hit = by_chunk[told["chunk_id"]]
        yield f"{hit.rank:>3}. {_place(hit, told)}   {hit.score:.3f}"
        document = rag.document(hit.chunk.document_id, hit.chunk.version)
        header, text = snippet(document, hit.chunk, question, limit_chars=_SNIPPET_CHARS)
        if header:
            yield _INDENT + one_line(header, limit_chars=_HEADER_CHARS)
        yield _INDENT + text
        yield from _repeat_lines(told["also"])
        if explain:
            yield from _part_lines(hit, signals)


def _place(hit: Hit, told: Mapping[str, Any]) -> str:
    place = [visible(str(told["uri"]))]
    if hit.chunk.headings:
        place.append(f'"{one_line(hit.chunk.headings[-1], limit_chars=60)}"')
    if hit.chunk.page is not None:
        place.append(f"page {hit.chunk.page}")
    return ", ".join(place)


def _repeat_lines(also: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    places = dict.fromkeys(_repeat_place(one) for one in also)
    shown = list(places)[:_SHOWN_REPEATS]
    if shown:
        more = f"; and {amount(len(places) - len(shown), 'more place')}" if len(places) > len(shown) else ""
        yield f"{_INDENT}also in {'; '.join(shown)}{more}"


def _repeat_place(one: Mapping[str, Any]) -> str:
    page = "" if one["page"] is None else f", page {one['page']}"
    return f"{visible(str(one['uri']))}{page} ({one['how']})"


def _part_lines(hit: Hit, signals: Sequence[str]) -> Iterator[str]:
    """One line a signal; where it did not find the hit, that is said."""
    width = max(map(len, signals), default=0)
    parts = {part.name: part for part in hit.parts}
    for name in signals:
        part = parts.get(name)
        if part is None:
            yield f"{_INDENT}  {name:<{width}}  not among its candidates"
        elif part.score or part.share:
            rank = "" if part.rank is None else f"rank {part.rank}"
            gives = "" if part.share is None else f"gives {part.share:.3f}"
            yield f"{_INDENT}  {name:<{width}} {part.score:>8.3f}  {rank:<9} {gives}".rstrip()
    for part in hit.parts:
        if part.share is None and part.rank is not None:
            yield f"{_INDENT}  rank {part.rank} by score, {hit.rank} after repeats and turns of pages and documents"
