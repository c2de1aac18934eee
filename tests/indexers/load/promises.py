"""The promises of ``Document`` that every loader is held to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexers.normalise import normalise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexers.document import Block


def broken_promises(text: str, blocks: Sequence[Block], page_count: int) -> list[str]:
    """What a reading gets wrong of the promises of ``Document``, in words; empty for every loader at all times."""
    wrong = [] if normalise(text).text == text else ["the text is not canonical"]
    previous_end, previous_page = 0, 0
    for number, block in enumerate(blocks):
        if not previous_end <= block.start < block.end <= len(text):
            wrong.append(f"block {number} is [{block.start}, {block.end}) after {previous_end} of {len(text)}")
        if text[previous_end : block.start].strip():
            wrong.append(f"text before block {number} belongs to no block")
        if not text[block.start : block.end].strip():
            wrong.append(f"block {number} is blank")
        if page_count and not max(previous_page, 1) <= (block.page or 0) <= page_count:
            wrong.append(f"block {number} is on page {block.page} after {previous_page} of {page_count}")
        if not page_count and block.page is not None:
            wrong.append(f"block {number} has a page in a format without pages")
        previous_end, previous_page = block.end, block.page or 0
    return [*wrong, "text after the last block"] if text[previous_end:].strip() else wrong
