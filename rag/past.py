"""The index as of earlier moments: which versions were current then, and what searches them."""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rag.errors import MomentMalformed, NothingKept
from retrievers.filters.conditions import Days
from retrievers.lexical import LexicalIndex

if TYPE_CHECKING:
    from indexers.store import DocumentSet, Snapshot
    from indexers.store.snapshot import Past
    from retrievers.hit import Retriever
    from retrievers.settings import Mode

KEPT_MOMENTS = 2
"""The lexical index of each is in memory."""

Compose = Callable[["Snapshot", "Mode", LexicalIndex | None], "Retriever"]


@dataclass(slots=True)
class Earlier:
    """One moment of one generation, with the retrievers that were asked for."""

    base: Snapshot
    past: Past
    lexical: LexicalIndex | None = None
    retrievers: dict[Mode, Retriever] = field(default_factory=dict)


class Earliers:
    """The moments that were asked for last. Safe for several threads, which take turns: building takes seconds."""

    def __init__(self, compose: Compose) -> None:
        self._compose = compose
        self._lock = threading.Lock()
        self._kept: OrderedDict[dt.datetime, Earlier] = OrderedDict()

    def retriever(self, base: Snapshot, moment: dt.datetime, mode: Mode) -> Retriever | None:
        """What searches the index as of the moment; None where it was then as it is now.

        Raises:
            NothingKept: No version of then is kept.
        """
        with self._lock:
            earlier = self._at(base, moment)
            if earlier.past.snapshot.loaded.entries == base.loaded.entries:
                return None
            if mode not in earlier.retrievers:
                if mode != "dense" and earlier.lexical is None:
                    # word statistics are those of then; postings of old versions are nowhere kept
                    earlier.lexical = LexicalIndex.in_memory(earlier.past.snapshot)
                lexical = None if mode == "dense" else earlier.lexical
                earlier.retrievers[mode] = self._compose(earlier.past.snapshot, mode, lexical)
            return earlier.retrievers[mode]

    def note(self, base: Snapshot, moment: dt.datetime, visible: DocumentSet | None) -> str | None:
        """What is told with an answer as of the moment, of the documents that may be seen; None where all is kept."""
        with self._lock:
            missing = self._at(base, moment).past.missing
        count = sum(visible is None or entry.id in visible for entry in missing)
        if not count:
            return None
        documents = "1 document" if count == 1 else f"{count} documents"
        return f"of {documents} the version of {moment_words(moment)} is not kept, if there was one: not searched"

    def _at(self, base: Snapshot, moment: dt.datetime) -> Earlier:
        held = self._kept.get(moment)
        if held is None or held.base is not base:
            past = base.as_of(moment)
            if base.loaded.entries and not past.snapshot.loaded.entries:
                raise NothingKept(at=moment_words(moment), made=base.status().created_at)
            held = self._kept[moment] = self._same(base, past) or Earlier(base, past)
        self._kept.move_to_end(moment)
        while len(self._kept) > KEPT_MOMENTS:
            self._kept.popitem(last=False)
        return held

    def _same(self, base: Snapshot, past: Past) -> Earlier | None:
        """A moment that is held with the same versions: nothing is built again for one a microsecond later."""
        then = (past.snapshot.loaded.entries, past.missing)
        held = (one for one in self._kept.values() if one.base is base)
        return next((one for one in held if (one.past.snapshot.loaded.entries, one.past.missing) == then), None)


def moment_of(as_of: str | dt.date | dt.datetime) -> dt.datetime:
    """The moment that is meant: the end of a day, month or year, or a point in time; without a zone it is in UTC.

    Raises:
        MomentMalformed: A text is neither a date nor a point in time, or beyond the calendar in UTC.
    """
    if isinstance(as_of, str):
        as_of = _read(as_of)
    if not isinstance(as_of, dt.datetime):
        as_of = dt.datetime.combine(as_of, dt.time.max)
    try:
        return as_of.replace(tzinfo=dt.UTC) if as_of.tzinfo is None else as_of.astimezone(dt.UTC)
    except OverflowError as error:  # at the ends of the calendar another zone has no such day
        raise MomentMalformed(written=as_of.isoformat()) from error


def _read(written: str) -> dt.date:
    """A day or a point in time."""
    try:
        return Days.of(written).last
    except ValueError:
        pass
    try:
        return dt.datetime.fromisoformat(written)
    except ValueError as error:
        raise MomentMalformed(written=written) from error


def moment_words(moment: dt.datetime) -> str:
    """A moment for a person: the day alone where its end is meant."""
    if moment.time() == dt.time.max:
        return moment.date().isoformat()
    return moment.isoformat(timespec="seconds")
