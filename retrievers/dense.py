"""Search by meaning: the question's vector against every chunk's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retrievers.fuse import ranked
from retrievers.scope import EVERYTHING, Scope
from retrievers.trace import Step, Trace, ranking_of

if TYPE_CHECKING:
    from indexers.embed import Embedder, Vector
    from indexers.store import Snapshot
    from retrievers.adapter import QueryAdapter
    from retrievers.hit import Hit
    from retrievers.trace import Ranking


class DenseRetriever:
    """Cosine search over one snapshot of the index; `Snapshot.search` says how exact it is."""

    def __init__(self, snapshot: Snapshot, embedder: Embedder, *, adapter: QueryAdapter | None = None) -> None:
        self._snapshot = snapshot
        self._embedder = embedder
        self._adapter = adapter

    @property
    def name(self) -> str:
        """``dense``."""
        return "dense"

    @property
    def snapshot(self) -> Snapshot:
        """The generation that is searched."""
        return self._snapshot

    def vector(self, question: str) -> Vector | None:
        """What is searched for: the question's vector, mapped where there is an adapter; None for a blank question.

        Raises:
            EmbedError: The model cannot be loaded.
        """
        if not question.strip():
            return None
        vector = self._embedder.embed_query(question)
        return vector if self._adapter is None else self._adapter.apply(vector)

    def ranking(self, vector: Vector | None, *, limit: int, scope: Scope = EVERYTHING) -> Ranking:
        """``(chunk id, cosine)`` of what `retrieve` finds for a question of that vector: no chunk is read."""
        return [] if vector is None else self._snapshot.search(vector, limit=limit, documents=scope.documents)

    def retrieve(self, question: str, *, limit: int, scope: Scope = EVERYTHING) -> list[Hit]:
        """At most ``limit`` hits by cosine (-1 to 1), best first; none for a blank question.

        Raises:
            EmbedError: The model cannot be loaded.
            StoreDamaged: A row does not match its checksum.
        """
        if limit < 1:
            return []
        found = self.ranking(self.vector(question), limit=limit, scope=scope)
        chunks = self._snapshot.chunks([chunk_id for chunk_id, _score in found])
        return ranked({chunk: score for chunk, (_id, score) in zip(chunks, found, strict=True)}, self.name)

    def trace(self, question: str, *, limit: int, scope: Scope = EVERYTHING) -> Trace:
        """One step, of the retriever's own name."""
        hits = self.retrieve(question, limit=limit, scope=scope)
        return Trace(hits, (Step(self.name, ranking_of(hits), limit),))
