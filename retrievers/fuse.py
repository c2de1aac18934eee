"""Several signals become one score: by what they measure, by their place within a list, or by rank."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from retrievers.hit import Hit, Part

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from indexers.chunk import Chunk
    from retrievers.trace import Ranking

    Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Signal:
    """What one signal says of each candidate, and what that adds to the fused score.

    ``scores`` are the signal's own, NaN where it says nothing; ``ranks`` are from 1, 0 where it did not rank;
    ``shares`` are finite. All have the order and number of the candidates.
    """

    name: str
    scores: Scores
    ranks: NDArray[np.int64]
    shares: Scores

    def parts(self, places: Sequence[int]) -> list[Part | None]:
        """Of the candidates at ``places``; None where the signal says nothing of one."""
        at = np.asarray(places, dtype=np.intp)
        columns = (self.scores[at].tolist(), self.ranks[at].tolist(), self.shares[at].tolist())
        return [
            None if math.isnan(score) else Part(self.name, score, rank or None, share)
            for score, rank, share in zip(*columns, strict=True)
        ]


def candidates_of(rankings: Sequence[Ranking]) -> list[str]:
    """The chunks of all rankings, each once, in order of first appearance."""
    return list(dict.fromkeys(chunk for ranking in rankings for chunk, _score in ranking))


def aligned(ids: Sequence[str], ranking: Ranking) -> tuple[Scores, NDArray[np.int64]]:
    """The ranking's score (NaN) and rank (0 where it does not hold it) of each of ``ids``."""
    places = {chunk: (score, rank) for rank, (chunk, score) in enumerate(ranking, start=1)}
    found = [places.get(chunk, (np.nan, 0)) for chunk in ids]
    scores, ranks = zip(*found, strict=True) if found else ((), ())
    return np.array(scores, dtype=np.float64), np.array(ranks, dtype=np.int64)


def by_score(
    name: str, scores: Scores, ranks: NDArray[np.int64] | None = None, *, weight: float, unit: float = 1.0
) -> Signal:
    """A signal that counts by its score alone: the same score counts the same in every list.

    Lists differ in how much their best tells: where no text has the question's words, or its meaning, the best of the
    list is not worth a full point. Normalising within the list would give it one. The unknown counts 0.

    Args:
        name: The word that stands in ``Part.name``.
        scores: About 0 to ``unit``, NaN where not known.
        ranks: As in `Signal`.
        weight: What a full score adds.
        unit: What counts as a full score, at least 0; at 0 the signal says nothing.
    """
    shares = np.nan_to_num(scores) * (weight / unit) if unit > 0 else np.zeros(len(scores))
    return Signal(name, scores, np.zeros(len(scores), dtype=np.int64) if ranks is None else ranks, shares)


def by_min_max(name: str, scores: Scores, ranks: NDArray[np.int64], *, weight: float) -> Signal:
    """A signal that counts by where its score stands between the least (0) and the best (``weight``) of its list.

    The unknown counts 0. Where all scores are equal, each counts ``weight``.

    Source: Bruch, Gai & Ingber, "An analysis of fusion functions for hybrid retrieval", TOIS 2023, arXiv:2210.11934.
    """
    known = ~np.isnan(scores)
    shares = np.zeros(len(scores))
    if known.any():
        least, best = scores[known].min(), scores[known].max()
        shares[known] = weight * ((scores[known] - least) / (best - least) if best > least else 1.0)
    return Signal(name, scores, ranks, shares)


def by_rank(name: str, scores: Scores, ranks: NDArray[np.int64], *, k: int) -> Signal:
    """A signal that counts ``1 / (k + rank)``; 0 where it did not rank.

    Source: Cormack, Clarke & Buettcher, SIGIR 2009, doi:10.1145/1571941.1572114; k is 60 there.
    """
    return Signal(name, scores, ranks, np.where(ranks > 0, 1.0 / (k + ranks), 0.0))


def filled(scores: Scores) -> Scores:
    """Of what a ranker does not know: the mean of what it knows, so that it speaks neither for it nor against it."""
    unknown = np.isnan(scores)
    return scores if unknown.all() else np.where(unknown, np.mean(scores[~unknown]), scores)


def total(signals: Sequence[Signal], *, candidates: int) -> Scores:
    """The fused score of each candidate: the sum of the signals' shares."""
    return np.sum([signal.shares for signal in signals], axis=0) if signals else np.zeros(candidates)


def fused_ranking(ids: Sequence[str], scores: Scores) -> Ranking:
    """``(chunk id, score)``, best first, equal scores by id."""
    return sorted(zip(ids, scores.tolist(), strict=True), key=lambda one: (-one[1], one[0]))


def ranked(scored: Mapping[Chunk, float], name: str) -> list[Hit]:
    """Hits in order of score, ranks from 1; equal scores by document and place in its text."""
    order = sorted(scored, key=lambda chunk: (-scored[chunk], chunk.document_id, chunk.start, chunk.end))
    return [Hit(chunk, score=scored[chunk], rank=rank, retriever=name) for rank, chunk in enumerate(order, start=1)]
