"""An embedder without weights: words hashed to signed features. For tests, and for machines too small for a model."""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from indexers.embed import EmbedderIdentity
from indexers.errors import TextTooLong

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from indexers.embed import Matrix, Vector

_PIECE = re.compile(r"\w+|[^\w\s]")
STEM_CHARS = 5


class HashingEmbedder:
    """Cosine is word overlap: each word, and its first five letters, adds to one signed dimension.

    Source: Weinberger et al., "Feature hashing for large scale multitask learning", ICML 2009.
    """

    def __init__(self, *, dimension: int = 256, max_tokens: int = 256) -> None:
        self._identity = EmbedderIdentity(
            name="hashing",
            weights=hashlib.sha256(f"hashing-1 {dimension} {STEM_CHARS}".encode()).hexdigest(),
            dimension=dimension,
            max_tokens=max_tokens,
            special_tokens=0,
        )

    @property
    def identity(self) -> EmbedderIdentity:
        """Name, features and shape."""
        return self._identity

    def pieces(self, text: str) -> NDArray[np.int64]:
        """The spans of words and of single punctuation marks, shape ``(n, 2)``."""
        return np.array([match.span() for match in _PIECE.finditer(text)], dtype=np.int64).reshape(-1, 2)

    def embed_passages(
        self, texts: Sequence[str], *, progress: Callable[[int], None] | None = None, cut: bool = False
    ) -> Matrix:
        """One unit row a text, shape ``(n, dimension)``; a text that may be cut counts whole."""
        for text in texts:
            tokens = 0 if cut or len(text) <= self._identity.max_tokens else len(_PIECE.findall(text))
            if tokens > self._identity.max_tokens:
                raise TextTooLong(name="hashing", tokens=tokens, most=self._identity.max_tokens)
        rows = np.zeros((len(texts), self._identity.dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[:] = self.embed_query(text)
            if progress:
                progress(1)
        return rows

    def prepare(self) -> None:
        """There is nothing to load."""

    def close(self) -> None:
        """There is nothing to close."""

    def embed_query(self, text: str) -> Vector:
        """The unit vector of ``text``; a text without words gets the first axis."""
        vector = np.zeros(self._identity.dimension, dtype=np.float32)
        words = [word for word in _PIECE.findall(text.lower()) if word[0].isalnum()]
        features = Counter(words) + Counter("stem:" + word[:STEM_CHARS] for word in words if not word.isdigit())
        for feature, count in features.items():
            digest = int.from_bytes(hashlib.blake2b(feature.encode("utf-8", "replace"), digest_size=8).digest(), "big")
            vector[(digest >> 1) % len(vector)] += math.sqrt(count) * (1 if digest & 1 else -1)
        length = float(np.linalg.norm(vector))
        if length == 0:
            vector[0] = length = 1.0
        return (vector / length).astype(np.float32)
