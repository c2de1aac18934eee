"""Searching one index as it changes: the retrievers of its newest generation, and what each asker may find in it."""

from __future__ import annotations

import datetime as dt
import threading
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from indexers.errors import DocumentNotFound
from rag.past import Earliers, moment_of
from retrievers.adapter import open_adapter
from retrievers.cross_encoder import open_cross_encoder
from retrievers.diversity import DiverseRetriever
from retrievers.filters.conditions import Condition
from retrievers.lexical import FollowingIndex
from retrievers.reranked import RerankedRetriever
from retrievers.scope import Within
from retrievers.scopes import Scopes
from retrievers.search import open_retriever

if TYPE_CHECKING:
    from indexers.embed import Embedder
    from indexers.store import DocumentSet, Snapshot, Store
    from rag.settings import Settings
    from retrievers.cross_encoder import CrossEncoderRanker
    from retrievers.hit import Hit, Retriever
    from retrievers.lexical import LexicalIndex
    from retrievers.scope import Scope
    from retrievers.settings import Mode

_Found = TypeVar("_Found")

SEARCH_ATTEMPTS = 3

KEPT_SNAPSHOTS = 3
"""Whose scopes are kept: the newest, one before it that is still being searched, and one of an earlier moment."""


class Searching:
    """Opens retrievers and compiles scopes, each once for a generation. Safe for several threads."""

    def __init__(self, store: Store, embedder: Embedder, settings: Settings) -> None:
        self._store = store
        self._embedder = embedder
        self._settings = settings
        self._lock = threading.Lock()
        self._lexical = FollowingIndex(store)
        self._cross_encoder: CrossEncoderRanker | None = None
        self._retrievers: dict[Mode, tuple[Snapshot, LexicalIndex | None, Retriever]] = {}
        self._earliers = Earliers(self._composed)
        self._scopes: deque[Scopes] = deque(maxlen=KEPT_SNAPSHOTS)

    def retriever(self, mode: Mode | None, *, as_of: dt.datetime | None = None) -> Retriever:
        """The retriever of that mode (None: the configured one) over the newest generation, or as it was at a moment.

        Raises:
            NothingKept: No version of that moment is kept.
        """
        mode = mode or self._settings.retrieval.mode
        if mode != "lexical":
            self._embedder.prepare()
        snapshot = self._store.snapshot()  # another one after every change: sealed vectors are not held beside the seal
        earlier = None if as_of is None else self._earliers.retriever(snapshot, as_of, mode)
        if earlier is not None:
            return earlier
        lexical = None if mode == "dense" else self._lexical.current(snapshot)
        with self._lock:
            cached = self._retrievers.get(mode)
            if cached is None or cached[0] is not snapshot or cached[1] is not lexical:
                self._store.check_embedder(self._embedder.identity)
                opened = self._composed(None, mode, lexical)
                cached = self._retrievers[mode] = (opened.snapshot, lexical, opened)
            return cached[2]

    def _composed(self, snapshot: Snapshot | None, mode: Mode, lexical: LexicalIndex | None) -> Retriever:
        """Over a snapshot and its lexical index; None is the newest generation."""
        settings = self._settings
        opened = open_retriever(
            self._store,
            self._embedder,
            settings.retrieval,
            mode,
            fusion=settings.fusion,
            ranking=settings.ranking,
            lexical=lexical,
            adapter=open_adapter(self._store.path, settings.adapter, self._embedder.identity),
            snapshot=snapshot,
        )
        if self._cross_encoder is None and settings.ranking.model is not None:
            self._cross_encoder = open_cross_encoder(settings.ranking)
        if self._cross_encoder is not None:
            ranking = settings.ranking
            opened = RerankedRetriever(
                opened, self._cross_encoder, candidates=ranking.model_candidates, weight=ranking.model_weight
            )
        return DiverseRetriever(opened, settings.diversity, pool=settings.retrieval.candidates)

    def note(self, within: Within) -> str | None:
        """What is to be told with what was found as of an earlier moment."""
        if within.as_of is None:
            return None
        return self._earliers.note(self._store.snapshot(), within.as_of, self.visible(within.groups))

    def caught_up(self, lexical: LexicalIndex) -> None:
        """Search by words with what this process has just written."""
        self._lexical.replace(lexical)

    def close(self) -> None:
        """Wait for what runs aside; may be called twice."""
        self._lexical.close()

    def scope(self, snapshot: Snapshot, within: Within) -> Scope:
        """What may be found in the snapshot.

        Raises:
            FilterError: The filter does not fit the documents that may be seen.
        """
        with self._lock:
            scopes = next((held for held in self._scopes if held.snapshot is snapshot), None)
            if scopes is None:
                scopes = Scopes(snapshot)
                self._scopes.append(scopes)
        return scopes.scope(within.where, within.groups)

    def hits(self, question: str, *, limit: int, mode: Mode | None, within: Within) -> list[Hit]:
        """The chunks nearest to the question that may be found, and still be seen, best first."""
        retriever = self.retriever(mode, as_of=within.as_of)
        hits = retriever.retrieve(question, limit=limit, scope=self.scope(retriever.snapshot, within))
        visible = self.visible(within.groups)
        return hits if visible is None else seen_by(hits, visible)

    def visible(self, groups: frozenset[str] | None) -> DocumentSet | None:
        """The documents that the groups may see in the newest generation; None where the owner asks.

        The second gate: what was found in an older generation is held against it before it is shown or packed, since
        a document may have been hidden meanwhile.
        """
        return None if groups is None else self.scope(self._store.snapshot(), Within(groups=groups)).documents


def seen_by(hits: Sequence[Hit], visible: DocumentSet) -> list[Hit]:
    """The hits, and what repeats them, of documents that may be seen; ranks from 1."""
    kept = [hit for hit in hits if hit.chunk.document_id in visible]
    return [
        replace(hit, rank=rank, also=tuple(one for one in hit.also if one.chunk.document_id in visible))
        for rank, hit in enumerate(kept, start=1)
    ]


def settled(search: Callable[[], _Found]) -> _Found:
    """Search again, on a newer generation, where a writer removed a document while it was being read."""
    for _attempt in range(SEARCH_ATTEMPTS - 1):
        try:
            return search()
        except DocumentNotFound:
            continue
    return search()


def within(
    where: str | Condition | None = None,
    groups: Collection[str] | None = None,
    as_of: str | dt.date | dt.datetime | None = None,
) -> Within:
    """What a question is held to, as a program says it.

    Args:
        where: A filter as text or as conditions.
        groups: Names of groups; None is the owner.
        as_of: A moment, a day (its end is meant), or either as text; None is now.

    Raises:
        MomentMalformed: ``as_of`` is neither a date nor a point in time.
        FilterError: The filter is malformed or too large.
        ValueError: ``groups`` is a text, of which each letter would be a group.
    """
    if isinstance(groups, str):
        raise ValueError("groups are a collection of names, not a text")
    asker = None if groups is None else frozenset(groups)
    moment = None if as_of is None else moment_of(as_of)
    if where is None:
        return Within(None, asker, moment)
    from retrievers.filters.grammar import checked_size, parse_filter

    return Within(parse_filter(where) if isinstance(where, str) else checked_size(where), asker, moment)
