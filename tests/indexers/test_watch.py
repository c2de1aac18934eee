"""A watched folder: every event becomes a sync, and no error but the first one's ends it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from indexers.errors import RagError, StoreBusy
from indexers.report import SyncReport
from indexers.roots import PathNotFound
from indexers.store import Store
from indexers.watch import folder_events, keep_in_step
from tests.indexers.folders import EMBEDDER, counts, sync, uris, write


class Watch:
    """Syncs that end as they are told to, and what was said of them."""

    def __init__(self, *ends: SyncReport | RagError | None) -> None:
        self.ends = list(ends)
        self.said: list[str] = []

    def sync(self) -> SyncReport:
        end = self.ends.pop(0)
        if isinstance(end, RagError):
            raise end
        return SyncReport(1, 0, 0, 0, 0, 0, 0, 0, (), (), 0, 0, 0, 0.0)

    def keep(self, events: int, *, give_up: bool = False) -> list[str]:
        def pause(seconds: float) -> bool:
            self.said.append(f"waits {seconds:.0f}")
            return give_up

        keep_in_step(
            self.sync,
            [frozenset()] * events,
            done=lambda _: self.said.append("done"),
            failed=lambda error: self.said.append(type(error).__name__),
            pause=pause,
        )
        return self.said


def test_every_event_is_a_sync() -> None:
    assert Watch(None, None, None).keep(3) == ["done"] * 3


def test_a_sync_that_is_refused_is_told_once_and_tried_again() -> None:
    busy, away = StoreBusy(path="x"), PathNotFound(path="y")
    watch = Watch(None, busy, busy, away, None, None)
    expected = ["done", "StoreBusy", "waits 5", "waits 5", "PathNotFound", "waits 5", "done", "done"]
    assert watch.keep(3) == expected


def test_what_refuses_the_first_sync_is_raised() -> None:
    with pytest.raises(PathNotFound):
        Watch(PathNotFound(path="y")).keep(1)


def test_a_watch_that_is_over_does_not_try_again() -> None:
    assert Watch(None, StoreBusy(path="x")).keep(5, give_up=True) == ["done", "StoreBusy", "waits 5"]


def test_an_interrupt_ends_it_and_keeps_what_was_done(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    write(docs / "a.txt", "One.")

    def events() -> object:
        yield frozenset()
        write(docs / "b.txt", "Two.")
        yield frozenset()
        raise KeyboardInterrupt

    with Store.create(tmp_path / "index", embedder=EMBEDDER.identity, max_tokens=64) as store:
        reports: list[SyncReport] = []
        with pytest.raises(KeyboardInterrupt):
            keep_in_step(
                lambda: sync(store, docs),
                events(),  # type: ignore[arg-type]  # a generator of the test
                done=reports.append,
                failed=_unexpected,
                pause=lambda _: True,
            )
        assert [counts(report) for report in reports] == [{"added": 1}, {"added": 1, "unchanged": 1}]
        assert uris(store) == ["docs/a.txt", "docs/b.txt"]


def _unexpected(error: RagError) -> None:
    raise AssertionError(error)


@pytest.fixture
def watched(tmp_path: Path) -> tuple[Path, Callable[[], frozenset[str]], threading.Event]:
    docs = tmp_path / "docs"
    (docs / "index").mkdir(parents=True)
    stop = threading.Event()
    events = folder_events([docs], without=docs / "index", settle_ms=50, full_seconds=20, stop=stop)
    return docs, lambda: next(events, frozenset({"stopped"})), stop


def test_a_folder_reports_changes_below_it_but_not_those_of_the_index(
    watched: tuple[Path, Callable[[], frozenset[str]], threading.Event],
) -> None:
    docs, event, stop = watched
    assert event() == frozenset(), "the first look is due at once"
    write(docs / "index" / "catalogue", "Ours.")
    write(docs / "sub" / "a.txt", "One.")
    found = event()
    assert found, "a change, and not the look in any case, which is due in twenty seconds"
    assert not any("index" in path for path in found)
    stop.set()
    assert event() == {"stopped"}


def test_a_folder_that_is_replaced_is_watched_anew(
    watched: tuple[Path, Callable[[], frozenset[str]], threading.Event], tmp_path: Path
) -> None:
    docs, event, stop = watched
    event()
    docs.rename(tmp_path / "before")
    event()
    docs.mkdir()
    while event():  # what the system says of the old folder; the new one's first look has no paths
        pass
    write(docs / "new.txt", "One.")
    assert any(path.endswith("new.txt") for path in event())
    stop.set()
