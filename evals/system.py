"""What can be evaluated: anything that searches, answers and shows its documents as `rag.Rag` does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from indexers.document import Document
    from indexers.store import DocumentEntry, StoreStatus
    from rag.answer import Answer
    from retrievers.hit import Hit


class Indexed(Protocol):
    """Documents that can be listed and read."""

    def documents(self) -> Sequence[DocumentEntry]:
        """What is indexed."""

    def document(self, name: str) -> Document:
        """A document by id."""


class System(Indexed, Protocol):
    """`rag.Rag` is one; tests hold trivial ones beside it, which no measure may flatter."""

    def search(self, question: str, *, limit: int = 10) -> list[Hit]:
        """At most ``limit`` hits, best first."""

    def ask(self, question: str) -> Answer:
        """The answer, or an abstention."""

    def status(self) -> StoreStatus:
        """The size of the index, and its embedder."""
