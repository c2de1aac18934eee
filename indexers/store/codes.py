"""One-bit codes of a large segment's vectors: they find the candidates that are then scored exactly. Alone knows faiss.

RaBitQ codes in the inverted lists of about sqrt(n) centroids (one list, and no training, while that is fast enough).
They are built once and from then on only searched: adding to an index that another thread searches crashes the process.
"""

from __future__ import annotations

import functools
import math
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from indexers.errors import StoreDamaged

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from indexers.embed import Vector

CODED_ROWS = 20_000
"""Segments from here on have codes; smaller ones are scored whole, which takes 4 ms."""

LISTS_ROWS = 200_000
"""From here on the codes stand in lists of which a search probes some; fewer are gone through in 2 ms."""

PROBES = 104
"""Lists that are gone through, if all rows may be found."""

CANDIDATES = 800
CANDIDATES_PER_HIT = 10

_TRAINING_ROWS_PER_LIST = 64
_TRAINING_ROUNDS = 6
_BATCH_ROWS = 16_384


@dataclass(frozen=True, eq=False)  # no slots, which would leave no room for what is kept
class Codes:
    """The codes of one segment; positions count along its rows."""

    index: Any

    @functools.cached_property
    def lists(self) -> int:
        """How many lists the codes stand in."""
        return int(self.index.nlist)

    @functools.cached_property
    def list_of(self) -> NDArray[np.uint16]:
        """The list of each position: 2 MB and 11 ms at a million, when a filter first asks."""
        faiss = _faiss()
        found = np.zeros(int(self.index.ntotal), dtype=np.uint16)
        inverted = self.index.invlists
        for number in range(self.lists):
            size = int(inverted.list_size(number))
            if size:
                found[faiss.rev_swig_ptr(inverted.get_ids(number), size)] = number
        return found

    @functools.cached_property
    def _centroids(self) -> NDArray[np.float32]:
        coarse = _faiss().downcast_index(self.index.quantizer)
        return np.asarray(coarse.reconstruct_n(0, self.lists), dtype=np.float32)

    def nearest_lists(self, query: Vector) -> NDArray[np.int64]:
        """The lists in the order in which they are probed."""
        return np.argsort(-(self._centroids @ query), kind="stable")

    def candidates(
        self, query: Vector, *, limit: int, bits: NDArray[np.uint8] | None, probes: int
    ) -> NDArray[np.int64]:
        """Positions among which the ``limit`` best are to be sought, unordered; all that are found, if no more are.

        Args:
            query: Of length 1, shape ``(dimension,)``.
            limit: At least 1.
            bits: A bit a position, the lowest first: whether it may be returned. None allows all.
            probes: How many lists are gone through; more where they hold too few.
        """
        faiss = _faiss()
        faiss.omp_set_num_threads(1)  # of this thread; a second one only waits for the first, and others for both
        selector = None if bits is None else faiss.IDSelectorBitmap(bits)
        wanted = CANDIDATES + CANDIDATES_PER_HIT * limit
        while True:
            parameters = faiss.IVFRaBitQSearchParameters(nprobe=min(probes, self.lists), sel=selector)
            _, positions = self.index.search(query[None, :], wanted, params=parameters)
            found = np.asarray(positions[0], dtype=np.int64)
            found = found[found >= 0]  # what is missing at the end is -1
            if len(found) >= limit or probes >= self.lists:
                return found
            probes *= 4


def build_codes(vectors: NDArray[np.float16]) -> bytes:
    """The codes of the rows of ``vectors`` as FAISS serialises them; the rows may be mapped from a file.

    Holds a sample of at most 64 rows a list in float32 at a time: a tenth of a million rows.
    """
    faiss = _faiss()
    faiss.omp_set_num_threads(len(os.sched_getaffinity(0)))
    count, dimension = vectors.shape
    lists = math.isqrt(count) if count >= LISTS_ROWS else 1
    coarse = faiss.IndexFlatIP(dimension)
    index = faiss.IndexIVFRaBitQFastScan(coarse, dimension, lists, faiss.METRIC_INNER_PRODUCT)
    index.cp.niter = _TRAINING_ROUNDS
    index.cp.spherical = True
    index.cp.max_points_per_centroid = _TRAINING_ROWS_PER_LIST
    index.cp.min_points_per_centroid = 1  # only a warning on standard output hangs on it
    chance = np.random.default_rng(0)
    sample = chance.choice(count, min(count, max(lists * _TRAINING_ROWS_PER_LIST, _BATCH_ROWS)), replace=False)
    index.train(vectors[np.sort(sample)].astype(np.float32))
    for first in range(0, count, _BATCH_ROWS):
        index.add(vectors[first : first + _BATCH_ROWS].astype(np.float32))
    return bytes(faiss.serialize_index(index).tobytes())


def read_codes(data: NDArray[np.uint8], *, rows: int, dimension: int) -> Codes:
    """What ``build_codes`` made, after its checksum has been checked: FAISS trusts what it reads.

    Raises:
        StoreDamaged: Another version of FAISS wrote it, or it is of other rows.
    """
    faiss = _faiss()
    try:
        index = faiss.deserialize_index(data)
    except RuntimeError as error:
        raise StoreDamaged("a segment's codes were written by another version of FAISS") from error
    if not isinstance(index, faiss.IndexIVFRaBitQFastScan) or (index.ntotal, index.d) != (rows, dimension):
        raise StoreDamaged("a segment's codes are not those of its rows")
    return Codes(index)


def _faiss() -> Any:  # noqa: ANN401  a library whose stubs do not fit it
    """The library, imported where it is first needed; its stubs do not know its own Python wrappers."""
    import faiss

    return faiss
