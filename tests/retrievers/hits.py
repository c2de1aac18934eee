"""Hits at chosen places, as a search would give them."""

from __future__ import annotations

from indexers.chunk import Chunk, chunk_id
from indexers.document import document_id
from retrievers.hit import Hit


def hit_at(uri: str, start: int, end: int, *, rank: int = 1, score: float = 1.0, ordinal: int = 0) -> Hit:
    name = document_id(uri)
    return Hit(Chunk(chunk_id(name, "v1", start, end), name, "v1", ordinal, start, end, 1), score, rank, "dense")
