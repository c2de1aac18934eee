"""Late interaction: candidates scored by how well each piece of the question is met by some piece of the chunk.

The score is the weighted mean, over the question's pieces, of the square of the largest cosine with a piece of the
chunk: about 0.05 to 1. Squares, because a piece that is met exactly says more than two that are met by halves. The
chunk's pieces were stored when it was embedded (`indexers.late`), so that no model runs but the one pass that
the question's own vector needs.

Source: Khattab & Zaharia, "ColBERT", SIGIR 2020, arXiv:2004.12832 (the mean instead of the sum, which is the same order
and does not grow with the question).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

from indexers.embed import token_embedder
from indexers.late.codes import best_cosines
from indexers.late.folder import FOLDER, Packs, names

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from indexers.embed import Embedder, TokenEmbedder
    from indexers.store import Snapshot, Store


class LateRanker:
    """A `Ranker` over the stored codes of one index folder; threads may share it.

    A chunk whose codes are missing or damaged gets NaN; the next `rag index` computes them.
    """

    def __init__(self, folder: Path, embedder: TokenEmbedder, *, rarity: float = 1.0) -> None:
        """Rank by the codes in ``folder`` (``INDEX/late``).

        Args:
            folder: Where the packs are.
            embedder: The index's.
            rarity: A piece of the question counts its inverse chunk frequency to this power: 0, all the same; 1, as
                in BM25.
        """
        self._folder = folder
        self._embedder = embedder
        self._rarity = rarity
        self._lock = threading.Lock()
        self._named: list[str] | None = None
        self._packs = Packs(())

    @property
    def name(self) -> str:
        """``late``."""
        return "late"

    def scores(self, question: str, chunk_ids: Sequence[str], *, snapshot: Snapshot) -> NDArray[np.float32]:
        """One score a chunk, in the order given, shape ``(len(chunk_ids),)``; NaN where it is gone or has no codes.

        Raises:
            EmbedError: The model cannot be loaded.
            StoreDamaged: A row does not match its checksum.
        """
        found = np.full(len(chunk_ids), np.nan, dtype=np.float32)
        if not chunk_ids or not question.strip():
            return found
        packs = self._opened()
        if not packs.packs:
            return found
        asked = self._embedder.query_tokens(question)
        if not asked.pieces:
            return found
        keys = snapshot.vector_keys(chunk_ids)
        there = [at for at, chunk in enumerate(chunk_ids) if chunk in keys]
        codes, counts = packs.codes([keys[chunk_ids[at]] for at in there])
        best = best_cosines(asked.vectors, codes, counts)
        found[there] = (best * np.abs(best)) @ self._weights(asked.pieces, packs)
        return found

    def _weights(self, pieces: Sequence[int], packs: Packs) -> NDArray[np.float32]:
        """What each piece counts, 1 in all."""
        seen = packs.seen(pieces)
        weights = np.log1p((len(packs) - np.minimum(seen, len(packs)) + 0.5) / (seen + 0.5)) ** self._rarity
        return np.asarray(weights / weights.sum(), dtype=np.float32)

    def _opened(self) -> Packs:
        """The packs as they are now: opened again when others have come."""
        with self._lock:
            now = names(self._folder)
            if now != self._named:
                self._packs = Packs.open(self._folder, coding=str(self._embedder.coding))
                self._named = now
            return self._packs


def open_late(store: Store, embedder: Embedder, *, rarity: float = 1.0) -> LateRanker | None:
    """The ranker of an index; None where the embedder has no vectors of pieces. ``rarity`` as in `LateRanker`."""
    able = token_embedder(embedder)
    return None if able is None else LateRanker(store.path / FOLDER, able, rarity=rarity)
