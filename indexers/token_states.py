"""Every piece of a text with the state that the encoder gives it in its context, however long the text is.

A text that is longer than the model reads is read in windows that overlap; of a piece's states the one counts that
stands farthest from the ends of its window. An early layer is enough where words are compared, and costs half.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indexers.errors import EmbedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from tokenizers import Tokenizer

    from indexers.engines.folder import ModelFolder
    from indexers.engines.processor import ProcessorEngine
    from indexers.engines.weights import Weights

OVERLAP_TOKENS = 48
"""What two windows share at least."""


@dataclass(frozen=True, slots=True, eq=False)
class PieceStates:
    """The pieces of a text: ``ids`` ``(n,)``, ``spans`` ``(n, 2)`` in its characters, ``states`` ``(n, dimension)``.

    States have length 1.
    """

    ids: NDArray[np.int64]
    spans: NDArray[np.int64]
    states: NDArray[np.float32]


class TokenStates:
    """The first layers of a model of the BERT family; nothing is loaded before the first text."""

    def __init__(self, folder: ModelFolder, *, layers: int, weights_sha256: str, precision: str | None = None) -> None:
        """Describe the model.

        Args:
            folder: Where it lies; must be of a family with a graph (``folder.shape``).
            layers: How many are computed.
            weights_sha256: Of its weights' file (hex), checked before anything is computed with it.
            precision: ``f32`` or ``bf16``; None takes what is fastest here.
        """
        self._folder, self._layers, self._sha256, self._precision = folder, layers, weights_sha256, precision

    def pieces(self, texts: Sequence[str]) -> list[PieceStates]:
        """The pieces of each text in order, special ones left out; of a blank text none.

        Raises:
            EmbedError: The model cannot be loaded or run.
        """
        read = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        dimension = self.word_vectors.shape[1]
        found = [
            PieceStates(
                np.array(one.ids, dtype=np.int64),
                np.array(one.offsets, dtype=np.int64).reshape(-1, 2),
                np.zeros((len(one.ids), dimension), dtype=np.float32),
            )
            for one in read
        ]
        jobs = [(at, *window) for at, one in enumerate(found) for window in self._windows(len(one.ids))]
        before, after = self._ends
        inputs = [[before, *found[at].ids[start:end].tolist(), after] for at, start, end, *_ in jobs]

        def take(places: list[int], states: NDArray[np.float32]) -> None:
            for row, place in enumerate(places):
                at, start, _, keep_from, keep_to = jobs[place]
                shift = 1 - start
                found[at].states[keep_from:keep_to] = states[row, keep_from + shift : keep_to + shift]

        if inputs:
            self._engine.vectors(inputs, take_tokens=take)
        return found

    @functools.cached_property
    def word_vectors(self) -> NDArray[np.float32]:
        """The vector of each piece of the vocabulary before any layer, ``(pieces, dimension)``, as stored."""
        return self._weights["embeddings.word_embeddings.weight"]

    def _windows(self, pieces: int) -> list[tuple[int, int, int, int]]:
        """``start, end`` of each window, and the part of it whose states are kept; together these are all pieces."""
        most = self._folder.max_tokens - 2
        step = most - OVERLAP_TOKENS
        starts = list(range(0, max(1, pieces - OVERLAP_TOKENS), step)) if pieces else []
        ends = [min(pieces, start + most) for start in starts]
        borders = [(end + start) // 2 for end, start in zip(ends, starts[1:], strict=False)]
        return list(zip(starts, ends, [0, *borders], [*borders, pieces], strict=True)) if starts else []

    @functools.cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer  # only where text is read

        tokenizer = Tokenizer.from_file(str(self._folder.transformer / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    @functools.cached_property
    def _ends(self) -> tuple[int, int]:
        before, after = self._tokenizer.encode("").ids
        return before, after

    @functools.cached_property
    def _weights(self) -> Weights:
        weights = self._folder.weights()
        if (found := weights.sha256()) != self._sha256:
            raise EmbedError(f"the weights in {self._folder.path} have sha256 {found[:12]}…, not the official model's")
        return weights

    @functools.cached_property
    def _engine(self) -> ProcessorEngine:
        from indexers.engines.bert import build_token_states
        from indexers.engines.processor import ProcessorEngine

        if self._folder.shape is None:
            raise EmbedError(f"{self._folder.path} is no model whose layers can be run one by one")
        try:
            graph = build_token_states(self._folder.shape, self._weights.__getitem__, layers=self._layers)
        except KeyError as error:
            raise EmbedError(f"{self._folder.path} has no weights named {error}") from error
        return ProcessorEngine(graph, precision=self._precision)
