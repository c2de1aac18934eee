"""Several rankings become one: by rank, or by a weighted sum of scores."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from retrievers.hit import Hit, Part

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from indexers.chunk import Chunk


def reciprocal_rank_fusion(rankings: Sequence[Sequence[Hit]], *, k: int = 60, name: str = "hybrid") -> list[Hit]:
    """Fuse rankings by the sum of ``1 / (k + rank)`` per chunk.

    Args:
        rankings: One per retriever, best first, ranks from 1.
        k: Damping constant; 60 in the paper.
        name: The word that stands in ``Hit.retriever``.

    Returns:
        Every chunk once, best first; ties in text order.

    Source: Cormack, Clarke & Buettcher, SIGIR 2009, doi:10.1145/1571941.1572114.
    """
    return _fused([[(hit, 1.0 / (k + hit.rank)) for hit in hits] for hits in rankings], name)


def weighted_score_fusion(
    rankings: Sequence[Sequence[Hit]], weights: Sequence[float], *, name: str = "hybrid"
) -> list[Hit]:
    """Fuse rankings by the weighted sum of min-max normalised scores per chunk.

    A chunk that a ranking does not hold gets 0 from it, which is also what the ranking's last chunk gets. Where all
    scores of a ranking are equal, each counts as 1.

    Args:
        rankings: One per retriever, in any order.
        weights: One per ranking, finite and not negative.
        name: The word that stands in ``Hit.retriever``.

    Returns:
        Every chunk once, best first, scores from 0 to the sum of the weights; ties in text order.

    Source: Bruch, Gai & Ingber, "An analysis of fusion functions for hybrid retrieval", TOIS 2023, arXiv:2210.11934.
    """
    weighted = zip(rankings, weights, strict=True)
    return _fused([[(hit, weight * share) for hit, share in _min_max(hits)] for hits, weight in weighted], name)


def ranked(scored: Mapping[Chunk, float], name: str) -> list[Hit]:
    """Hits in order of score, ranks from 1; equal scores by document and place in its text."""
    order = sorted(scored, key=lambda chunk: (-scored[chunk], chunk.document_id, chunk.start, chunk.end))
    return [Hit(chunk, score=scored[chunk], rank=rank, retriever=name) for rank, chunk in enumerate(order, start=1)]


def _min_max(hits: Sequence[Hit]) -> list[tuple[Hit, float]]:
    if not hits:
        return []
    lowest = min(hit.score for hit in hits)
    spread = max(hit.score for hit in hits) - lowest
    return [(hit, (hit.score - lowest) / spread if spread > 0 else 1.0) for hit in hits]


def _fused(given: Sequence[Sequence[tuple[Hit, float]]], name: str) -> list[Hit]:
    parts: dict[Chunk, list[tuple[Hit, float]]] = {}
    for pairs in given:
        for hit, share in pairs:
            parts.setdefault(hit.chunk, []).append((hit, share))
    summed = {chunk: math.fsum(share for _hit, share in pairs) for chunk, pairs in parts.items()}  # in whatever order
    return [
        replace(
            fused,
            parts=tuple(Part(hit.retriever, hit.score, hit.rank, share) for hit, share in parts[fused.chunk]),
        )
        for fused in ranked(summed, name)
    ]
