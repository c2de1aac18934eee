"""A chunk's pieces as codes of two bits a dimension, and the cosines of a question's pieces with them.

All occurrences of a piece in a chunk become one vector, their mean: half as many vectors, and no worse a ranking. The
vectors come projected to few dimensions and of length 1 (`indexers.late.projection`), turned so that every dimension
has about the same spread, which one step for all of them then fits.

Source of the interaction: Khattab & Zaharia, "ColBERT", SIGIR 2020, arXiv:2004.12832.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class PieceCodes:
    """The distinct pieces of a text that tell something: their ids, ascending, and the code of each, ``(n, width)``."""

    pieces: NDArray[np.int64]
    codes: NDArray[np.uint8]


NO_CODES = PieceCodes(np.empty(0, dtype=np.int64), np.empty((0, 0), dtype=np.uint8))
"""Of a text that has not been looked at."""

CODING = "pieces-2bit-1"
"""Changes with anything here that makes other codes of the same vectors."""

DIMENSIONS_A_BYTE = 4
BLOCK_CODES = 1024
"""Codes that are unpacked at once: what stays in a core's second cache, times the dimensions."""

SINGLE_THREADED = 260_000
"""Products of numbers up to which OpenBLAS multiplies in the caller's thread. Its others wait for each other: on a busy
machine of two cores 1.5 ms became 140.
"""

_STEP = 0.9957
"""Between the levels, in standard deviations: the least squared error for four levels of a normal distribution."""

_KEPT = 0.8812
"""The share of a vector's length that its code keeps in its direction: 1 less the squared error of that quantizer."""

_MASKS = np.array([0b11, 0b1100, 0b110000, 0b11000000], dtype=np.uint8)
_FACTORS = np.array([1.0, 4.0, 16.0, 64.0], dtype=np.float32)


def encode_pieces(
    texts: Sequence[Sequence[int]], vectors: NDArray[np.float32], *, kept: NDArray[np.bool_]
) -> list[PieceCodes]:
    """The codes of some texts, of `dimensions / 4` bytes each.

    Args:
        texts: The ids of their pieces.
        vectors: Of shape ``(len(texts), length, dimensions)``, of length 1; what is beyond a text's length is ignored.
        kept: For each id whether it counts: special pieces and punctuation say nothing by themselves.
    """
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    ids = np.fromiter((piece for text in texts for piece in text), dtype=np.int64, count=int(lengths.sum()))
    owner = np.repeat(np.arange(len(texts)), lengths)
    place = np.arange(len(ids)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    which = np.flatnonzero(kept[ids])
    order = which[np.lexsort((ids[which], owner[which]))]
    owner, place, ids = owner[order], place[order], ids[order]
    if not len(order):
        none = PieceCodes(ids, np.empty((0, vectors.shape[2] // DIMENSIONS_A_BYTE), dtype=np.uint8))
        return [none] * len(texts)
    fresh = np.concatenate([[True], (owner[1:] != owner[:-1]) | (ids[1:] != ids[:-1])])
    sums = np.add.reduceat(vectors[owner, place], np.flatnonzero(fresh), axis=0)
    codes = pack(sums)
    ends = np.cumsum(np.bincount(owner[fresh], minlength=len(texts)))[:-1]
    each = zip(np.split(ids[fresh], ends), np.split(codes, ends), strict=True)
    return [PieceCodes(pieces, of_pieces) for pieces, of_pieces in each]


def pack(vectors: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The codes of vectors of any length, shape ``(n, dimensions / 4)``; of a zero vector those of nothing special."""
    count, dimensions = vectors.shape
    lengths = np.maximum(np.sqrt(np.square(vectors).sum(axis=1, keepdims=True)), np.float32(1e-12))
    steps = vectors * (np.float32(dimensions**0.5 / _STEP) / lengths) + np.float32(2.0)
    levels = np.clip(steps, 0, 3).astype(np.uint8).reshape(count, DIMENSIONS_A_BYTE, -1)
    return np.asarray(levels[:, 0] | levels[:, 1] << 2 | levels[:, 2] << 4 | levels[:, 3] << 6)


def best_cosines(
    query: NDArray[np.float32], codes: NDArray[np.uint8], counts: NDArray[np.int64]
) -> NDArray[np.float32]:
    """For each chunk and each piece of the question the cosine with the chunk's piece that is most like it.

    Args:
        query: The question's pieces, of length 1, shape ``(pieces, dimensions)``.
        codes: Of all chunks, one after the other.
        counts: How many codes each chunk has.

    Returns:
        Shape ``(len(counts), pieces)``: estimates, about 0.03 off; NaN for a chunk without codes.
    """
    found = np.full((len(counts), len(query)), np.nan, dtype=np.float32)
    if len(codes) and len(query):
        holds = counts > 0
        firsts = (np.cumsum(counts) - counts)[holds]
        found[holds] = np.maximum.reduceat(_cosines(query, codes), firsts, axis=0)
    return found


def _cosines(query: NDArray[np.float32], codes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Every code with every piece: a level is worth its bits as they stand, the rest is moved into the query."""
    pieces, dimensions = query.shape
    scale = np.float32(_STEP / (dimensions**0.5 * _KEPT))
    weights = query.reshape(pieces, DIMENSIONS_A_BYTE, -1) * (scale / _FACTORS)[:, None]
    weights = np.ascontiguousarray(weights.reshape(pieces, dimensions).T)
    found = np.empty((len(codes), pieces), dtype=np.float32)
    rows = max(1, min(BLOCK_CODES, SINGLE_THREADED // (dimensions * pieces)))
    whole = len(codes) // rows * rows
    step = BLOCK_CODES // rows * rows
    for first in range(0, whole, step):
        last = min(first + step, whole)
        levels = _levels(codes[first:last]).reshape(-1, rows, dimensions)
        np.matmul(levels, weights, out=found[first:last].reshape(-1, rows, pieces))
    found[whole:] = _levels(codes[whole:]) @ weights
    found -= np.float32(1.5) * scale * query.sum(axis=1)
    return found


def _levels(codes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Each dimension's two bits where they stand in their byte, shape ``(n, dimensions)``."""
    levels = (codes[:, None, :] & _MASKS[:, None]).astype(np.float32)
    return levels.reshape(len(codes), DIMENSIONS_A_BYTE * codes.shape[1])
