"""What is read from one source file: its canonical text and the blocks that structure it."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from dataclasses import dataclass
from typing import Literal

BlockKind = Literal["heading", "paragraph", "list", "table", "code"]

PART_SEPARATOR = "!"
"""Stands in a URI between a file and what is inside it."""

RECORD = "application/x-record"
"""The media type of a record of a collection: it has an id, which names nothing, where a file has a name."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page in PDF points, origin at the bottom left."""

    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True, slots=True)
class Grid:
    """Where a table block's cells stand in their sheet, so that each can be addressed.

    ``rows`` has the sheet's row number of every line of the block, ``columns`` the column number of every cell of a
    line; both count from 1. ``sheet`` is "" where a file is one sheet (CSV).
    """

    sheet: str
    rows: tuple[int, ...]
    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of structure: ``document.text[start:end]``, offsets in code points.

    ``page`` counts from 1 (a slide of a presentation and a sheet of a workbook are pages) and is None where the
    format has none. ``headings`` is the path of headings above the block, outermost first; a heading's own text is
    the last item of its own path. The first ``header_chars`` characters of a table are its header rows: what names the
    cells of the rows below.
    """

    kind: BlockKind
    start: int
    end: int
    page: int | None = None
    headings: tuple[str, ...] = ()
    box: Box | None = None
    header_chars: int = 0
    grid: Grid | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One source file as read: every offset anywhere refers to ``text``.

    ``blocks`` are in text order and do not overlap; what lies between two blocks is white space. ``version`` is the
    sha256 (hex) of the bytes and of the loader's and normaliser's versions. ``access`` lists the groups that may see
    the document; None means nobody but the owner.
    """

    id: str
    uri: str
    title: str
    media_type: str
    version: str
    text: str
    blocks: tuple[Block, ...]
    page_count: int = 0
    metadata: tuple[tuple[str, str], ...] = ()
    access: tuple[str, ...] | None = None

    def page_at(self, offset: int) -> int | None:
        """The page (from 1) on which the character at ``offset`` stands, or None where the format has no pages."""
        position = bisect_right(self.blocks, offset, key=lambda block: block.start)
        return self.blocks[max(position - 1, 0)].page if self.blocks else None


def document_id(uri: str) -> str:
    """The id of the document at ``uri``: the first 16 hex digits of its sha256."""
    return hashlib.sha256(uri.encode("utf-8", "surrogatepass")).hexdigest()[:16]
