"""The lexical index of one open store: kept near the newest generation without making searches wait for it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from indexers.errors import RagError
from retrievers.errors import LexicalUnusable
from retrievers.lexical.catching_up import catch_up, open_lexical

if TYPE_CHECKING:
    from indexers.store import Snapshot, Store
    from retrievers.lexical.index import LexicalIndex

WAIT_SECONDS = 0.2
"""How long a search waits for a catching up that it meets: long enough for a few documents, and short enough."""

PAUSE = 4.0
"""Between two catchings up, as a multiple of how long the last one took: where another process writes document after
document, a fifth of one processor follows it."""


class FollowingIndex:
    """The first search opens the index, and builds it where need be; later ones never wait longer than 0.2 s.

    After a change, a thread catches up aside, and searches go on with what is there: new text is found by meaning at
    once and by words when the thread is done, which takes as long as the change is large, and at most five times as
    long where changes follow one another. What was changed or removed is passed over at once. Safe for several threads.
    """

    def __init__(self, store: Store, *, wait_seconds: float = WAIT_SECONDS) -> None:
        self._store = store
        self._wait_seconds = wait_seconds
        self._lock = threading.Lock()
        self._index: LexicalIndex | None = None
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()
        self._not_before = 0.0

    def current(self, snapshot: Snapshot) -> LexicalIndex:
        """The index to search with; it may be behind ``snapshot``, or ahead of it if that has aged meanwhile."""
        with self._lock:
            if self._index is None or self._index.stamp.index_id != snapshot.index_id:
                self._index = open_lexical(self._store)
            if self._index.stamp.generation >= snapshot.generation:
                return self._index
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._follow, name="lexical", daemon=True)
                self._thread.start()
            thread = self._thread
        thread.join(self._wait_seconds)
        with self._lock:
            return self._index

    def replace(self, index: LexicalIndex) -> None:
        """Search with what has just been caught up."""
        with self._lock:
            self._index = index

    def close(self) -> None:
        """Wait for a catching up to end; may be called twice."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join()

    def _follow(self) -> None:
        if self._closed.wait(max(0.0, self._not_before - time.monotonic())):
            return
        began = time.monotonic()
        try:
            self.replace(self._caught_up())
        except RagError:
            pass  # searches have the present view; the next begins again, and `rag doctor` says what is wrong
        finally:
            ended = time.monotonic()
            self._not_before = ended + PAUSE * (ended - began)

    def _caught_up(self) -> LexicalIndex:
        try:
            return catch_up(self._store)
        except LexicalUnusable:
            return open_lexical(self._store)  # in memory
