"""A chunk that a search found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from indexers.chunk import Chunk
from retrievers.scope import EVERYTHING, Scope

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from indexers.store import Snapshot
    from retrievers.trace import Trace


@dataclass(frozen=True, slots=True)
class Part:
    """What one signal said of a hit: its own score and, where it made a ranking, the rank there (from 1).

    ``share`` is what it gives to the fused score: the shares of all parts add up to it. None where nothing was summed.
    """

    name: str
    score: float
    rank: int | None = None
    share: float | None = None


Repetition = Literal["same text", "same passage", "older version"]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A chunk that is told under a hit instead of being one, and how it repeats the hit.

    ``same passage`` says nothing that the hit does not say; an ``older version`` may say otherwise.
    """

    chunk: Chunk
    how: Repetition


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk with its score (higher is better), its rank (1 is best) and the retriever that found it.

    ``parts`` are what the score was made from, for who asks why; none where it is one retriever's own. One of the
    retriever's name tells the rank before pages and documents took turns. ``also`` are the
    chunks that repeat it. Ranks order hits: one that was put behind others, or in another's place, keeps its score.
    """

    chunk: Chunk
    score: float
    rank: int
    retriever: str
    parts: tuple[Part, ...] = ()
    also: tuple[Repeat, ...] = ()


class Retriever(Protocol):
    """Finds the chunks nearest to a question."""

    @property
    def name(self) -> str:
        """The word that stands in ``Hit.retriever``: ``dense``, ``lexical``, ``hybrid``."""

    @property
    def snapshot(self) -> Snapshot:
        """The generation of the index that is searched: what is found is read from it, and from no later one."""

    def retrieve(self, question: str, *, limit: int, scope: Scope = EVERYTHING) -> list[Hit]:
        """At most ``limit`` hits within ``scope``, best first, ranks from 1, each chunk once; ties in text order."""

    def trace(self, question: str, *, limit: int, scope: Scope = EVERYTHING) -> Trace:
        """The same search with what came out of each of its steps: ``retrieve`` returns this one's hits."""


class Ranker(Protocol):
    """Scores candidates by a closer look than a search over everything could afford."""

    @property
    def name(self) -> str:
        """The word that stands in ``Part.name``."""

    def scores(self, question: str, chunk_ids: Sequence[str], *, snapshot: Snapshot) -> NDArray[np.float32]:
        """One score a chunk, about 0 to 1, shape ``(len(chunk_ids),)``: higher is better, NaN where it cannot tell."""
