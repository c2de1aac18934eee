"""Vectors that are searched by themselves: sealed segments, a cache over the catalogue, and the unsealed tail."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from indexers.errors import StoreDamaged
from indexers.store.codes import CODED_ROWS, Codes, build_codes, read_codes
from indexers.store.halves import inner, products
from indexers.store.segment_file import BLOCK_ROWS, block_digest, check_vectors, open_segment, write_segment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from indexers.embed import Vector
    from indexers.store.segment_file import SegmentFile

    Fetch = Callable[[NDArray[np.int64]], NDArray[np.float16]]
    """Reads the vectors of chunk rows from the catalogue; StoreDamaged where one is gone."""

TIE = 1e-5
"""Scores this close may be equal: float32 sums of 384 products differ by less than 1e-6 with the order of adding."""

EXACT_ROWS = 25_000
"""Where no more rows than these may be found, each is scored, however large the segment: 6 ms."""


LEAST_SELECTIVE = 20
"""Where more than one row in so many is asked for, each is scored: as many candidates would have to be, anyway."""


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """The positions ``[begins[i], ends[i])`` of a set of ``size``, which do not overlap."""

    begins: NDArray[np.int64]
    ends: NDArray[np.int64]
    size: int
    kept: NDArray[np.bool_] | None = None

    @property
    def count(self) -> int:
        """How many positions these are."""
        return int((self.ends - self.begins).sum())

    def only(self, which: NDArray[np.int64]) -> Selection:
        """The ranges of these numbers."""
        return Selection(self.begins[which], self.ends[which], self.size)

    def positions(self) -> NDArray[np.int64]:
        """Each position, range after range."""
        return ranges(self.begins, self.ends - self.begins)

    def flags(self) -> NDArray[np.bool_]:
        """For each position of the set whether it is among these."""
        if self.kept is not None:
            return self.kept
        steps = np.zeros(self.size + 1, dtype=np.int8)
        np.add.at(steps, self.begins, 1)
        np.subtract.at(steps, self.ends, 1)
        return np.cumsum(steps[:-1], dtype=np.int8).view(np.bool_)

    def remembered(self) -> Selection:
        """The same with its flags kept, for a selection that every search asks for: they take 3 ms at a million."""
        return replace(self, kept=self.flags())


def ranges(firsts: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """``first, first + 1, …`` for each first, as many as its count says."""
    before = np.cumsum(counts) - counts
    return np.repeat(firsts - before, counts) + np.arange(int(counts.sum()), dtype=np.int64)


class Blocks:
    """The checksums of a mapped segment's vectors, each checked when a row of its block is first read.

    A damaged block is read from the catalogue instead, into memory of this process alone.
    """

    def __init__(self, file: SegmentFile, fetch: Fetch) -> None:
        self._file = file
        self._fetch = fetch
        self._seen = np.zeros(len(file.blocks), dtype=np.bool_)
        self._lost: frozenset[int] = frozenset()

    def check(self, positions: NDArray[np.int64] | None) -> None:
        """Make sure of the rows at ``positions``, or of all.

        Raises:
            StoreDamaged: One is damaged here, and gone from the catalogue.
        """
        blocks = np.arange(len(self._seen)) if positions is None else positions // BLOCK_ROWS
        if not self._seen[blocks].all():
            for block in np.unique(blocks[~self._seen[blocks]]).tolist():
                self._check_block(block)
        if self._lost and not self._lost.isdisjoint(range(len(self._file.rows)) if positions is None else positions):
            raise StoreDamaged("a segment is damaged, and the catalogue no longer has what stood there")

    def _check_block(self, block: int) -> None:
        first = block * BLOCK_ROWS
        held = self._file.vectors[first : first + BLOCK_ROWS]
        if block_digest(held) != self._file.blocks[block].tobytes():
            for place, row in enumerate(self._file.rows[first : first + BLOCK_ROWS]):
                try:
                    held[place] = self._fetch(np.array([row]))[0]
                except StoreDamaged:
                    self._lost |= {first + place}  # of a removed document: nothing asks for it again but old snapshots
        self._seen[block] = True


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Vectors in memory or mapped. ``rows`` are the catalogue's chunk rows, ascending; positions count along them.

    ``spans`` has each chunk's start and end, ``vectors`` is fp16; ``blocks`` is there when these are still to be
    checked, ``codes`` in large segments. ``floats`` are the vectors of a small segment once more, for searches that
    score all of them: in float32 that takes half as long, and 30 MB at most.
    """

    rows: NDArray[np.int64]
    spans: NDArray[np.int64]
    vectors: NDArray[np.float16]
    blocks: Blocks | None = None
    codes: Codes | None = None
    floats: NDArray[np.float32] | None = None

    def nearest(self, query: Vector, *, limit: int, among: Selection) -> NDArray[np.int64]:
        """The positions of the ``limit`` best of the selection and of all that may tie with the last; unordered.

        Where the segment has codes and the selection is large, nearly all of the best are found; else all.
        """
        count = among.count
        if count <= limit:
            return among.positions()
        whole = count == len(self.rows)
        if self.codes is not None and count > max(EXACT_ROWS, LEAST_SELECTIVE * limit):
            flags = None if whole else among.flags()
            positions = self.codes.candidates(query, limit=limit, allowed=flags, share=count / len(self.rows))
            if len(positions) <= limit:
                return positions
            return positions[_best(self._products(query, positions), limit)]
        if whole:
            return _best(self._products(query, None), limit)
        positions = among.positions()
        return positions[_best(self._products(query, positions), limit)]

    def scores(self, query: Vector, positions: NDArray[np.int64]) -> NDArray[np.float64]:
        """Inner products summed row by row in double: equal vectors get equal scores, wherever they are kept."""
        summed = self.stored(positions).astype(np.float64) * query.astype(np.float64)
        return np.asarray(summed.sum(axis=1))

    def stored(self, positions: NDArray[np.int64]) -> NDArray[np.float16]:
        """The vectors at ``positions``.

        Raises:
            StoreDamaged: One is damaged, and the catalogue does not have it either.
        """
        if self.blocks:
            self.blocks.check(positions)
        return np.asarray(self.vectors[positions])

    def _products(self, query: Vector, positions: NDArray[np.int64] | None) -> NDArray[np.float32]:
        if self.blocks:
            self.blocks.check(positions)
        if positions is None and self.floats is not None:
            found = np.empty(len(self.floats), dtype=np.float32)
            inner(self.floats, query, out=found)
            return found
        return products(self.vectors, query, positions)


def _best(scores: NDArray[np.float32], limit: int) -> NDArray[np.int64]:
    """The places of the ``limit`` largest and of all that may tie with the last."""
    cut = np.partition(scores, len(scores) - limit)[len(scores) - limit]
    return np.flatnonzero(scores >= cut - TIE)


def seal_segment(
    folder: Path,
    rows: NDArray[np.int64],
    batches: Iterable[tuple[NDArray[np.int64], NDArray[np.float16]]],
    *,
    dimension: int,
) -> str:
    """Write a segment of these rows, with codes if it is large; see ``write_segment``."""
    encode = build_codes if len(rows) >= CODED_ROWS else None
    return write_segment(folder, rows, batches, dimension=dimension, encode=encode)


def read_segment(folder: Path, name: str, *, dimension: int, fetch: Fetch, deep: bool = False) -> Segment:
    """Open a segment after checking that it is the one that was written: small ones whole, large ones as they are read.

    Args:
        folder: Where it is.
        name: Its file.
        dimension: The index's.
        fetch: Where damaged vectors of a large segment are to be had.
        deep: Check large ones whole, too.

    Raises:
        StoreDamaged: The file is missing, unreadable, not what its name says, or holds another dimension.
    """
    file = open_segment(folder, name)
    if file.vectors.shape[1] != dimension:
        raise StoreDamaged(f"segment {name[:12]} holds {file.vectors.shape[1]} dimensions, the index has {dimension}")
    if file.codes is None or deep:
        check_vectors(name, file)
    if file.codes is None:
        vectors = np.array(file.vectors)
        return Segment(np.array(file.rows), np.array(file.spans), vectors, floats=vectors.astype(np.float32))
    codes = read_codes(file.codes, rows=len(file.rows), dimension=dimension)
    return Segment(file.rows, file.spans, file.vectors, Blocks(file, fetch), codes)
