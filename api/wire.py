"""The JSON of what is not an answer or a hit: documents, and the sources of a streamed answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexers.document import Document
    from indexers.store import DocumentEntry
    from retrievers.window import Source


def source_json(source: Source) -> dict[str, object]:
    """A source of the window: where it stands, what it says, and the score that chose it."""
    return {
        "number": source.number,
        "document_id": source.document_id,
        "uri": source.uri,
        "title": source.title,
        "version": source.version,
        "page": source.page,
        "start": source.start,
        "end": source.end,
        "score": source.score,
        "text": source.text,
    }


def entry_json(entry: DocumentEntry) -> dict[str, object]:
    """A document of the index; not the folder it came from, which is the operator's own."""
    return {
        "id": entry.id,
        "uri": entry.uri,
        "title": entry.title,
        "media_type": entry.media_type,
        "version": entry.version,
        "pages": entry.pages,
        "chunks": entry.chunks,
        "indexed_at": entry.indexed_at,
    }


def outline_json(document: Document) -> dict[str, object]:
    """What a document's own text says of it: length, metadata, and headings with their depth."""
    return {
        "characters": len(document.text),
        "metadata": _joined(document.metadata),
        "headings": [
            # the path's last item is the heading in words; the slice may carry a format's marks ("## ")
            {"level": len(block.headings), "text": block.headings[-1], "page": block.page}
            for block in document.blocks
            if block.kind == "heading" and block.headings
        ],
    }


def _joined(metadata: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Each name once, its values in one line."""
    values: dict[str, list[str]] = {}
    for name, value in metadata:
        values.setdefault(name, []).append(value)
    return {name: "; ".join(several) for name, several in values.items()}
