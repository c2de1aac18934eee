"""The hits of several queries for one question become one list."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retrievers.hit import Hit

RRF_K = 60


def fuse_queries(rankings: Sequence[Sequence[Hit]]) -> list[Hit]:
    """Fuse by reciprocal ranks: the scores of different queries are of different scales.

    The first ranking, of the question itself, counts as much as all the others together, so that other wordings add
    what the question does not find and push aside little of what it does.

    Args:
        rankings: One per query, each best first.

    Returns:
        Every chunk once, best first, ranks from 1; ties in text order. ``parts`` and ``also`` are those of the first
        ranking that holds the chunk.

    Source: Cormack, Clarke & Buettcher, SIGIR 2009, doi:10.1145/1571941.1572114.
    """
    if len(rankings) < 2:
        return list(rankings[0]) if rankings else []
    scores: dict[str, float] = {}
    first: dict[str, Hit] = {}
    for at, ranking in enumerate(rankings):
        weight = 1.0 if at == 0 else 1.0 / (len(rankings) - 1)
        for rank, hit in enumerate(ranking, start=1):
            scores[hit.chunk.id] = scores.get(hit.chunk.id, 0.0) + weight / (RRF_K + rank)
            first.setdefault(hit.chunk.id, hit)
    order = sorted(
        first.values(),
        key=lambda hit: (-scores[hit.chunk.id], hit.chunk.document_id, hit.chunk.start, hit.chunk.end),
    )
    return [replace(hit, score=scores[hit.chunk.id], rank=rank) for rank, hit in enumerate(order, start=1)]
