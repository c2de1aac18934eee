"""Search by words in one snapshot of the index."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from retrievers.fuse import ranked
from retrievers.scope import EVERYTHING, Scope
from retrievers.trace import Step, Trace, ranking_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexers.store import Snapshot
    from retrievers.hit import Hit
    from retrievers.lexical.index import LexicalIndex
    from retrievers.trace import Ranking


class LexicalRetriever:
    """BM25 over one snapshot, by an index that has not gone further than the snapshot.

    What changed in the catalogue after the index caught up is passed over, not found wrongly.
    """

    def __init__(self, snapshot: Snapshot, index: LexicalIndex) -> None:
        self._snapshot = snapshot
        self._index = index
        since = index.stamp.generation
        gone = snapshot.removed_since(since) if since != snapshot.generation else []
        self._gone = np.sort(np.array([int(document_id, 16) for document_id in gone], dtype=np.uint64))

    @property
    def name(self) -> str:
        """``lexical``."""
        return "lexical"

    @property
    def snapshot(self) -> Snapshot:
        """The generation that is searched."""
        return self._snapshot

    def ranking(self, question: str, *, limit: int, scope: Scope = EVERYTHING) -> Ranking:
        """``(chunk id, BM25)`` of what `retrieve` finds: no chunk is read."""
        return self._index.search(question, limit=limit, within=scope.documents, without=self._gone)

    def scores(self, question: str, chunk_ids: Sequence[str]) -> list[float]:
        """BM25 of any chunks, in their order: of what the other search found, too; 0 where no word occurs."""
        return self._index.scores(question, chunk_ids)

    def ceiling(self, question: str, *, scope: Scope = EVERYTHING) -> float:
        """The score that no text can pass, names apart; 0 where no word of the question occurs anywhere."""
        return self._index.ceiling(question, seen=scope.seen)

    def retrieve(self, question: str, *, limit: int, scope: Scope = EVERYTHING) -> list[Hit]:
        """At most ``limit`` hits by BM25 (above 0), best first; none where no word occurs.

        Raises:
            StoreDamaged: A row does not match its checksum.
        """
        found = self.ranking(question, limit=limit, scope=scope)
        chunks = self._snapshot.chunks([chunk_id for chunk_id, _score in found])
        return ranked({chunk: score for chunk, (_id, score) in zip(chunks, found, strict=True)}, self.name)

    def trace(self, question: str, *, limit: int, scope: Scope = EVERYTHING) -> Trace:
        """One step, of the retriever's own name."""
        hits = self.retrieve(question, limit=limit, scope=scope)
        return Trace(hits, (Step(self.name, ranking_of(hits), limit),))
