"""The embedder seam: texts in, unit vectors out, query and passage by different calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from indexers.late.codes import PieceCodes

Matrix = NDArray[np.float32]
"""float32 of shape ``(n, dimension)``, every row of length 1."""

Vector = NDArray[np.float32]
"""float32 of shape ``(dimension,)``, of length 1."""


@dataclass(frozen=True, slots=True)
class EmbedderIdentity:
    """What makes two embedders interchangeable: the name, the weights and the shape.

    ``weights`` is a sha256 (hex) of what determines the vectors. ``max_tokens`` includes the special tokens, of which
    there are ``special_tokens`` a text.
    """

    name: str
    weights: str
    dimension: int
    max_tokens: int
    special_tokens: int = 2


class Embedder(Protocol):
    """Turns text into unit vectors; the cosine of query and passage is their inner product."""

    @property
    def identity(self) -> EmbedderIdentity:
        """Name, weights and shape; cheap, never loads the model."""

    def pieces(self, text: str) -> NDArray[np.int64]:
        """The ``[start, end)`` of every piece of ``text`` in code points, shape ``(n, 2)``, in order, untruncated."""

    def embed_passages(
        self, texts: Sequence[str], *, progress: Callable[[int], None] | None = None, cut: bool = False
    ) -> Matrix:
        """One row a text, in the order given.

        Args:
            texts: Each of at most ``max_tokens``, special tokens included.
            progress: Called with the number of texts done since last time.
            cut: Of a longer text its first ``max_tokens`` count; otherwise it is refused.

        Raises:
            TextTooLong: A text is longer, and may not be cut.
            EmbedError: The model cannot be loaded, or a row is not finite.
        """

    def prepare(self) -> None:
        """Begin to load, aside, what the first text needs; returns at once, and what fails then fails again later."""

    def close(self) -> None:
        """Close connections, if there are any; may be called twice."""

    def embed_query(self, text: str) -> Vector:
        """The vector of a question.

        Raises:
            EmbedError: The model cannot be loaded, or the vector is not finite.
        """


@dataclass(frozen=True, slots=True, eq=False)
class QueryTokens:
    """A question as a model saw it in one pass: its vector, and one of each of its pieces.

    ``vectors`` has shape ``(pieces, narrow)``, rows of length 1, of the pieces that codes are kept of: no special ones,
    no punctuation; ``pieces`` are their ids,
    ``texts`` how they read.
    """

    vector: Vector
    pieces: tuple[int, ...]
    texts: tuple[str, ...]
    vectors: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class PieceVectors:
    """The pieces of one text as a model saw them in one pass: no special ones.

    ``ids`` has shape ``(n,)``, ``spans`` ``(n, 2)``: ``text[start:end]`` is the piece; ``vectors`` ``(n, narrow)``, in
    order, rows of length 1. A text that is too long is cut.
    """

    ids: NDArray[np.int64]
    spans: NDArray[np.int64]
    vectors: NDArray[np.float32]


class PieceReader(Protocol):
    """Gives texts and, out of the same pass, every piece of them in its context."""

    def piece_vectors(self, texts: Sequence[str]) -> tuple[Matrix, list[PieceVectors]]:
        """One row a text, as a passage that may be cut, and its pieces.

        Raises:
            EmbedError: The model cannot be loaded, or a vector is not finite.
        """


class TokenEmbedder(Embedder, Protocol):
    """An embedder that also gives what late interaction compares: the pieces of a text, each by itself.

    Not every embedder can; `token_embedder` tells. Codes are compared with a question's pieces by `indexers.late`.
    """

    @property
    def coding(self) -> str | None:
        """Names, with the model's identity, all that determines the codes; None where this model has none."""

    def embed_with_codes(
        self, texts: Sequence[str], *, progress: Callable[[int], None] | None = None, cut: bool = False
    ) -> tuple[Matrix, list[PieceCodes]]:
        """What `embed_passages` gives and, out of the same pass, the codes of each text."""

    def query_tokens(self, text: str) -> QueryTokens:
        """A question's pieces; out of the same pass as its vector where `embed_query` was asked just before or after.

        Raises:
            EmbedError: As `embed_query`.
        """


def token_embedder(embedder: Embedder) -> TokenEmbedder | None:
    """The embedder itself where it has codes, else None."""
    if getattr(embedder, "coding", None) is None:
        return None
    return cast("TokenEmbedder", embedder)
