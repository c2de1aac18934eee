"""Scopes of one snapshot, compiled from a filter and from who asks, and kept while they are asked for."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np

from retrievers.filters.match import Columns, matching
from retrievers.scope import EVERYTHING, Scope

if TYPE_CHECKING:
    from indexers.store import Snapshot
    from retrievers.filters.conditions import Condition

KEPT_SCOPES = 64


class Scopes:
    """The scopes of one snapshot: each is computed once and kept while it is asked for. Safe for several threads."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._columns = Columns(snapshot.loaded.entries)
        self._kept: OrderedDict[tuple[Condition | None, frozenset[str] | None], Scope] = OrderedDict()
        self._lock = threading.Lock()

    def scope(self, where: Condition | None = None, groups: frozenset[str] | None = None) -> Scope:
        """The documents that ``where`` keeps, of those that members of any of ``groups`` may see.

        Args:
            where: A filter; None keeps all.
            groups: Who asks; None is the owner, who sees all. Nobody's document is seen without a group, but
                everybody's is.

        Raises:
            UnknownField: No document that may be seen has a field of the filter.
            FilterType: A field is compared with a value of another type.
        """
        if where is None and groups is None:
            return EVERYTHING
        key = (where, groups)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = self._compiled(where, groups)
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > KEPT_SCOPES:
                self._kept.popitem(last=False)
        return found

    def _compiled(self, where: Condition | None, groups: frozenset[str] | None) -> Scope:
        everyone = np.ones(len(self.snapshot.loaded.entries), dtype=np.bool_)
        flags = everyone if groups is None else self.snapshot.visible_to(groups)
        seen = None if groups is None else self.snapshot.among(flags)
        if where is not None:
            flags = flags & matching(where, self._columns, visible=flags)
        return Scope(self.snapshot.among(flags), seen)
