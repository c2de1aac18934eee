"""A chunk that a search found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from indexers.chunk import Chunk

if TYPE_CHECKING:
    from indexers.store import Snapshot


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk with its score (higher is better), its rank (1 is best) and the retriever that found it."""

    chunk: Chunk
    score: float
    rank: int
    retriever: str


class Retriever(Protocol):
    """Finds the chunks nearest to a question."""

    @property
    def name(self) -> str:
        """The word that stands in ``Hit.retriever``: ``dense``, ``lexical``, ``hybrid``."""

    @property
    def snapshot(self) -> Snapshot:
        """The generation of the index that is searched: what is found is read from it, and from no later one."""

    def retrieve(self, question: str, *, limit: int) -> list[Hit]:
        """At most ``limit`` hits, best first, ranks from 1, each chunk once; equal scores keep text order."""
