"""Some of the documents of one snapshot: what a filter and an access list leave, held inside each search."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from indexers.store.rows import DocumentEntry
    from indexers.store.selection import Selection
    from indexers.store.vector_search import VectorSearch


class DocumentSet:
    """Documents that may be found; made by ``Snapshot.among``, and of use to that snapshot's searches alone.

    It never changes, and any number of threads may share it: what the searches need of it is computed once and kept.
    """

    def __init__(self, entries: tuple[DocumentEntry, ...], search: VectorSearch, flags: NDArray[np.bool_]) -> None:
        self.flags = flags
        """One a document, in the order of ``Snapshot.documents``: whether it may be found."""
        self.among = entries
        """The documents of the snapshot, of which these are some."""
        self._search = search

    def __contains__(self, document_id: object) -> bool:
        """Whether the document of that id may be found."""
        return document_id in self.ids

    @functools.cached_property
    def entries(self) -> tuple[DocumentEntry, ...]:
        """The documents, by URI."""
        return tuple(self.among[position] for position in np.flatnonzero(self.flags).tolist())

    @functools.cached_property
    def ids(self) -> frozenset[str]:
        """Their ids."""
        return frozenset(entry.id for entry in self.entries)

    @functools.cached_property
    def numbers(self) -> NDArray[np.uint64]:
        """Their ids as numbers, ascending."""
        found = np.fromiter((int(entry.id, 16) for entry in self.entries), dtype=np.uint64, count=len(self.entries))
        found.sort()
        return found

    @property
    def count(self) -> int:
        """How many documents these are."""
        return int(np.count_nonzero(self.flags))

    @functools.cached_property
    def chunks(self) -> int:
        """How many chunks they have together."""
        return sum(entry.chunks for entry in self.entries)

    @functools.cached_property
    def share(self) -> float:
        """Their part of the chunks of the snapshot, 0 to 1; 1 where it has none."""
        whole = sum(entry.chunks for entry in self.among)
        return self.chunks / whole if whole else 1.0

    @functools.cached_property
    def selections(self) -> tuple[Selection, ...]:
        """Where their rows stand in each part of the vectors."""
        return self._search.selections(self.flags)
