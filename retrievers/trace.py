"""What a search did, step by step: a returned value that refers to the lists that the search made anyway."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retrievers.hit import Hit

Ranking = list[tuple[str, float]]
"""``(chunk id, score)``, best first."""


@dataclass(frozen=True, slots=True)
class Step:
    """What came out of one step of a search; ``limit`` is the most that it lets through, None where it drops none."""

    name: str
    ranking: Ranking
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """What a search found, best first, and its steps in the order in which they were taken."""

    hits: Sequence[Hit]
    steps: tuple[Step, ...]


def ranking_of(hits: Sequence[Hit]) -> Ranking:
    """The chunk ids and scores of hits, in their order."""
    return [(hit.chunk.id, hit.score) for hit in hits]
