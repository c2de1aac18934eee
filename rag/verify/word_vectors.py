"""The words of a text as vectors by themselves, from the bundled encoder's vocabulary, and how rare each is.

A word's vector is the mean of its pieces' input vectors. How rare it is in general shows in its place in the
vocabulary, which is in the order of frequency.
"""

from __future__ import annotations

import functools
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indexers.minilm import WEIGHTS_SHA256, minilm_folder
from rag.words import WORD

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from indexers.piece_vectors import Pieces, PieceVectors

FIRST_WORD_PIECE = 1996
"""The id of the most frequent word ("the"); the vocabulary's words follow in the order of frequency."""

REMEMBERED_TEXTS = 512
"""Passages, whose words are looked up for every claim that cites them; of 8,000 tokens about 3 MB."""


@dataclass(frozen=True, slots=True, eq=False)
class WordVectors:
    """The words of one text, ``n`` of them, in order.

    Attributes:
        spans: ``[start, end)`` in the text, ``(n, 2)``.
        kinds: Of each word its row in ``vectors``, ``(n,)``.
        vectors: One unit vector a distinct word, ``(kinds, dimension)``.
        rarity: Of each word, 0 ("the") to 1 (in pieces), ``(n,)``.
    """

    spans: NDArray[np.int64]
    kinds: NDArray[np.int64]
    vectors: NDArray[np.float32]
    rarity: NDArray[np.float32]


class WordReader:
    """Reads texts into words; what was read last is remembered. Threads may share it."""

    def __init__(self, pieces: PieceVectors | None = None) -> None:
        """Read with ``pieces``, or with the bundled encoder's; nothing is loaded before the first text."""
        self._given = pieces
        self._read: OrderedDict[str, WordVectors] = OrderedDict()
        self._lock = threading.Lock()

    def words(self, texts: Sequence[str]) -> list[WordVectors]:
        """The words of each text.

        Raises:
            EmbedError: The encoder's files cannot be read.
        """
        with self._lock:
            fresh = [text for text in dict.fromkeys(texts) if text not in self._read]
            for text, pieces in zip(fresh, self._pieces.pieces(fresh), strict=True):
                self._read[text] = _pooled(text, pieces, self._pieces.vectors)
            found = [self._read[text] for text in texts]
            for text in texts:
                self._read.move_to_end(text)
            while len(self._read) > REMEMBERED_TEXTS:
                self._read.popitem(last=False)
            return found

    @functools.cached_property
    def _pieces(self) -> PieceVectors:
        from indexers.piece_vectors import PieceVectors

        return self._given or PieceVectors(minilm_folder(), weights_sha256=WEIGHTS_SHA256)


def _pooled(text: str, pieces: Pieces, vectors: NDArray[np.float32]) -> WordVectors:
    spans = np.array([match.span() for match in WORD.finditer(text)], dtype=np.int64).reshape(-1, 2)
    first = np.searchsorted(pieces.spans[:, 0], spans[:, 0])
    last = np.searchsorted(pieces.spans[:, 0], spans[:, 1])
    there = last > first  # the encoder drops a few characters
    spans, first, last = spans[there], first[there], last[there]
    kinds, heads = _kinds(pieces.ids, first, last)
    counts = last - first
    ranks = np.where(counts == 1, pieces.ids[first] if len(first) else 0, len(vectors)) - FIRST_WORD_PIECE
    most = np.log1p(len(vectors) - FIRST_WORD_PIECE)
    rarity = np.where(ranks < 0, 0.5, np.log1p(np.maximum(ranks, 0)) / most)
    return WordVectors(
        spans, kinds, _means(vectors, pieces.ids, first[heads], counts[heads]), rarity.astype(np.float32)
    )


def _kinds(
    ids: NDArray[np.int64], first: NDArray[np.int64], last: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of each word, which distinct one it is; and where each of these stands first."""
    known: dict[tuple[int, ...], int] = {}
    listed = ids.tolist()
    kinds = [
        known.setdefault(tuple(listed[a:b]), len(known)) for a, b in zip(first.tolist(), last.tolist(), strict=True)
    ]
    found = np.array(kinds, dtype=np.int64)
    return found, np.unique(found, return_index=True)[1]


def _means(
    vectors: NDArray[np.float32], ids: NDArray[np.int64], first: NDArray[np.int64], counts: NDArray[np.int64]
) -> NDArray[np.float32]:
    """The mean vector of each run of pieces, of length 1."""
    if not len(first):
        return np.zeros((0, vectors.shape[1]), dtype=np.float32)
    starts = np.cumsum(counts) - counts
    rows = vectors[ids[np.repeat(first - starts, counts) + np.arange(counts.sum())]]
    sums = np.add.reduceat(rows, starts, axis=0)
    unit: NDArray[np.float32] = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
    return unit.astype(np.float32)
