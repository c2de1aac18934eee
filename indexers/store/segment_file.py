"""A segment on disk: one immutable file, named by the sha256 of its footer, which has the checksums of all the rest.

    vectors   fp16, row after row                  checked by the block when they are first read (``blocks``)
    rows      the catalogue's rows, int64          checked at open, like all that follows
    spans     start and end of each chunk, int64
    blocks    16 bytes of sha256 a block of vectors
    codes     what FAISS serialised, in large segments
    footer    JSON with place and sha256 of each of the above; its length; a mark

The vectors of a large segment are not hashed at open, which would take longer than a search may, but no row reaches an
answer unchecked.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from indexers.errors import StoreDamaged, StoreError
from indexers.store.connection import sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from numpy.typing import NDArray

UNFINISHED = ".unfinished"
"""In the name of what is not whole yet."""

BLOCK_ROWS = 64
DIGEST_BYTES = 16

_MARK = b"PLUMSEG2"
_TAIL = struct.Struct("<Q8s")
_ALIGNED = 64


@dataclass(frozen=True, slots=True, eq=False)
class SegmentFile:
    """An opened file. All but ``vectors``, which are mapped copy-on-write, has been checked.

    ``rows`` has shape ``(n,)``, ascending; ``spans`` and ``vectors`` have a row each; ``blocks`` has a digest for
    every ``BLOCK_ROWS`` vectors; ``codes`` is what the builder of the codes made, None in small segments.
    """

    rows: NDArray[np.int64]
    spans: NDArray[np.int64]
    vectors: NDArray[np.float16]
    blocks: NDArray[np.uint8]
    codes: NDArray[np.uint8] | None


def block_digest(vectors: NDArray[np.float16]) -> bytes:
    """What is kept of a block, to know it again."""
    return hashlib.sha256(np.ascontiguousarray(vectors).data).digest()[:DIGEST_BYTES]


def write_segment(
    folder: Path,
    rows: NDArray[np.int64],
    batches: Iterable[tuple[NDArray[np.int64], NDArray[np.float16]]],
    *,
    dimension: int,
    encode: Callable[[NDArray[np.float16]], bytes] | None,
) -> str:
    """Write and name a segment; when this returns, file and name survive a power cut.

    Args:
        folder: Where it goes.
        rows: The catalogue's rows, ascending; at least one.
        batches: Spans and vectors in the order of ``rows``, some at a time, so that they never are in memory at once.
        dimension: Of the vectors.
        encode: Makes the codes of all vectors, mapped from the file; None for none.

    Raises:
        StoreError: The disk is full or not writable; no named file is left behind.
    """
    unfinished = folder / ("segment" + UNFINISHED)
    try:
        descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w+b") as file:
            name = _fill(file, rows, batches, dimension=dimension, encode=encode)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(folder / name)
        sync_folder(folder)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise StoreError(f"a segment cannot be written to {folder}: {error.strerror}") from error
    return name


def _fill(
    file: IO[bytes],
    rows: NDArray[np.int64],
    batches: Iterable[tuple[NDArray[np.int64], NDArray[np.float16]]],
    *,
    dimension: int,
    encode: Callable[[NDArray[np.float16]], bytes] | None,
) -> str:
    spans = np.empty((len(rows), 2), dtype="<i8")
    done = 0
    for some, vectors in batches:
        spans[done : done + len(some)] = some
        file.write(np.ascontiguousarray(vectors, dtype="<f2").data)
        done += len(some)
    file.flush()
    if done != len(rows):
        raise StoreDamaged(f"a segment of {len(rows)} rows was given {done} vectors")
    mapped = np.memmap(file, dtype="<f2", mode="r", shape=(len(rows), dimension))
    digests = b"".join(block_digest(mapped[first : first + BLOCK_ROWS]) for first in range(0, len(rows), BLOCK_ROWS))
    parts = {"rows": rows.astype("<i8").tobytes(), "spans": spans.tobytes(), "blocks": digests}
    if encode is not None:
        parts["codes"] = encode(mapped)
    del mapped
    places: dict[str, tuple[int, int, str]] = {}
    for part, data in parts.items():
        file.write(bytes(-file.tell() % _ALIGNED))
        places[part] = (file.tell(), len(data), hashlib.sha256(data).hexdigest())
        file.write(data)
    footer = json.dumps({"rows": len(rows), "dimension": dimension, "parts": places}).encode()
    file.write(footer + _TAIL.pack(len(footer), _MARK))
    return hashlib.sha256(footer).hexdigest()


def open_segment(folder: Path, name: str) -> SegmentFile:
    """Map a segment after checking all of it but the vectors.

    Raises:
        StoreDamaged: The file is missing, unreadable, or not what its name says.
    """
    try:
        data = np.asarray(np.memmap(folder / name, dtype=np.uint8, mode="c"))
    except (OSError, ValueError) as error:  # ValueError: an empty file
        reason = error.strerror if isinstance(error, OSError) else "it is empty"
        raise StoreDamaged(f"segment {name[:12]} cannot be read: {reason}") from error
    footer = _footer(name, data)
    dimension = footer["dimension"]
    parts = {part: _checked(name, data, *place) for part, place in footer["parts"].items()}
    return SegmentFile(
        rows=parts["rows"].view("<i8").astype(np.int64, copy=False),
        spans=parts["spans"].view("<i8").reshape(-1, 2).astype(np.int64, copy=False),
        vectors=data[: 2 * dimension * footer["rows"]].view("<f2").reshape(-1, dimension),
        blocks=parts["blocks"].reshape(-1, DIGEST_BYTES),
        codes=parts.get("codes"),
    )


def _footer(name: str, data: NDArray[np.uint8]) -> dict[str, Any]:
    """The footer, which its name proves: what it says of the rest holds."""
    if len(data) > _TAIL.size:
        length, mark = _TAIL.unpack(data[-_TAIL.size :].tobytes())
        footer = data[-_TAIL.size - length : -_TAIL.size].tobytes() if length < len(data) - _TAIL.size else b""
        if mark == _MARK and hashlib.sha256(footer).hexdigest() == name:
            found: dict[str, Any] = json.loads(footer)
            end = max(offset + size for offset, size, _ in found["parts"].values())
            if end + length + _TAIL.size == len(data):
                return found
    raise StoreDamaged(f"segment {name[:12]} does not match its checksum")


def _checked(name: str, data: NDArray[np.uint8], offset: int, length: int, digest: str) -> NDArray[np.uint8]:
    part = data[offset : offset + length]
    if hashlib.sha256(part.data).hexdigest() != digest:
        raise StoreDamaged(f"segment {name[:12]} does not match its checksum")
    return part


def check_vectors(name: str, file: SegmentFile) -> None:
    """Hold every block of vectors against its checksum: 0.5 s for a million rows.

    Raises:
        StoreDamaged: One is not what was written.
    """
    for block, digest in enumerate(file.blocks):
        first = block * BLOCK_ROWS
        if block_digest(file.vectors[first : first + BLOCK_ROWS]) != digest.tobytes():
            raise StoreDamaged(f"segment {name[:12]} does not match its checksum")


def check_segment(folder: Path, name: str) -> None:
    """Check a segment whole.

    Raises:
        StoreDamaged: As in ``open_segment``, or a vector is damaged.
    """
    check_vectors(name, open_segment(folder, name))


def remove_unnamed(folder: Path, named: Iterable[str]) -> None:
    """Remove the files that no catalogue row names: what a killed writer left, and folded segments."""
    keep = set(named)
    for path in folder.iterdir():
        if path.name not in keep and (path.is_symlink() or path.is_file()):
            path.unlink(missing_ok=True)
