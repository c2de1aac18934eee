"""What is shown of a hit: its units (sentences, rows) from the one on that has most words of the question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.terminal import one_line
from indexers.tables import header_rows, is_header
from retrievers.terms import overlap_words
from retrievers.units import DocumentUnits

if TYPE_CHECKING:
    from indexers.chunk import Chunk
    from indexers.document import Document

STEM_CHARS = 5
"""Words that begin with the same letters count as the same: a reader looks for "lease" where he asks for leases."""


def snippet(document: Document, chunk: Chunk, question: str, *, limit_chars: int) -> tuple[str, str]:
    """The header above the part that is shown, "" where it is no row of a table, and the part, each on one line."""
    units = [span for span in DocumentUnits(document).covering(chunk.start, chunk.end) if _says(document, chunk, span)]
    if not units:
        return "", one_line(document.text[chunk.start : chunk.end], limit_chars=limit_chars)
    wanted = _stems(question)
    found = [len(wanted & _stems(document.text[start:end])) for start, end in units]
    best = found.index(max(found))
    start = max(units[best][0], chunk.start)
    rows = (one_line(document.text[slice(*row)], limit_chars=limit_chars) for row in header_rows(document, start))
    text = one_line(document.text[start : chunk.end], limit_chars=limit_chars)
    return " / ".join(row.strip("| ") for row in rows), f"… {text}" if best else text


def _says(document: Document, chunk: Chunk, span: tuple[int, int]) -> bool:
    """Not the heading, which is named anyway, nor the rows that name the columns."""
    text = document.text[slice(*span)].strip("#* \t")
    return not is_header(document, span[0]) and (not chunk.headings or text != chunk.headings[-1])


def _stems(text: str) -> frozenset[str]:
    return frozenset(word[:STEM_CHARS] for word in overlap_words(text))
