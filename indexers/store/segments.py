"""Vectors that are searched by themselves: sealed segments, a cache over the catalogue, and the unsealed tail."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indexers.errors import StoreDamaged
from indexers.store.codes import CODED_ROWS, PROBES, Codes, build_codes, read_codes
from indexers.store.halves import inner, products
from indexers.store.segment_file import BLOCK_ROWS, block_digest, check_vectors, open_segment, write_segment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from indexers.embed import Vector
    from indexers.store.segment_file import SegmentFile
    from indexers.store.selection import Selection

    Fetch = Callable[[NDArray[np.int64]], NDArray[np.float16]]
    """Reads the vectors of chunk rows from the catalogue; StoreDamaged where one is gone."""

TIE = 1e-5
"""Scores this close may be equal: float32 sums of 384 products differ by less than 1e-6 with the order of adding."""

EXACT_ROWS = 25_000
"""Where no more rows than these may be found, each is scored, however large the segment: 6 ms."""

NEAR_SHARE = 0.2
"""Where somewhat more may be found, the nearest of them are scored, list by list: at most this share of them must lie
in ``EXACT_ROWS``, else recall@10 falls under 0.99."""

LEAST_SELECTIVE = 20
"""Where more than one row in so many is asked for, each is scored: as many candidates would have to be, anyway."""


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
            positions = self._near(self.codes, query, limit, None if whole else among)
            if len(positions) <= limit:
                return positions
            return positions[_best(self._products(query, positions), limit)]
        if whole:
            return _best(self._products(query, None), limit)
        return among.few[_best(self._products(query, among.few), limit)]

    def _near(self, codes: Codes, query: Vector, limit: int, among: Selection | None) -> NDArray[np.int64]:
        """Positions among which the best are: found by codes, or all that lie in the nearest lists."""
        if among is None:
            return codes.candidates(query, limit=limit, bits=None, probes=PROBES)
        if codes.lists == 1:
            return codes.candidates(query, limit=limit, bits=among.bits, probes=1)
        spread = among.spread(codes.list_of, codes.lists)
        order = codes.nearest_lists(query)
        reached = np.cumsum(spread.counts[order])
        if NEAR_SHARE * among.count <= EXACT_ROWS:
            rows = max(EXACT_ROWS, LEAST_SELECTIVE * limit)
            return spread.of(order[: int(np.searchsorted(reached, rows)) + 1])
        # As many lists as without a filter, and up to twice as many: of fewer rows the best lie farther apart.
        share = among.count / len(self.rows)
        lists = PROBES * (1 + min(1.0, 2 * (1 - share)))
        rows = math.ceil(among.count * min(1.0, lists / codes.lists))  # that many such lists have as a rule
        probes = int(np.searchsorted(reached, rows)) + 1
        return codes.candidates(query, limit=limit, bits=among.bits, probes=probes)

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
