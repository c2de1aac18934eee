"""The exact string that is embedded for a chunk: where it stands, then what it says."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indexers.chunk import Chunk
    from indexers.document import Document

CONTEXT_CHARS = 120
"""The most characters of context before a chunk; at worst a piece a character, so under half of MiniLM's window."""


def chunk_context(document: Document, headings: tuple[str, ...]) -> str:
    """The document's name and the chunk's headings on one line, at most 120 characters; "" where there is neither.

    The name is the file's (a filing's says company, year and kind), then the title where it says more; the innermost
    headings are kept when not all fit.
    """
    name = PurePosixPath(document.uri).stem.replace("_", " ").replace("-", " ")
    parts = [name]
    if _words(document.title) - _words(name):
        parts.append(document.title)
    start = " · ".join(" ".join(part.split()) for part in parts)[: CONTEXT_CHARS // 2 + 20]
    end = ""
    for heading in reversed(headings):
        longer = f" > {' '.join(heading.split())}{end}"
        if heading == document.title or len(start) + len(longer) > CONTEXT_CHARS:
            break
        end = longer
    return (start + end).strip()


def embedded_text(document: Document, chunk: Chunk) -> str:
    """What the embedder is given for ``chunk``: its context, a line break, and the slice of the document's text."""
    context = chunk_context(document, chunk.headings)
    return f"{context}\n{document.text[chunk.start : chunk.end]}" if context else document.text[chunk.start : chunk.end]


def _words(text: str) -> set[str]:
    return set(text.lower().replace("_", " ").replace("-", " ").split())
