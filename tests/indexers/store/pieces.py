"""Tiny documents by hand: each line of a text is a chunk."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from indexers.chunk import Chunk, chunk_id
from indexers.document import Block, BlockKind, Document, Grid, document_id

if TYPE_CHECKING:
    from collections.abc import Collection

    from indexers.store import Snapshot, Store, Writer


def make_piece(uri: str, text: str) -> tuple[Document, list[Chunk]]:
    """A document with a chunk for each of its lines."""
    version = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    name = document_id(uri)
    chunks: list[Chunk] = []
    blocks: list[Block] = []
    start = 0
    for ordinal, line in enumerate(text.split("\n")):
        end = start + len(line)
        chunks.append(Chunk(chunk_id(name, version, start, end), name, version, ordinal, start, end, 3, ("Top",), 1))
        grid = Grid("Prices", rows=(ordinal + 1, ordinal + 2, ordinal + 9), columns=(1, 4)) if " | " in line else None
        kind: BlockKind = "table" if grid else "paragraph"
        blocks.append(Block(kind, start, end, 1, ("Top",), header_chars=len(line) if grid else 0, grid=grid))
        start = end + 1
    access = ("staff",) if "secret" in text else None
    meta = (("author", "Ann"),)
    return Document(name, uri, "Title", "text/plain", version, text, tuple(blocks), 1, meta, access), chunks


def put(writer: Writer, uri: str, text: str) -> int:
    """Write one such document; its version is its content hash."""
    document, chunks = make_piece(uri, text)
    return writer.put(document, chunks, root="root", content_hash=document.version)


def contents(store: Store) -> dict[str, str]:
    """Every current text by URI."""
    snapshot = store.snapshot()
    return {entry.uri: snapshot.document(entry.id).text for entry in snapshot.documents()}


def visible(snapshot: Snapshot, groups: Collection[str]) -> frozenset[str]:
    """The ids of the documents that members of the groups may see."""
    return snapshot.among(snapshot.visible_to(groups)).ids
