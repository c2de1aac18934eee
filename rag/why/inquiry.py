"""An inquiry runs the search itself again, with its trace, and what might mend it: nothing of the search is copied."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from rag.searching import Searching
from rag.why import place, ranks, words
from rag.why.values import Check, Remedy, Why
from retrievers.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from indexers.embed import Embedder
    from indexers.store import Snapshot, Store
    from rag.settings import Settings
    from rag.why.place import Target
    from retrievers.scope import Within
    from retrievers.trace import Trace
    from retrievers.window import ContextWindow

    Windows = Callable[[Settings, str, Within], ContextWindow]

DEEPER = 10
"""So many times further is looked for a rank, until it is found or all chunks have been ranked."""

DEEPEST = 100_000
MOST_MISSING = 8
"""Missing words for which others are sought."""

LONGEST_LIMIT = 1000
"""The most hits that a search returns."""

UNTURNED = {
    "diversity.max_per_page": 0,
    "diversity.document_share": 1.0,
    "diversity.max_alike": 0,
    "diversity.fold_repeats": False,
    "diversity.prefer_newest": False,
}

BUDGETS = {
    "budget": "window.evidence_tokens",
    "source limit": "window.max_sources",
    "document limit": "window.max_sources_per_document",
}
"""What to raise where the receipt of the window gives that reason."""

DOUBLINGS = 5


@dataclass(frozen=True)
class Inquiry:
    """One question about one document. ``windows`` packs an answer's window under other settings."""

    store: Store
    embedder: Embedder
    settings: Settings
    windows: Windows
    question: str
    within: Within
    limit: int

    def why(self, name: str, page: int | None) -> Why:
        """What became of the document, or the page, and what would have brought it in.

        Raises:
            DocumentNotFound: Several documents have that name.
            StoreError: The index cannot be read.
        """
        snapshot = self._snapshot
        target, checks, advice = place.find(self.store, snapshot, name, page)
        if target is None:
            return self._told(name, page, checks, [Remedy(what) for what in advice])
        checks += place.gates(self._searching, snapshot, target, self.within)
        lost = [check for check in checks if check.state == "lost"]
        if lost:
            return self._told(target.entry.uri, page, checks, list(self._let_through(target, lost)))
        return self._told(target.entry.uri, page, *self._searched(target, checks))

    def _searched(self, target: Target, checks: list[Check]) -> tuple[list[Check], list[Remedy]]:
        """The checks with those of searching and packing, and the remedies."""
        trace = self._trace(self.settings, self.question, self.within)
        among = ranks.rank_among(trace.hits, target.ids)
        found, missing = self._words(target)
        is_hit = among is not None and among[0] <= self.limit
        offered = {} if is_hit else words.instead(missing[:MOST_MISSING], target.text, self.embedder)
        said = words.told(found, missing, offered)
        checks = [*checks, *ranks.search_checks(trace, target, deep=lambda mode: self._deep(mode, target), words=said)]
        if any(check.state == "passed" for check in checks if check.step in ranks.SEARCHES):
            checks += ranks.order_checks(trace, target, limit=self.limit)
        window = self.windows(self.settings, self.question, self.within)
        checks.append(_packed(window, target))
        others = [other for near in offered.values() for other in near]
        return checks, [*self._for_hits(target, checks, others), *self._for_window(target, window)]

    @cached_property
    def _searching(self) -> Searching:
        return Searching(self.store, self.embedder, self.settings)

    @cached_property
    def _snapshot(self) -> Snapshot:
        return self._searching.retriever(None).snapshot

    def _told(self, name: str, page: int | None, checks: list[Check], remedies: list[Remedy]) -> Why:
        ranked = {check.step: check.rank for check in checks}
        lost_at = ranks.loser(checks, limit=self.limit)
        rank, source = ranked.get("limit"), ranked.get("pack")
        shown = rank if rank is not None and rank <= self.limit else None
        return Why(self.question, name, page, self.limit, shown, source, lost_at, tuple(checks), tuple(remedies))

    def _trace(self, settings: Settings, question: str, within: Within, *, limit: int = 0) -> Trace:
        """At least as far down as the order of hits does not depend on how many are asked for."""
        searching = self._searching if settings is self.settings else Searching(self.store, self.embedder, settings)
        retriever = searching.retriever(None)
        limit = max(limit, self.limit, settings.retrieval.candidates)
        return retriever.trace(question, limit=limit, scope=searching.scope(retriever.snapshot, within))

    def _rank(
        self, target: Target, changes: Mapping[str, object], question: str, within: Within, *, limit: int = 0
    ) -> int | None:
        """The target's rank among the hits of a search under other settings, or for another question."""
        trace = self._trace(changed(self.settings, changes), question, within, limit=limit)
        found = ranks.rank_among(trace.hits, target.ids)
        return found[0] if found else None

    def _deep(self, mode: str, target: Target) -> ranks.DeepRank:
        """The rank and score in one search among all chunks that may be found."""
        alone = changed(self.settings, {**UNTURNED, "retrieval.mode": mode})
        searching = Searching(self.store, self.embedder, alone)
        retriever = searching.retriever(None)
        scope = searching.scope(retriever.snapshot, self.within)
        most = min(retriever.snapshot.chunk_count, DEEPEST)
        limit = self.settings.retrieval.candidates
        while True:
            limit = min(limit * DEEPER, most)
            step = retriever.trace(self.question, limit=limit, scope=scope).steps[0]
            found = ranks.rank_in(step, target.ids)
            if found or limit >= most or len(step.ranking) < limit:
                return found

    def _words(self, target: Target) -> tuple[list[str], list[str]]:
        """The question's words that a search for each alone finds in the target, and the others."""
        if "lexical" not in self._modes():
            return [], []
        alone = changed(self.settings, {**UNTURNED, "retrieval.mode": "lexical"})
        retriever = Searching(self.store, self.embedder, alone).retriever(None)
        scope = Scope(retriever.snapshot.among([target.entry.id]))

        def occurs(word: str) -> bool:
            trace = retriever.trace(word, limit=target.entry.chunks, scope=scope)
            return any(hit.chunk.id in target.ids for hit in trace.hits)

        return words.parted(words.question_words(self.question), occurs)

    def _modes(self) -> tuple[str, ...]:
        mode = self.settings.retrieval.mode
        return ranks.SEARCHES if mode == "hybrid" else (mode,)

    def _let_through(self, target: Target, lost: list[Check]) -> Iterator[Remedy]:
        """What the search finds without the filter, or for somebody who may see the document."""
        within, said = self.within, []
        for check in lost:
            if check.step == "filter":
                within = replace(within, where=None)
                said.append("leave out --filter")
            else:
                within = replace(within, groups=None)
                groups = [group for group in target.entry.access or () if group != "*"]
                said.append(f"--as {groups[0]}" if groups else "ask as the owner, or give it an access list")
        rank = self._rank(target, {}, self.question, within)
        said += [f"--limit {rank}"] if rank is not None and rank > self.limit else []
        yield Remedy(" and ".join(said), rank=rank)

    def _for_hits(self, target: Target, checks: list[Check], others: list[str]) -> Iterator[Remedy]:
        """What puts it among the hits, if it is not: each was tried."""
        if ranks.loser(checks, limit=self.limit) in (None, "pack"):
            return
        for what, changes, question in self._ideas(target, checks, others):
            rank = self._rank(target, changes, question, self.within)
            if rank is not None and rank <= self.limit:
                yield Remedy(what, rank=rank)
        yield from self._further_down(target)

    def _further_down(self, target: Target) -> Iterator[Remedy]:
        """The limit that shows it, which also asks each search for as many: its rank moves a little with it."""
        limit, found = self.limit, None
        while found is None and limit < LONGEST_LIMIT:
            limit = min(2 * limit, LONGEST_LIMIT)
            found = self._shown(target, limit)
        if found is None:
            return
        nearer = self._shown(target, found)
        yield Remedy(f"--limit {limit if nearer is None else found}", rank=nearer or found)

    def _shown(self, target: Target, limit: int) -> int | None:
        """The target's rank among so many hits; None where it is not among them."""
        rank = self._rank(target, {}, self.question, self.within, limit=limit)
        return rank if rank is not None and rank <= limit else None

    def _ideas(
        self, target: Target, checks: list[Check], others: list[str]
    ) -> Iterator[tuple[str, dict[str, object], str]]:
        """``(in words, settings, question)``, what costs least first."""
        name = " ".join(PurePosixPath(target.entry.uri).stem.replace("_", " ").replace("-", " ").split())
        yield f'name the document in the question: "... {name}"', {}, f"{self.question} {name}"
        if others:
            yield f'ask with its words: "... {" ".join(others)}"', {}, f"{self.question} {' '.join(others)}"
        deep = {check.step: check.rank for check in checks if check.step in ranks.SEARCHES and check.rank}
        if len(self._modes()) > 1:
            for mode in sorted(deep, key=lambda mode: deep[mode] or 0):
                yield f"--mode {mode}", {"retrieval.mode": mode}, self.question
        yield "diversity.max_per_page = 0", {"diversity.max_per_page": 0}, self.question
        if not any(check.step == "limit" for check in checks) and deep:
            enough = -(-min(rank or 0 for rank in deep.values()) // 10) * 10
            if self.settings.retrieval.candidates < enough <= 10_000:
                yield f"retrieval.candidates = {enough}", {"retrieval.candidates": enough}, self.question

    def _for_window(self, target: Target, window: ContextWindow) -> Iterator[Remedy]:
        """What puts it into the window of an answer, if it was packed out of it: tried by doubling."""
        reason = None if _source(window, target) else _reason(window, target)
        setting = BUDGETS.get(reason or "")
        if setting is None:
            return
        group, name = setting.split(".")
        amount = int(getattr(getattr(self.settings, group), name))
        for _ in range(DOUBLINGS):
            amount *= 2
            tried = self.windows(changed(self.settings, {setting: amount}), self.question, self.within)
            source = _source(tried, target)
            if source is not None:
                yield Remedy(f"{setting} = {amount}", source=source)
                return


def changed(settings: Settings, changes: Mapping[str, object]) -> Settings:
    """The settings with other values by dotted name; each must be within its range."""
    groups: dict[str, dict[str, object]] = {}
    for name, value in changes.items():
        group, field = name.split(".")
        groups.setdefault(group, {})[field] = value
    fresh = {group: getattr(settings, group).model_copy(update=values) for group, values in groups.items()}
    return settings.model_copy(update=fresh)


def _packed(window: ContextWindow, target: Target) -> Check:
    source = _source(window, target)
    if source is not None:
        return Check("pack", "passed", f"source {source} of {len(window.sources)} in the window of an answer", source)
    reason = _reason(window, target)
    if reason is None:
        return Check("pack", "not reached", "not among the hits that an answer reads")
    return Check(
        "pack", "lost", f"left out of the window: {reason}; {window.tokens_used} of {window.token_budget} tokens"
    )


def _source(window: ContextWindow, target: Target) -> int | None:
    held = (one.number for one in window.sources if target.holds(one.document_id, one.start, one.end))
    return next(held, None)


def _reason(window: ContextWindow, target: Target) -> str | None:
    left = (one.reason for one in window.left_out if target.holds(one.document_id, one.start, one.end))
    return next(left, None)
