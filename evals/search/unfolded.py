"""Hits as a list of chunks, with those that are told under a hit behind it, each at a rank of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexers.chunk import Chunk
    from retrievers.hit import Hit


def unfolded(hits: Sequence[Hit]) -> list[Chunk]:
    """Every chunk that a reader is shown, best first; rank k is at place k - 1.

    A chunk that repeats a hit is shown under it. Were it left out, folding repeats would count as losing them; were it
    given the hit's own rank, as finding more than k chunks at k.
    """
    return [chunk for hit in hits for chunk in (hit.chunk, *(repeat.chunk for repeat in hit.also))]
