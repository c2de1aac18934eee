"""One retriever by name: dense, lexical, or both fused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from retrievers import fuse
from retrievers.about import AboutRanker
from retrievers.dense import DenseRetriever
from retrievers.feedback import feedback
from retrievers.hit import Hit
from retrievers.late import open_late
from retrievers.lexical import LexicalRetriever, open_lexical
from retrievers.scope import EVERYTHING, Scope
from retrievers.settings import FusionSettings, RankingSettings
from retrievers.trace import Step, Trace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexers.embed import Embedder, Matrix, Vector
    from indexers.store import Snapshot, Store
    from retrievers.adapter import QueryAdapter
    from retrievers.fuse import Scores, Signal
    from retrievers.hit import Part, Ranker, Retriever
    from retrievers.lexical import LexicalIndex
    from retrievers.settings import Mode, RetrievalSettings
    from retrievers.trace import Ranking


class HybridRetriever:
    """Two searches asked for their candidates, which are then scored by all signals; only what is returned is read."""

    def __init__(
        self,
        dense: DenseRetriever,
        lexical: LexicalRetriever,
        *,
        candidates: int,
        fusion: FusionSettings,
        rankers: Sequence[tuple[Ranker, float]] = (),
    ) -> None:
        """Compose.

        Args:
            dense: Finds by meaning.
            lexical: Finds by words, over the same snapshot.
            candidates: The least that each of them is asked for.
            fusion: How scores become one.
            rankers: Further signals of every candidate, each with what a full score adds beside ``fusion``'s weights.
        """
        self._dense = dense
        self._lexical = lexical
        self._candidates = candidates
        self._fusion = fusion
        self._rankers = rankers

    @property
    def name(self) -> str:
        """``hybrid``."""
        return "hybrid"

    @property
    def snapshot(self) -> Snapshot:
        """The generation that is searched."""
        return self._dense.snapshot

    def retrieve(self, question: str, *, limit: int, scope: Scope = EVERYTHING) -> list[Hit]:
        """At most ``limit`` hits by fused score, best first: about 0 to 1, whatever else was found."""
        return list(self.trace(question, limit=limit, scope=scope).hits) if limit > 0 else []

    def trace(self, question: str, *, limit: int, scope: Scope = EVERYTHING) -> Trace:
        """The same with what each search and the fusion gave; ``limit`` is at least 1."""
        asked = max(limit, self._candidates)
        vector = self._dense.vector(question)
        dense = self._dense.ranking(vector, limit=asked, scope=scope)
        lexical = self._lexical.ranking(question, limit=asked, scope=scope)
        ids = fuse.candidates_of([dense, lexical])
        signals = self._signals(question, vector, ids, dense, lexical, scope)
        scores = fuse.total(signals, candidates=len(ids))
        steps = (
            Step(self._dense.name, dense, asked),
            Step(self._lexical.name, lexical, asked),
            Step("fusion", fuse.fused_ranking(ids, scores), limit),
        )
        return Trace(self._hits(ids, scores, signals, limit), steps)

    def _signals(
        self, question: str, vector: Vector | None, ids: Sequence[str], dense: Ranking, lexical: Ranking, scope: Scope
    ) -> list[Signal]:
        fusion, names = self._fusion, (self._dense.name, self._lexical.name)
        both = [(name, *fuse.aligned(ids, ranking)) for name, ranking in zip(names, (dense, lexical), strict=True)]
        if fusion.method == "ranks":
            return [fuse.by_rank(*one, k=fusion.rrf_k) for one in both]
        weights = self._weights()
        if fusion.method == "min-max":
            return [fuse.by_min_max(*one, weight=weight) for one, weight in zip(both, weights[:2], strict=True)]
        (_, cosines, dense_ranks), (_, words, word_ranks) = both
        vectors = self.snapshot.vectors(ids)
        ceiling = self._lexical.ceiling(question, scope=scope)
        signals = [
            fuse.by_score(names[0], _completed(cosines, vector, vectors), dense_ranks, weight=weights[0]),
            fuse.by_score(names[1], words, word_ranks, weight=weights[1], unit=ceiling),
        ]
        for (ranker, _), weight in zip(self._rankers, weights[2:-1], strict=True):
            further = ranker.scores(question, ids, snapshot=self.snapshot).astype(np.float64)
            signals.append(fuse.by_score(ranker.name, fuse.filled(further), weight=weight))
        if weights[-1] and ids:
            known = fuse.total(signals, candidates=len(ids)) / (1.0 - weights[-1])
            signals.append(fuse.by_score("feedback", feedback(known, vectors), weight=weights[-1]))
        return signals

    def _weights(self) -> list[float]:
        """Of each signal, adding up to 1, so that scores do not grow with their number; feedback's is the last."""
        fusion = self._fusion
        weights = [fusion.dense_weight, fusion.lexical_weight]
        if fusion.method == "scores":
            weights += [*(weight for _, weight in self._rankers), fusion.feedback_weight]
        whole = sum(weights) or 1.0
        return [weight / whole for weight in weights]

    def _hits(self, ids: Sequence[str], scores: Scores, signals: Sequence[Signal], limit: int) -> list[Hit]:
        """The best, equal scores in text order; of all others nothing is read."""
        if not len(ids):
            return []
        cut = np.partition(scores, -limit)[-limit] if limit < len(ids) else -np.inf
        places = np.flatnonzero(scores >= cut).tolist()
        chunks = self.snapshot.chunks([ids[place] for place in places])
        order = sorted(
            zip(chunks, places, strict=True), key=lambda it: (-scores[it[1]], it[0].document_id, it[0].start)
        )
        best = order[:limit]
        parts = _parts(signals, [place for _chunk, place in best])
        return [
            Hit(chunk, float(scores[place]), rank, self.name, parts=of_hit)
            for rank, ((chunk, place), of_hit) in enumerate(zip(best, parts, strict=True), start=1)
        ]


def _completed(cosines: Scores, vector: Vector | None, vectors: Matrix) -> Scores:
    """Cosines also of what words alone have found: what is far in meaning must not pass for unknown."""
    missing = np.isnan(cosines)
    if vector is not None and missing.any():
        summed = vectors[missing].astype(np.float64) * vector.astype(np.float64)  # as the search sums them
        cosines[missing] = summed.sum(axis=1)
    return cosines


def _parts(signals: Sequence[Signal], places: Sequence[int]) -> list[tuple[Part, ...]]:
    """What each signal says of the candidate at each place."""
    columns = [signal.parts(places) for signal in signals]
    return [tuple(part for part in parts if part is not None) for parts in zip(*columns, strict=True)]


def open_retriever(
    store: Store,
    embedder: Embedder,
    settings: RetrievalSettings,
    mode: Mode | None = None,
    *,
    fusion: FusionSettings | None = None,
    ranking: RankingSettings | None = None,
    lexical: LexicalIndex | None = None,
    adapter: QueryAdapter | None = None,
    snapshot: Snapshot | None = None,
) -> Retriever:
    """A retriever over the store's present generation; open another when the generation has moved.

    Args:
        store: The index. Its lexical folder is caught up on the way, where nobody else is at it.
        embedder: The model whose vectors the store holds.
        settings: The retrieval group.
        mode: Instead of ``settings.mode``.
        fusion: The fusion group; None is its defaults.
        ranking: The ranking group; None is its defaults.
        lexical: The lexical index to search with, opened before; None opens it.
        adapter: Maps the question's vector.
        snapshot: What is searched instead, such as the index as of an earlier moment; ``lexical`` is its own then.
    """
    mode, fusion = mode or settings.mode, fusion or FusionSettings()
    if mode == "dense":
        return DenseRetriever(snapshot or store.snapshot(), embedder, adapter=adapter)
    index = lexical or open_lexical(store)
    # the snapshot after the lexical index, which must not have gone further
    snapshot = snapshot or store.snapshot()
    words = LexicalRetriever(snapshot, index)
    if mode == "lexical":
        return words
    fusion = fusion or FusionSettings()
    return HybridRetriever(
        DenseRetriever(snapshot, embedder, adapter=adapter),
        words,
        candidates=settings.candidates,
        fusion=fusion,
        rankers=_rankers(store, embedder, index, fusion, ranking or RankingSettings()),
    )


def _rankers(
    store: Store, embedder: Embedder, index: LexicalIndex, fusion: FusionSettings, ranking: RankingSettings
) -> list[tuple[Ranker, float]]:
    rankers: list[tuple[Ranker, float]] = []
    if fusion.about_weight:
        rankers.append((AboutRanker(index), fusion.about_weight))
    if ranking.late_interaction and fusion.late_weight:
        late = open_late(store, embedder, rarity=ranking.piece_rarity)
        rankers += [] if late is None else [(late, fusion.late_weight)]
    return rankers
