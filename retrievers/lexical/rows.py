"""What is written of each chunk: its stems, its codes, the names it goes by."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from indexers.context import short_header
from indexers.document import RECORD
from retrievers.lexical.language import language_of, stems
from retrievers.lexical.names import document_names
from retrievers.terms import codes, name_words, searchable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from indexers.chunk import Chunk
    from indexers.document import Document
    from indexers.store import Snapshot

NAMED_CHUNKS = 4
"""From so many chunks on, a document's name is a field of its own, which counts beside the words. In a shorter one,
whose chunks say the title themselves, that costs up to 0.05 nDCG@10 (abstracts); there the name is among the words.
"""


def rows(chunks: Iterable[Chunk], snapshot: Snapshot) -> Iterator[Any]:
    """A tantivy document for each chunk; the chunks of a document follow one another."""
    for (document_id, version), group in groupby(chunks, key=lambda chunk: (chunk.document_id, chunk.version)):
        yield from _document_rows(snapshot.document(document_id, version=version), list(group))


def _document_rows(document: Document, chunks: Sequence[Chunk]) -> Iterator[Any]:
    import tantivy

    language = language_of(document.text)
    # A record's id is no name, and its title stands in its text.
    name = "" if document.media_type == RECORD else searchable(name_words(document.title, document.uri))
    name_stems = stems(name, language)
    name_codes = codes(name)
    about = " ".join(document_names(document.title, document.uri, document.text)) if name else ""
    apart = len(chunks) >= NAMED_CHUNKS
    for chunk in chunks:
        row = tantivy.Document()
        row.add_unsigned("chunk", int(chunk.id, 16))
        row.add_unsigned("document", int(chunk.document_id, 16))
        row.add_text("language", language)
        words = _words(document, chunk, language, name_codes)
        row.add_text("words", " ".join(words if apart else words + name_stems))
        if apart:
            row.add_text("name", " ".join(name_stems))
        row.add_text("about", about)
        if chunk is chunks[0]:
            row.add_text("titled", about)
        yield row


def _words(document: Document, chunk: Chunk, language: str, name_codes: list[str]) -> list[str]:
    text = searchable(document.text[chunk.start : chunk.end])
    above = searchable(" ".join((*chunk.headings, short_header(document, chunk.start))))
    found = stems(text, language) + stems(above, language)
    return found + [f"#{code}" for code in (*codes(text), *name_codes)]
