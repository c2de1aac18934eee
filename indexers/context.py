"""The exact string that is embedded for a chunk: where it stands, then what it says."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from indexers.document import RECORD
from indexers.labels import telling_text
from indexers.tables import header_span

if TYPE_CHECKING:
    from indexers.chunk import Chunk
    from indexers.document import Document
    from indexers.embed import Embedder

CONTEXT_CHARS = 120
"""The most characters of context before a chunk; at worst a piece a character, so under half of MiniLM's window."""

LEAST_BUDGET_TOKENS = 16
"""What a chunk may always hold, however long its context is."""

MOST_PIECES_A_LETTER = 4
"""Of tokenizers that know a letter by its bytes."""

HEADER_CHARS, HEADER_TOKENS = 240, 64
"""The most characters, and pieces, of a table's header before the rows of a chunk."""


_SIGNS = re.compile(r"[\W_]+")
_YEAR = re.compile(r"(?:19|20)\d\d")
_HASH = re.compile(r"(?=(?:.*\d){3})[0-9a-fA-F]{12,}")


def chunk_context(document: Document, headings: tuple[str, ...]) -> str:
    """The document's name and the chunk's headings on one line, at most 120 characters; "" where there is neither.

    The name is the file's (a filing's says company, year and kind) unless it is a number or a hash and there is a
    title, then the title where it says more; the innermost headings are kept when not all fit.
    """
    name = document_name(document)
    parts = ["" if is_opaque(name) and document.title else name]
    if _words(document.title) - _words(name):
        parts.append(document.title)
    start = " · ".join(" ".join(part.split()) for part in parts if part)[: CONTEXT_CHARS // 2 + 20]
    end = ""
    for heading in reversed(headings):
        longer = f" > {' '.join(heading.split())}{end}"
        if heading == document.title or len(start) + len(longer) > CONTEXT_CHARS:
            break
        end = longer
    return (start + end).strip()


def is_opaque(name: str) -> bool:
    """Whether a file's name says nothing: a number that is no year, a hash, a UUID."""
    bare = _SIGNS.sub("", name)
    return not bare or (bare.isdigit() and not _YEAR.match(bare)) or _HASH.fullmatch(bare) is not None


def document_name(document: Document) -> str:
    """The words of the document's file name; "" for a record, whose id is no name."""
    if document.media_type == RECORD:
        return ""
    return PurePosixPath(document.uri).stem.replace("_", " ").replace("-", " ")


def fitting_context(document: Document, headings: tuple[str, ...], embedder: Embedder) -> str:
    """`chunk_context`, cut where a model that reads little would have no room for the least chunk and its header.

    120 letters may be 120 pieces and more, and there are models that read 128.
    """
    context, identity = chunk_context(document, headings), embedder.identity
    most = identity.max_tokens - _header_tokens(embedder) - LEAST_BUDGET_TOKENS - identity.special_tokens
    pieces = embedder.pieces(context) if len(context) * MOST_PIECES_A_LETTER > most else ()
    return context if len(pieces) <= most else context[: int(pieces[max(most, 0)][0])].rstrip()


def table_header(document: Document, start: int, embedder: Embedder) -> str:
    """The header rows of the table in which a chunk begins, as many whole cells as a chunk can spare; "" without any.

    A row's figures say nothing without what names their columns: years, units, periods.
    """
    header = short_header(document, start)
    pieces = embedder.pieces(header)
    most = _header_tokens(embedder)
    return header if len(pieces) <= most else _whole_cells(header, int(pieces[most, 0]))


def _header_tokens(embedder: Embedder) -> int:
    return min(HEADER_TOKENS, embedder.identity.max_tokens // 4)


def short_header(document: Document, start: int) -> str:
    """The header above ``start``, as many whole cells as 240 characters hold; "" where there is none."""
    span = header_span(document, start)
    return "" if span is None else _whole_cells(document.text[slice(*span)].rstrip(), HEADER_CHARS)


def embedded_text(document: Document, chunk: Chunk, embedder: Embedder) -> str:
    """What the embedder is given for ``chunk``: a line of context, its table's header, and what tells in the slice.

    Its pieces are at most those of context, header and slice, which is what the splitter counts.
    """
    parts = (fitting_context(document, chunk.headings, embedder), table_header(document, chunk.start, embedder))
    return "\n".join((*filter(None, parts), telling_text(document, chunk.start, chunk.end)))


def _whole_cells(header: str, end: int) -> str:
    """``header[:end]`` without the cell that is cut (a part of 2019 is another year), or the word where all is one."""
    if end >= len(header):
        return header
    cut = max(header.rfind("\n", 0, end + 1), header.rfind(" | ", 0, end + 3))
    cut = cut if cut > 0 else header.rfind(" ", 0, end + 1)
    return header[: cut if cut > 0 else end].rstrip()


def _words(text: str) -> set[str]:
    return set(text.lower().replace("_", " ").replace("-", " ").split())
