"""What a search may find: one set of documents, held inside each search."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """The documents, by id, that may be found; None is every live one. Ids that are not in the index are ignored."""

    documents: frozenset[str] | None = None


EVERYTHING = Scope()
