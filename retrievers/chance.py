"""How probable it is that a hit holds the evidence: what the packer weighs against tokens."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retrievers.hit import Hit

STEEPNESS = 8.0
"""Of the softmax over scores, which are put from 0 (the 200th) to 1 (the best)."""

SPREAD_HITS = 200

RANK_SHARE = 0.3
"""Of the probability that goes by rank alone, ``1 / (2 + rank)``: scores can be sure and wrong."""

RANK_DAMPING = 2

SPILL = 0.3
"""What a chunk adds to its neighbour on the page, as a share of its own: evidence is often the table after the text."""


def chances(hits: Sequence[Hit]) -> list[float]:
    """For each hit the probability that it holds the evidence, given that one of them does; the sum is 1.

    The scale of scores cancels out, how they fall does not, so that a list with one clear winner is packed short.
    """
    if not hits:
        return []
    scores = sorted((hit.score for hit in hits), reverse=True)
    best, last = scores[0], scores[min(SPREAD_HITS, len(scores)) - 1]
    spread = best - last
    by_score = [math.exp(STEEPNESS * (hit.score - best) / spread) if spread > 0 else 1.0 for hit in hits]
    by_rank = [1.0 / (RANK_DAMPING + hit.rank) for hit in hits]
    total_score, total_rank = sum(by_score), sum(by_rank)
    own = [
        (1.0 - RANK_SHARE) * scored / total_score + RANK_SHARE * ranked / total_rank
        for scored, ranked in zip(by_score, by_rank, strict=True)
    ]
    return _spilt(hits, own)


def _spilt(hits: Sequence[Hit], own: Sequence[float]) -> list[float]:
    """Each chunk's neighbours before and after it on the same page of its document give it a share of theirs."""
    places = {(hit.chunk.document_id, hit.chunk.version, hit.chunk.ordinal): at for at, hit in enumerate(hits)}
    spilt = list(own)
    for hit, chance in zip(hits, own, strict=True):
        for ordinal in (hit.chunk.ordinal - 1, hit.chunk.ordinal + 1):
            at = places.get((hit.chunk.document_id, hit.chunk.version, ordinal))
            if at is not None and hits[at].chunk.page == hit.chunk.page:
                spilt[at] += SPILL * chance
    total = sum(spilt)
    return [chance / total for chance in spilt]
