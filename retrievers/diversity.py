"""The last step of a search: pages and documents take turns, repeats are told under the hit that they repeat.

It acts on hits alone, which are all within the asker's scope: what he may not see cannot push anything aside, nor be
told of.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from retrievers.hit import Hit, Part, Repeat
from retrievers.repeats import Repeats, Seen
from retrievers.scope import EVERYTHING, Scope
from retrievers.trace import Step, Trace, ranking_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexers.store import Snapshot
    from retrievers.hit import Retriever
    from retrievers.settings import DiversitySettings

DEEPER = 4
"""Where repeats leave fewer hits than were asked for, so many times as many are looked at, at most twice."""


class DiverseRetriever:
    """Another retriever's hits, of which the first ``pool`` are rearranged: in one order, whatever the limit is."""

    def __init__(self, inner: Retriever, settings: DiversitySettings, *, pool: int) -> None:
        self._inner = inner
        self._settings = settings
        self._pool = pool
        self._repeats = Repeats(inner.snapshot)

    def unturned(self) -> DiverseRetriever:
        """The same, with versions told apart and nothing else rearranged."""
        settings = self._settings.model_copy(update={"max_per_page": 0, "document_share": 1.0, "fold_repeats": False})
        return DiverseRetriever(self._inner, settings, pool=self._pool)

    @property
    def name(self) -> str:
        """The other retriever's."""
        return self._inner.name

    @property
    def snapshot(self) -> Snapshot:
        """The generation that is searched."""
        return self._inner.snapshot

    def retrieve(self, question: str, *, limit: int, scope: Scope = EVERYTHING) -> list[Hit]:
        """At most ``limit`` hits, best first; each repeats none before it."""
        return list(self.trace(question, limit=limit, scope=scope).hits) if limit > 0 else []

    def trace(self, question: str, *, limit: int, scope: Scope = EVERYTHING) -> Trace:
        """The same with the other retriever's steps, and ``diversity``: the hits in their new order."""
        window = self._pool
        while True:
            asked = max(limit, window)
            trace = self._inner.trace(question, limit=asked, scope=scope)
            found, behind = self._arranged(question, trace.hits[:window], min(limit, window))
            enough = len(found) >= min(limit, self._pool // 2)
            if enough or len(trace.hits) < asked or window >= self._pool * DEEPER**2:
                break
            window *= DEEPER
        whole = [*found, *behind, *trace.hits[window:]]
        ordered = [hit if hit.rank == rank else self._moved(hit, rank) for rank, hit in enumerate(whole, start=1)]
        return Trace(ordered[:limit], (*trace.steps, Step("diversity", ranking_of(ordered), limit)))

    def _arranged(self, question: str, hits: Sequence[Hit], limit: int) -> tuple[list[Hit], list[Hit]]:
        """The hits that say something of their own, and what nearly repeats several of them."""
        settings = self._settings
        hits = taking_turns(hits, max_per_page=settings.max_per_page, document_share=settings.document_share)
        if settings.prefer_newest:
            hits = newest(hits, self._repeats, question=question)
        if not settings.fold_repeats:
            return list(hits), []
        return folded(hits, self._repeats, question=question, limit=limit, max_alike=settings.max_alike)

    def _moved(self, hit: Hit, rank: int) -> Hit:
        """The hit at its new rank; a part of the other retriever's name tells where it stood."""
        return replace(hit, rank=rank, parts=(*hit.parts, Part(self.name, hit.score, hit.rank)))


def for_packing(retriever: Retriever) -> Retriever:
    """The same hits without taking turns and folding: the packer weighs pages and repeats itself, among many more hits.

    Pushing a page's further chunks behind all other pages took the rows that answer out of the window.
    """
    return retriever.unturned() if isinstance(retriever, DiverseRetriever) else retriever


def taking_turns(hits: Sequence[Hit], *, max_per_page: int, document_share: float) -> list[Hit]:
    """All hits, with those behind the others that would exceed a page's number or a document's share.

    Args:
        hits: Best first.
        max_per_page: Hits of a page before the hits of other pages; 0 for any number. Chunks without a page are free.
        document_share: Of the first n hits at most this share, rounded up, is one document's, while others wait.
    """
    ordered, rest = list(hits), list[Hit]()
    if max_per_page:
        ordered, rest = _within_pages(hits, max_per_page)
    return [*ordered, *rest] if document_share >= 1.0 else _within_share([*ordered, *rest], document_share)


def _within_pages(hits: Sequence[Hit], most: int) -> tuple[list[Hit], list[Hit]]:
    seen: Counter[tuple[str, int]] = Counter()
    first, behind = list[Hit](), list[Hit]()
    for hit in hits:
        page = hit.chunk.page
        if page is not None:
            seen[hit.chunk.document_id, page] += 1
        (first if page is None or seen[hit.chunk.document_id, page] <= most else behind).append(hit)
    return first, behind


def _within_share(hits: Sequence[Hit], share: float) -> list[Hit]:
    waiting, held, ordered = list(hits), Counter[str](), list[Hit]()
    while waiting:
        most = -(-share * (len(ordered) + 1) // 1)
        place = next((n for n, hit in enumerate(waiting) if held[hit.chunk.document_id] < most), 0)
        hit = waiting.pop(place)
        held[hit.chunk.document_id] += 1
        ordered.append(hit)
    return ordered


def newest(hits: Sequence[Hit], known: Repeats, *, question: str) -> list[Hit]:
    """The hits with each passage of several versions of a document once: in the newest, where the first of them stood.

    Args:
        hits: Best first.
        known: Tells versions.
        question: A version that it names stays.
    """
    related = known.versions(dict.fromkeys(hit.chunk.document_id for hit in hits))
    if not related:
        return list(hits)
    kept: list[Hit] = []
    for hit in hits:
        versions = related.get(hit.chunk.document_id, ())
        rivals = [(place, one.chunk) for place, one in enumerate(kept) if one.chunk.document_id in versions]
        ages = [(place, known.version(hit.chunk, rival, question)) for place, rival in rivals]
        older = next((place for place, age in ages if age == "older"), None)
        surpassed = [place for place, age in ages if age == "newer"]
        if older is not None:
            kept[older] = _with(kept[older], Repeat(hit.chunk, "older version"))
        elif surpassed:
            kept = _replaced(kept, surpassed, hit)
        else:
            kept.append(hit)
    return kept


def folded(
    hits: Sequence[Hit], known: Repeats, *, question: str, limit: int, max_alike: int
) -> tuple[list[Hit], list[Hit]]:
    """The first ``limit`` hits that say something of their own, each with those that repeat it; and what comes behind.

    Args:
        hits: Best first.
        known: Tells repeats.
        question: A version that it names is no repeat.
        limit: The others are not looked at.
        max_alike: Hits that say nearly the same, each with a word of its own; further ones come behind. 0: any number.
    """
    kept, behind = list[Hit](), list[Hit]()
    seen = Seen(known)
    for hit in hits:
        if len(kept) == limit:
            break
        near = seen.near(hit.chunk)
        hows = ((place, known.repeat(hit.chunk, kept[place].chunk, question)) for place in near)
        place, how = next(((place, how) for place, how in hows if how), (0, None))
        if how is not None:
            kept[place] = _with(kept[place], Repeat(hit.chunk, how), *hit.also)
        elif 0 < max_alike <= len(near) and max_alike <= sum(known.nearly(hit.chunk, kept[at].chunk) for at in near):
            behind.append(hit)
        else:
            seen.add(hit.chunk, len(kept))
            kept.append(hit)
    return kept, behind


def _with(hit: Hit, *repeats: Repeat) -> Hit:
    return replace(hit, also=(*hit.also, *repeats))


def _replaced(kept: Sequence[Hit], surpassed: Sequence[int], hit: Hit) -> list[Hit]:
    """The newer hit in the place of the first that it surpasses, the others under it."""
    older = [kept[place] for place in surpassed]
    chunks = [chunk for one in older for chunk in (one.chunk, *(repeat.chunk for repeat in one.also))]
    put = _with(hit, *(Repeat(chunk, "older version") for chunk in chunks))
    return [put if place == surpassed[0] else one for place, one in enumerate(kept) if place not in surpassed[1:]]
