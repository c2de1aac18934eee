"""What a search may find: one set of documents, held inside each search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    from indexers.store import DocumentSet
    from retrievers.filters.conditions import Condition


@dataclass(frozen=True, slots=True)
class Scope:
    """The documents of the searched snapshot that may be found; None is every live one.

    ``seen`` are those that the asker may see, whatever his filter leaves of them; None is the owner's: all.
    """

    documents: DocumentSet | None = None
    seen: DocumentSet | None = None


EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class Within:
    """What a question is held to, before it is compiled to the `Scope` of a snapshot.

    ``groups`` is who asks; None is the owner, who sees all. ``as_of`` is a moment in UTC: the versions of then are
    searched; None is now.
    """

    where: Condition | None = None
    groups: frozenset[str] | None = None
    as_of: dt.datetime | None = None
