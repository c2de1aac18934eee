"""How values become rows: every row carries a digest of itself, checked before anything in it is used.

SQLite's pages carry no checksums: a flipped bit in a text passes ``integrity_check``.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from indexers.chunk import Chunk
from indexers.document import Block, Box, Document, Grid
from indexers.errors import StoreDamaged
from indexers.roots import Root

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Row = tuple[Any, ...]
"""A row as SQLite gives it: anything may stand in it until its digest is checked."""

MAX_UNPACKED_BYTES = 2**30

COMPRESSION = 3  # zlib's levels above cost twice the time for 3% of the size

CHUNK_COLUMNS = 'row, id, document_id, version, ordinal, start, "end", tokens, headings, page, vector, digest'
VERSION_COLUMNS = "document_id, version, generation, record, first_row, chunks, text_digest, blocks_digest, digest"
DOCUMENT_COLUMNS = "id, uri, file, root, content_hash, version, generation, access, touched, digest"
ENTRY_COLUMNS = (
    "d.id, d.uri, d.file, d.root, d.content_hash, d.version, d.generation, d.access, d.touched, d.digest, "
    "v.document_id, v.version, v.generation, v.record, v.first_row, v.chunks, v.text_digest, v.blocks_digest, v.digest"
)
_DOCUMENT_COLUMNS = 10


@dataclass(frozen=True, slots=True)
class DocumentEntry:
    """A document as `rag status` lists it; ``indexed_at`` is ISO 8601 in UTC, ``version`` the current one.

    ``content_hash`` is what sync compares, ``generation`` that of the document's last change, ``touched`` that of the
    last change of it or of its access list. ``file`` is the URI of
    the file that the document was read from: its own, but for a part of a file (an attachment, a message of an mbox).
    ``first_row`` is the catalogue's row of its first chunk; the others follow without a gap.
    """

    id: str
    uri: str
    title: str
    media_type: str
    version: str
    chunks: int
    pages: int
    indexed_at: str
    root: str
    content_hash: str
    generation: int
    file: str
    touched: int
    first_row: int
    metadata: tuple[tuple[str, str], ...] = ()
    access: tuple[str, ...] | None = None


def row_digest(table: str, *values: object) -> bytes:
    """16 bytes over the table's name and the values; ``repr`` of str, int, bytes and None is unambiguous."""
    return hashlib.blake2b(repr(values).encode(), digest_size=16, person=table.encode()).digest()


def blob_digest(data: bytes) -> bytes:
    """16 bytes over a text or a list of blocks as stored."""
    return hashlib.blake2b(data, digest_size=16).digest()


def check_row(table: str, row: Row) -> Row:
    """The row without its digest, which is its last item.

    Raises:
        StoreDamaged: The digest is not the row's.
    """
    if row[-1] != row_digest(table, *row[:-1]):
        raise StoreDamaged(f"a row of {table} ({str(row[0])[:80]!r}) does not carry its own checksum")
    return row[:-1]


def signed(table: str, *values: object) -> Row:
    """The values as a row: with their digest behind them."""
    return (*values, row_digest(table, *values))


def version_rows(
    document: Document,
    *,
    generation: int,
    indexed_at: str,
    history: dict[str, Any],
    first_row: int,
    chunk_count: int,
) -> tuple[Row, Row]:
    """The rows of ``versions`` (``VERSION_COLUMNS``) and of ``texts``, whose digests stand in the former."""
    text = zlib.compress(document.text.encode("utf-8", "surrogatepass"), COMPRESSION)
    blocks = zlib.compress(json.dumps([_block_values(block) for block in document.blocks]).encode(), COMPRESSION)
    place = (document.id, document.version)
    record = _record(document, indexed_at, history)
    values = (generation, record, first_row, chunk_count, blob_digest(text), blob_digest(blocks))
    return signed("versions", *place, *values), (*place, text, blocks)


def _record(document: Document, indexed_at: str, history: dict[str, Any]) -> str:
    return json.dumps(
        {
            "title": document.title,
            "media_type": document.media_type,
            "page_count": document.page_count,
            "metadata": document.metadata,
            "indexed_at": indexed_at,
            **history,
        }
    )


def _block_values(block: Block) -> list[object]:
    box = block.box and [block.box.left, block.box.bottom, block.box.right, block.box.top]
    values: list[object] = [block.kind, block.start, block.end, block.page, block.headings, box]
    if block.header_chars or block.grid:
        values.append(block.header_chars)
    if block.grid:
        values.append([block.grid.sheet, _runs(block.grid.rows), block.grid.columns])
    return values


def _runs(numbers: Sequence[int]) -> list[list[int]]:
    """Ascending numbers as ``[first, count]`` of what follows without a gap: a sheet's rows seldom have any."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == sum(runs[-1]):
            runs[-1][1] += 1
        else:
            runs.append([number, 1])
    return runs


def read_document(uri: str, row: Row, *, access: tuple[str, ...] | None) -> Document:
    """The document of a row of ``versions`` (``VERSION_COLUMNS``) with the text and the blocks behind it.

    Raises:
        StoreDamaged: The row, its text or its blocks do not carry their own checksums.
    """
    *values, text, blocks = row
    document_id, version, _, record_json, _, _, text_digest, blocks_digest = check_row("versions", tuple(values))
    if not (_is_intact(text, text_digest) and _is_intact(blocks, blocks_digest)):
        raise StoreDamaged(f"the stored text of {uri!r} does not match its checksum")
    record = json.loads(record_json)
    return Document(
        id=document_id,
        uri=uri,
        title=record["title"],
        media_type=record["media_type"],
        version=version,
        text=_unpacked(text).decode("utf-8", "surrogatepass"),
        blocks=tuple(_read_block(values) for values in json.loads(_unpacked(blocks))),
        page_count=record["page_count"],
        metadata=metadata_of(record),
        access=access,
    )


def _unpacked(data: bytes) -> bytes:
    """What was compressed; a catalogue may be a stranger's backup, in which a few bytes unpack to more than memory."""
    unpacking = zlib.decompressobj()
    unpacked = unpacking.decompress(data, MAX_UNPACKED_BYTES)
    if not unpacking.eof or unpacking.unused_data:
        raise StoreDamaged("a stored text is cut short, or longer than any text is")
    return unpacked


def _is_intact(data: object, digest: bytes) -> bool:
    """Whether a blob is there and is what was stored; a damaged page may show it as anything."""
    return isinstance(data, bytes) and blob_digest(data) == digest


def _read_block(values: list[Any]) -> Block:
    kind, start, end, page, headings, box, *table = values
    header_chars = table[0] if table else 0
    grid = _read_grid(*table[1], most=2 * (end - start + 8)) if len(table) > 1 else None
    return Block(kind, start, end, page, tuple(headings), Box(*box) if box else None, header_chars, grid)


def _read_grid(sheet: str, runs: list[list[int]], columns: list[int], *, most: int) -> Grid:
    if sum(abs(count) for _, count in runs) > most:  # in a stranger's backup a run may be endless
        raise StoreDamaged("a stored table has more rows than its text has lines")
    rows = tuple(number for first, count in runs for number in range(first, first + count))
    return Grid(sheet, rows, tuple(columns))


def metadata_of(record: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """The metadata in a version's record."""
    return tuple((key, value) for key, value in record["metadata"])


def document_row(document: Document, *, file: str, root: str, content_hash: str, generation: int) -> Row:
    """The row of ``documents``; the order is that of the schema."""
    place = (document.id, document.uri, file, root, content_hash, document.version)
    return signed("documents", *place, generation, access_json(document.access), generation)


def access_json(groups: tuple[str, ...] | None) -> str:
    """The access list as it is stored."""
    return json.dumps(groups)


def _access(stored: str) -> tuple[str, ...] | None:
    return None if stored == "null" else tuple(json.loads(stored))


def read_entry(row: Row) -> DocumentEntry:
    """The entry of a row of ``documents`` joined with its current version (``ENTRY_COLUMNS``)."""
    document_id, uri, file, root, content_hash, version, generation, access, touched = check_row(
        "documents", row[:_DOCUMENT_COLUMNS]
    )
    owner, held, _, record_json, first_row, chunks, _, _ = check_row("versions", row[_DOCUMENT_COLUMNS:])
    if (owner, held) != (document_id, version):
        raise StoreDamaged(f"the catalogue joins {uri!r} with another document's version")
    record = json.loads(record_json)
    return DocumentEntry(
        id=document_id,
        uri=uri,
        title=record["title"],
        media_type=record["media_type"],
        version=version,
        chunks=chunks,
        pages=record["page_count"],
        indexed_at=record["indexed_at"],
        root=root,
        content_hash=content_hash,
        generation=generation,
        file=file,
        touched=touched,
        first_row=first_row,
        metadata=metadata_of(record),
        access=_access(access),
    )


def chunk_row(chunk: Chunk, *, row: int, vector: int) -> Row:
    """The row of ``chunks`` (``CHUNK_COLUMNS``)."""
    place = (chunk.ordinal, chunk.start, chunk.end, chunk.tokens, json.dumps(chunk.headings), chunk.page)
    return signed("chunks", row, chunk.id, chunk.document_id, chunk.version, *place, vector)


def read_chunk(row: Row) -> Chunk:
    """The chunk of a row of ``chunks`` (``CHUNK_COLUMNS``)."""
    _, chunk, document, version, ordinal, start, end, tokens, headings, page, _ = check_row("chunks", row)
    return Chunk(chunk, document, version, ordinal, start, end, tokens, tuple(json.loads(headings)), page)


def read_vector(row: Row, *, dimension: int) -> NDArray[np.float16]:
    """The fp16 vector of a row of ``vectors`` (id, key, fp16, digest)."""
    _, _, data = check_row("vectors", row)
    if len(data) != 2 * dimension:
        raise StoreDamaged(f"a stored vector has {len(data) // 2} dimensions, the index has {dimension}")
    return np.frombuffer(data, dtype="<f2")


def root_row(root: Root) -> Row:
    """The row of ``roots``."""
    return signed("roots", root.name, os.fsencode(root.path), int(root.mounted))


def read_roots(rows: Sequence[Row]) -> list[Root]:
    """The known roots of the rows of ``roots``."""
    checked = [check_row("roots", row) for row in rows]
    return [Root(name, Path(os.fsdecode(path)), mounted=bool(mounted)) for name, path, mounted in checked]
