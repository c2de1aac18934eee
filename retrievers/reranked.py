"""Another retriever's best hits in a ranker's order: for rankers that are too slow for every candidate."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from retrievers.hit import Hit, Part
from retrievers.scope import EVERYTHING, Scope
from retrievers.trace import Step, Trace, ranking_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexers.store import Snapshot
    from retrievers.hit import Ranker, Retriever


class RerankedRetriever:
    """The first ``candidates`` hits of another retriever by a weighted mean of their scores and the ranker's.

    The others follow in their order, as if the ranker had given them 0, which is also what it gives where it cannot
    tell; scores therefore go on falling from the first hit to the last.
    """

    def __init__(self, inner: Retriever, ranker: Ranker, *, candidates: int, weight: float) -> None:
        """Compose.

        Args:
            inner: Finds.
            ranker: Takes the closer look.
            candidates: At how many hits, at least 1.
            weight: The ranker's share of the score, 0 to 1.
        """
        self._inner = inner
        self._ranker = ranker
        self._candidates = candidates
        self._weight = weight

    @property
    def name(self) -> str:
        """The other retriever's."""
        return self._inner.name

    @property
    def snapshot(self) -> Snapshot:
        """The generation that is searched."""
        return self._inner.snapshot

    def retrieve(self, question: str, *, limit: int, scope: Scope = EVERYTHING) -> list[Hit]:
        """At most ``limit`` hits, best first; of those that the ranker looked at more than ``limit`` may be passed."""
        return list(self.trace(question, limit=limit, scope=scope).hits) if limit > 0 else []

    def trace(self, question: str, *, limit: int, scope: Scope = EVERYTHING) -> Trace:
        """The same with the other retriever's steps, and one of the ranker's name."""
        trace = self._inner.trace(question, limit=max(limit, self._candidates), scope=scope)
        hits = self._ranked(question, trace.hits)
        return Trace(hits[:limit], (*trace.steps, Step(self._ranker.name, ranking_of(hits), limit)))

    def _ranked(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        looked_at, others = hits[: self._candidates], hits[self._candidates :]
        ids = [hit.chunk.id for hit in looked_at]
        scores = self._ranker.scores(question, ids, snapshot=self.snapshot).tolist()
        weighted = [self._weighted(hit, score) for hit, score in zip(looked_at, scores, strict=True)]
        weighted += [self._weighted(hit, None) for hit in others]
        weighted.sort(key=lambda hit: -hit.score)  # which leaves equals in the other retriever's order
        return [replace(hit, rank=rank) for rank, hit in enumerate(weighted, start=1)]

    def _weighted(self, hit: Hit, score: float | None) -> Hit:
        rest = 1 - self._weight
        parts = tuple(part if part.share is None else replace(part, share=rest * part.share) for part in hit.parts) or (
            Part(hit.retriever, hit.score, hit.rank, rest * hit.score),
        )
        if score is None or np.isnan(score):
            return replace(hit, score=rest * hit.score, parts=parts)
        share = self._weight * score
        return replace(hit, score=rest * hit.score + share, parts=(*parts, Part(self._ranker.name, score, None, share)))
