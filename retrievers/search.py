"""One retriever by name: dense, lexical, or both fused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retrievers.dense import DenseRetriever
from retrievers.fuse import reciprocal_rank_fusion, weighted_score_fusion
from retrievers.lexical import LexicalRetriever, open_lexical
from retrievers.scope import EVERYTHING, Scope
from retrievers.trace import Step, Trace, ranking_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexers.embed import Embedder
    from indexers.store import Snapshot, Store
    from retrievers.hit import Hit, Retriever
    from retrievers.lexical import LexicalIndex
    from retrievers.settings import Mode, RetrievalSettings


class HybridRetriever:
    """Two retrievers asked for their candidates, and the rankings fused."""

    def __init__(self, dense: Retriever, lexical: Retriever, settings: RetrievalSettings) -> None:
        self._dense = dense
        self._lexical = lexical
        self._settings = settings

    @property
    def name(self) -> str:
        """``hybrid``."""
        return "hybrid"

    @property
    def snapshot(self) -> Snapshot:
        """The generation that is searched."""
        return self._dense.snapshot

    def retrieve(self, question: str, *, limit: int, scope: Scope = EVERYTHING) -> list[Hit]:
        """At most ``limit`` hits by fused score (0 to 1 for the weighted sum), best first."""
        return list(self.trace(question, limit=limit, scope=scope).hits) if limit > 0 else []

    def trace(self, question: str, *, limit: int, scope: Scope = EVERYTHING) -> Trace:
        """The same with what each search and the fusion gave; ``limit`` is at least 1."""
        candidates = max(limit, self._settings.candidates)
        traces = [each.trace(question, limit=candidates, scope=scope) for each in (self._dense, self._lexical)]
        fused = self._fused([trace.hits for trace in traces])
        return Trace(fused[:limit], (*traces[0].steps, *traces[1].steps, Step("fusion", ranking_of(fused), limit)))

    def _fused(self, rankings: Sequence[Sequence[Hit]]) -> list[Hit]:
        settings = self._settings
        if settings.fusion == "rrf":
            return reciprocal_rank_fusion(rankings, k=settings.rrf_k, name=self.name)
        weights = (settings.dense_weight, 1.0 - settings.dense_weight)
        return weighted_score_fusion(rankings, weights, name=self.name)


def open_retriever(
    store: Store,
    embedder: Embedder,
    settings: RetrievalSettings,
    mode: Mode | None = None,
    *,
    lexical: LexicalIndex | None = None,
) -> Retriever:
    """A retriever over the store's present generation; open another when the generation has moved.

    Args:
        store: The index. Its lexical folder is caught up on the way, where nobody else is at it.
        embedder: The model whose vectors the store holds.
        settings: The retrieval group.
        mode: Instead of ``settings.mode``.
        lexical: The lexical index to search with, opened before; None opens it.
    """
    mode = mode or settings.mode
    if mode == "dense":
        return DenseRetriever(store.snapshot(), embedder)
    index = lexical or open_lexical(store)
    snapshot = store.snapshot()  # after the lexical index, which must not have gone further than the snapshot
    words = LexicalRetriever(snapshot, index)
    return words if mode == "lexical" else HybridRetriever(DenseRetriever(snapshot, embedder), words, settings)
