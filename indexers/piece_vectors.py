"""The pieces of a text as the bundled encoder's vocabulary has them, with the vector of each before any layer.

No layer runs, so that it costs next to nothing and gives the same numbers on every machine.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indexers.engines.folder import read_folder
from indexers.errors import EmbedError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from tokenizers import Tokenizer

    from indexers.engines.folder import ModelFolder

WORD_VECTORS = "embeddings.word_embeddings.weight"


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """The pieces of a text in order: ``ids`` ``(n,)`` and ``spans`` ``(n, 2)`` in its characters; no special ones."""

    ids: NDArray[np.int64]
    spans: NDArray[np.int64]


class PieceVectors:
    """The vocabulary of a model of the BERT family; nothing is loaded before the first text."""

    def __init__(self, folder: Path, *, weights_sha256: str) -> None:
        """Describe it.

        Args:
            folder: A sentence-transformers folder.
            weights_sha256: Of its weights' file (hex), checked before anything is taken from it.
        """
        self._path, self._sha256 = folder, weights_sha256

    def pieces(self, texts: Sequence[str]) -> list[Pieces]:
        """The pieces of each text, however long it is; of a blank text none.

        Raises:
            EmbedError: The vocabulary cannot be read.
        """
        return [
            Pieces(np.array(one.ids, dtype=np.int64), np.array(one.offsets, dtype=np.int64).reshape(-1, 2))
            for one in self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        ]

    @functools.cached_property
    def vectors(self) -> NDArray[np.float32]:
        """One row a piece of the vocabulary, as stored.

        Raises:
            EmbedError: The weights cannot be read, or are other ones.
        """
        weights = self._folder.weights()
        if (found := weights.sha256()) != self._sha256:
            raise EmbedError(f"the weights in {self._path} have sha256 {found[:12]}…, not the official model's")
        try:
            return weights[WORD_VECTORS]
        except KeyError as error:
            raise EmbedError(f"{self._path} has no weights named {error}") from error

    @functools.cached_property
    def _folder(self) -> ModelFolder:
        return read_folder(self._path)

    @functools.cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer  # only where text is read

        path = self._folder.transformer / "tokenizer.json"
        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises nothing narrower
            raise EmbedError(f"{path} cannot be read: {error}") from error
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer
