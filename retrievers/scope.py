"""What a search may find: one set of documents, held inside each search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indexers.store import DocumentSet


@dataclass(frozen=True, slots=True)
class Scope:
    """The documents of the searched snapshot that may be found; None is every live one."""

    documents: DocumentSet | None = None


EVERYTHING = Scope()
