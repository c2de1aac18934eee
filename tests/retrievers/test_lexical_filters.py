from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.document import document_id
from retrievers.lexical import LexicalRetriever, index, open_lexical
from retrievers.scope import Scope
from tests.retrievers.corpus import put, remove, store_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from indexers.store import Store

WORDS = ("otter", "badger", "heron", "beaver", "newt", "toad")
DOCUMENTS = 120


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    chance = random.Random(7)  # noqa: S311  the same texts every time
    texts = {f"{n:03}.md": " ".join(chance.choices(WORDS, k=chance.randint(1, 6))) for n in range(DOCUMENTS)}
    with store_of(tmp_path_factory.mktemp("filters") / "index", texts) as store:
        yield store


@pytest.fixture(scope="module")
def shared(store: Store) -> LexicalRetriever:
    lexical = open_lexical(store)
    return LexicalRetriever(store.snapshot(), lexical)


def scored(retriever: LexicalRetriever, question: str) -> list[tuple[str, float]]:
    """Every chunk that says a word of the question."""
    return retriever.ranking(question, limit=10_000)


@pytest.mark.parametrize("over_fetched", [pytest.param(0, id="inside"), pytest.param(4096, id="over-fetched")])
@given(
    question=st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join),
    kept=st.sets(st.integers(0, DOCUMENTS - 1)),
    limit=st.integers(1, 150),
)
@settings(max_examples=30, deadline=None)
def test_a_filter_finds_what_scoring_everything_finds(
    shared: LexicalRetriever, over_fetched: int, question: str, kept: set[int], limit: int
) -> None:
    snapshot = shared.snapshot
    ids = frozenset(document_id(f"{n:03}.md") for n in kept)
    inside = {chunk.id for chunk in snapshot.all_chunks() if chunk.document_id in ids}
    expected = [hit for hit in scored(shared, question) if hit[0] in inside][:limit]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index, "OVER_FETCHED", over_fetched)
        found = shared.ranking(question, limit=limit, scope=Scope(snapshot.among(ids)))
    assert found == expected


def test_the_one_allowed_document_is_found_behind_any_number_of_better_ones(tmp_path: Path) -> None:
    texts = {f"{n:04}.md": "otter otter otter" for n in range(300)} | {"last.md": "an otter and a badger and a heron"}
    with store_of(tmp_path / "index", texts) as store, pytest.MonkeyPatch.context() as patch:
        patch.setattr(index, "OVER_FETCHED", 40)
        lexical = open_lexical(store)
        snapshot = store.snapshot()
        scope = Scope(snapshot.among({document_id("last.md")}))
        hits = LexicalRetriever(snapshot, lexical).retrieve("otter", limit=3, scope=scope)
        assert [hit.chunk.document_id for hit in hits] == [document_id("last.md")]


def test_what_changed_after_the_index_caught_up_is_passed_over_within_a_filter(tmp_path: Path) -> None:
    with store_of(tmp_path / "index", {f"{n}.md": "an otter" for n in range(30)}) as store:
        lexical = open_lexical(store)
        put(store, {"3.md": "a badger"}, version="v2")
        remove(store, "4.md")
        snapshot = store.snapshot()
        retriever = LexicalRetriever(snapshot, lexical)
        for over_fetched in (0, 4096):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(index, "OVER_FETCHED", over_fetched)
                scope = Scope(snapshot.among({document_id(f"{n}.md") for n in (3, 5)}))
                assert [hit.chunk.document_id for hit in retriever.retrieve("otter", limit=5, scope=scope)] == [
                    document_id("5.md")
                ]
                assert len(retriever.retrieve("otter", limit=50)) == 28


def test_an_empty_scope_finds_nothing(shared: LexicalRetriever) -> None:
    assert shared.retrieve("otter", limit=5, scope=Scope(shared.snapshot.among(frozenset()))) == []


def test_more_ties_than_are_looked_through_still_fill_the_limit(
    shared: LexicalRetriever, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "OVER_FETCHED", 0)
    monkeypatch.setattr(index, "MOST_TIED", 1)
    found = shared.ranking("otter", limit=7)
    whole = scored(shared, "otter")
    assert np.array([score for _, score in found]) == pytest.approx(np.array([score for _, score in whole[:7]]))


@given(question=st.lists(st.sampled_from((*WORDS, "rabbit")), max_size=3).map(" ".join))
@settings(max_examples=20, deadline=None)
def test_any_chunks_can_be_scored_and_none_passes_the_ceiling(shared: LexicalRetriever, question: str) -> None:
    ids = [chunk.id for chunk in shared.snapshot.all_chunks()]
    found = dict(scored(shared, question))
    assert shared.scores(question, ids) == pytest.approx([found.get(one, 0.0) for one in ids])
    assert all(score < shared.ceiling(question) for score in found.values())
    assert shared.scores(question, []) == []
