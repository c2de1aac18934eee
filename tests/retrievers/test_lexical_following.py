from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from indexers.document import document_id
from indexers.errors import StoreDamaged
from retrievers.lexical import FollowingIndex, LexicalRetriever, following, open_lexical
from tests.retrievers.corpus import COMPANY, put, remove, store_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from indexers.store import Store
    from retrievers.lexical import LexicalIndex


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with store_of(tmp_path / "index", COMPANY) as store:
        yield store


def found(store: Store, index: LexicalIndex, question: str) -> list[str]:
    snapshot = store.snapshot()
    hits = LexicalRetriever(snapshot, index).retrieve(question, limit=5)
    return [snapshot.document(hit.chunk.document_id).uri for hit in hits]


def test_a_small_change_is_waited_for(store: Store) -> None:
    index = FollowingIndex(store, wait_seconds=60)
    assert found(store, index.current(store.snapshot()), "badger") == []
    put(store, {"late.md": "A badger came late."})
    assert found(store, index.current(store.snapshot()), "badger") == ["late.md"]
    index.close()


def test_searches_go_on_while_a_large_change_is_caught_up(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    index = FollowingIndex(store, wait_seconds=0)
    index.current(store.snapshot())
    go_on, begun = threading.Event(), threading.Event()

    def slowly(slow: Store) -> LexicalIndex:
        begun.set()
        assert go_on.wait(60)
        return open_lexical(slow)

    monkeypatch.setattr(following, "catch_up", slowly)
    put(store, {"late.md": "A badger came late.", "hr/benefits.md": "No leave any more."}, version="v2")
    remove(store, "hr/travel.md")
    behind = index.current(store.snapshot())
    assert begun.wait(60)
    assert found(store, behind, "badger") == []
    assert found(store, behind, "trains") == [], "what has gone is passed over at once"
    assert found(store, behind, "VPN-204") == ["it/VPN-204_guide.md"]
    assert index.current(store.snapshot()) is behind
    go_on.set()
    index.close()
    assert found(store, index.current(store.snapshot()), "badger") == ["late.md"]


def test_an_error_aside_reaches_no_search(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    index = FollowingIndex(store, wait_seconds=60)
    index.current(store.snapshot())

    def fail(_: Store) -> LexicalIndex:
        raise StoreDamaged("a row is gone")

    put(store, {"late.md": "A badger came late."})
    with monkeypatch.context() as patch:
        patch.setattr(following, "catch_up", fail)
        assert found(store, index.current(store.snapshot()), "VPN-204") == ["it/VPN-204_guide.md"]
    assert found(store, index.current(store.snapshot()), "badger") == ["late.md"]
    index.close()


def test_another_history_is_opened_at_once(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = FollowingIndex(store, wait_seconds=0)
    first = index.current(store.snapshot())
    with store_of(tmp_path / "other", {"a.md": "An otter."}) as other:
        monkeypatch.setattr(index, "_store", other)
        assert index.current(other.snapshot()) is not first
        assert [name for name, _ in index.current(other.snapshot()).search("otter", limit=3)] == [
            chunk.id for chunk in other.snapshot().all_chunks() if chunk.document_id == document_id("a.md")
        ]
    index.close()


def test_what_this_process_caught_up_is_searched_next(store: Store) -> None:
    index = FollowingIndex(store, wait_seconds=0)
    index.current(store.snapshot())
    put(store, {"late.md": "A badger came late."})
    index.replace(open_lexical(store))
    assert found(store, index.current(store.snapshot()), "badger") == ["late.md"]
    index.close()
