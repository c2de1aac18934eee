"""The words of a text as vectors: by themselves, and in their context; the bundled encoder gives both.

A word by itself is the mean of its pieces' input vectors; in context, the mean of their states after a few layers. How
rare a word is in general shows in its place in the encoder's vocabulary, which is in the order of frequency.
"""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indexers.minilm import WEIGHTS_SHA256, minilm_folder
from rag.words import WORD

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from indexers.token_states import PieceStates, TokenStates

LAYERS = 2
"""After these words in context are compared: as good as later layers on BEGIN, in a third of the time."""

FIRST_WORD_PIECE = 1996
"""The id of the most frequent word ("the"); the vocabulary's words follow in the order of frequency."""

REMEMBERED_TEXTS = 512
"""Passages, whose words are looked up for every claim that cites them; about 1 MB each where they are long."""


@dataclass(frozen=True, slots=True, eq=False)
class WordVectors:
    """The words of one text, ``n`` of them, in order.

    Attributes:
        spans: ``[start, end)`` in the text, ``(n, 2)``.
        kinds: Of each word its row in ``alone``, ``(n,)``.
        alone: One unit vector a distinct word, ``(kinds, dimension)``.
        context: One unit vector a word, ``(n, dimension)``.
        rarity: Of each word, 0 ("the") to 1 (in pieces), ``(n,)``.
    """

    spans: NDArray[np.int64]
    kinds: NDArray[np.int64]
    alone: NDArray[np.float32]
    context: NDArray[np.float32]
    rarity: NDArray[np.float32]


class WordReader:
    """Reads texts into words; what was read is remembered. Nothing is loaded before the first text."""

    def __init__(self, states: TokenStates | None = None) -> None:
        """Read with ``states``, or with the bundled encoder."""
        self._given = states
        self._read: OrderedDict[str, WordVectors] = OrderedDict()

    def words(self, texts: Sequence[str]) -> list[WordVectors]:
        """The words of each text.

        Raises:
            EmbedError: The encoder cannot be loaded or run.
        """
        fresh = [text for text in dict.fromkeys(texts) if text not in self._read]
        for text, pieces in zip(fresh, self._states.pieces(fresh), strict=True):
            self._read[text] = self._pooled(text, pieces)
        found = [self._read[text] for text in texts]
        for text in texts:
            self._read.move_to_end(text)
        while len(self._read) > max(REMEMBERED_TEXTS, len(texts)):
            self._read.popitem(last=False)
        return found

    @functools.cached_property
    def _states(self) -> TokenStates:
        from indexers.engines.folder import read_folder
        from indexers.token_states import TokenStates

        return self._given or TokenStates(read_folder(minilm_folder()), layers=LAYERS, weights_sha256=WEIGHTS_SHA256)

    def _pooled(self, text: str, pieces: PieceStates) -> WordVectors:
        spans = np.array([match.span() for match in WORD.finditer(text)], dtype=np.int64).reshape(-1, 2)
        first = np.searchsorted(pieces.spans[:, 0], spans[:, 0])
        last = np.searchsorted(pieces.spans[:, 0], spans[:, 1])
        there = last > first  # the encoder drops a few characters
        spans, first, last = spans[there], first[there], last[there]
        counts = last - first
        kinds, heads = _kinds(pieces.ids, first, last)
        vectors = self._states.word_vectors
        lengths = counts[heads]
        inputs = pieces.ids[np.repeat(first[heads] - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())]
        ends = np.cumsum(lengths)
        alone = _sums(vectors[inputs], ends - lengths, ends) / np.maximum(lengths, 1)[:, None]
        context = _sums(pieces.states, first, last) / np.maximum(counts, 1)[:, None]
        ranks = np.where(counts == 1, pieces.ids[first] if len(first) else 0, len(vectors)) - FIRST_WORD_PIECE
        most = np.log1p(len(vectors) - FIRST_WORD_PIECE)
        return WordVectors(
            spans,
            kinds,
            _unit(alone),
            _unit(context),
            np.where(ranks < 0, 0.5, np.log1p(np.maximum(ranks, 0)) / most).astype(np.float32),
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


def _sums(rows: NDArray[np.float32], first: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.float32]:
    if not len(first):
        return np.zeros((0, rows.shape[1]), dtype=np.float32)
    borders = np.stack([first, last], axis=1).ravel()
    padded = np.concatenate([rows, np.zeros((1, rows.shape[1]), dtype=np.float32)])
    summed: NDArray[np.float32] = np.add.reduceat(padded, borders, axis=0)[::2]
    return summed


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: NDArray[np.float32] = (rows / np.maximum(lengths, 1e-9)).astype(np.float32)
    return unit
