"""The exact answer of every search, from the texts alone: every chunk is scored, and nothing is remembered."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from indexers.context import embedded_text
from tests.indexers.store.pieces import make_piece
from tests.torture.violation import demand
from tests.torture.workload import EMBEDDER

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

SCORE_TOLERANCE = 1e-6
"""The catalogue keeps fp16 vectors, and so does the oracle: what is left is the order of adding."""


@dataclass(frozen=True, slots=True)
class _Scored:
    chunk: str
    place: tuple[str, int]
    score: float


def check_hits(
    found: Sequence[tuple[str, float]],
    texts: Mapping[str, str],
    query: str,
    *,
    limit: int,
    uris: Collection[str] | None = None,
    names: Mapping[str, str] | None = None,
) -> None:
    """Hold hits against scoring each line of the texts that may be found.

    Args:
        found: ``(chunk id, cosine)`` as a snapshot gave them.
        texts: What the index holds, by URI.
        query: The question.
        limit: The most hits that were asked for.
        uris: The documents that may be found; None: all.
        names: The URI under which a document was embedded, where it has been moved since.

    Raises:
        Violation: A better chunk is missing, a hit or its score is wrong, or ties are not by URI and start.
    """
    allowed = [(uri, text) for uri, text in texts.items() if uris is None or uri in uris]
    names = names or {}
    exact = {one.chunk: one for uri, text in allowed for one in _scored(uri, names.get(uri, uri), text, query)}
    demand(len(found) == min(limit, len(exact)), f"{len(found)} hits for {query!r}, {len(exact)} chunks, limit {limit}")
    demand(len({name for name, _ in found}) == len(found), f"a chunk twice for {query!r}")
    best = sorted((one.score for one in exact.values()), reverse=True)
    for (name, score), should in zip(found, best, strict=False):
        demand(name in exact, f"a hit for {query!r} that is no chunk of these documents")
        near = max(abs(score - should), abs(score - exact[name].score))
        demand(
            near <= SCORE_TOLERANCE, f"a wrong hit for {query!r}: {score}, exactly {exact[name].score}, best {should}"
        )
    for (one, score), (other, next_score) in pairwise(found):
        ordered = score > next_score or (score == next_score and exact[one].place < exact[other].place)
        demand(ordered, f"hits for {query!r} out of order")


def _scored(uri: str, name: str, text: str, query: str) -> list[_Scored]:
    _, chunks = make_piece(uri, text)
    scores = _vectors(name, text) @ EMBEDDER.embed_query(query).astype(np.float64)
    return [_Scored(chunk.id, (uri, chunk.start), float(score)) for chunk, score in zip(chunks, scores, strict=True)]


@lru_cache(maxsize=4096)
def _vectors(name: str, text: str) -> NDArray[np.float64]:
    document, chunks = make_piece(name, text)
    strings = [embedded_text(document, chunk, EMBEDDER) for chunk in chunks]
    return EMBEDDER.embed_passages(strings).astype(np.float16).astype(np.float64)
