"""Many short documents' passages embedded at once: one at a time, a processor waits more than it works."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from indexers.embed import Embedder, EmbedderIdentity, Matrix, Vector


class Ahead:
    """An embedder that hands out what it was told to embed beforehand, and embeds the rest when asked."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._rows: dict[str, Vector] = {}

    def prepare_passages(self, texts: Sequence[str]) -> None:
        """Embed these, in the place of those before."""
        wanted = list(dict.fromkeys(texts))
        self._rows = dict(zip(wanted, self._embedder.embed_passages(wanted), strict=True)) if wanted else {}

    @property
    def identity(self) -> EmbedderIdentity:
        """The embedder's."""
        return self._embedder.identity

    def pieces(self, text: str) -> NDArray[np.int64]:
        """The embedder's."""
        return self._embedder.pieces(text)

    def embed_passages(
        self, texts: Sequence[str], *, progress: Callable[[int], None] | None = None, cut: bool = False
    ) -> Matrix:
        """The embedder's rows; no row depends on those beside it."""
        if any(text not in self._rows for text in texts):
            return self._embedder.embed_passages(texts, progress=progress, cut=cut)
        return np.stack([self._rows[text] for text in texts])

    def embed_query(self, text: str) -> Vector:
        """The embedder's."""
        return self._embedder.embed_query(text)

    def prepare(self) -> None:
        """The embedder's."""
        self._embedder.prepare()

    def close(self) -> None:
        """The embedder's."""
        self._embedder.close()
