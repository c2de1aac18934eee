"""Documents made by hand, for tests that need no file."""

from __future__ import annotations

from indexers.document import Block, BlockKind, Document, document_id

__all__ = ["document_of"]


def document_of(*blocks: tuple[BlockKind, str] | tuple[BlockKind, str, int], uri: str = "root/a-file.md") -> Document:
    """A document of ``(kind, text[, page])`` blocks, two line breaks between them; headings nest one level deep."""
    text = ""
    placed: list[Block] = []
    headings: tuple[str, ...] = ()
    for kind, content, *page in blocks:
        if not content.strip():
            continue
        text += "\n\n" if text else ""
        headings = (content,) if kind == "heading" else headings
        placed.append(Block(kind, len(text), len(text) + len(content), page[0] if page else None, headings))
        text += content
    return Document(document_id(uri), uri, "A title", "text/markdown", "v1", text, tuple(placed))
