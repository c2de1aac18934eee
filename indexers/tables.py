"""Tables in a document's text: the header above a row, and the address of a cell."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indexers.document import Block, Document


def header_span(document: Document, offset: int) -> tuple[int, int] | None:
    """The ``[start, end)`` of the header rows of the table in which ``offset`` stands.

    None where it stands in no table, in one without a header, or in the header itself.
    """
    block = _block_at(document, offset)
    if block is None or not block.header_chars or offset < block.start + block.header_chars:
        return None
    return block.start, block.start + block.header_chars


def _block_at(document: Document, offset: int) -> Block | None:
    position = bisect_right(document.blocks, offset, key=lambda block: block.start) - 1
    if position < 0 or offset >= document.blocks[position].end:
        return None
    return document.blocks[position]
