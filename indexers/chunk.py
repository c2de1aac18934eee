"""A contiguous piece of a document, small enough for the embedder."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chunk:
    """``document.text[start:end]`` of one version; the text is the slice, never a second copy.

    ``tokens`` counts the embedder's pieces of the slice alone (no context, no special tokens). ``page`` is the page on
    which the chunk begins. ``ordinal`` counts from 0 within the document.
    """

    id: str
    document_id: str
    version: str
    ordinal: int
    start: int
    end: int
    tokens: int
    headings: tuple[str, ...] = ()
    page: int | None = None


def chunk_id(document_id: str, version: str, start: int, end: int) -> str:
    """The id of a chunk: 16 hex digits from what it points at, so the same text at the same place keeps its id."""
    return hashlib.sha256(f"{document_id}\0{version}\0{start}\0{end}".encode()).hexdigest()[:16]
