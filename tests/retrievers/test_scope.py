"""A scope is held inside each search, before the cut: what it keeps is found as if there were nothing else."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.document import document_id
from retrievers.errors import UnknownField
from retrievers.filters import Comparison, Like
from retrievers.filters.grammar import parse_filter
from retrievers.scope import EVERYTHING, Scope
from retrievers.scopes import KEPT_SCOPES, Scopes
from retrievers.search import open_retriever
from retrievers.settings import Mode, RetrievalSettings
from tests.retrievers.corpus import EMBEDDER, put, store_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from indexers.store import Store
    from retrievers.hit import Hit, Retriever

DOCUMENTS = 200
WORDS = ("leave", "travel", "budget", "audit", "price", "pump", "valve", "tax", "energy", "bridge", "harbour", "steel")
QUESTIONS = ["the travel budget", "leave and tax", "an audit of the pump and the valve", "steel bridge harbour"]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    chance = random.Random(1)  # noqa: S311  the same texts every time
    texts = {
        f"root/part{number % 7}/d{number:03}.md": "\n\n".join(
            [f"# Number {number}"] + [" ".join(chance.choices(WORDS, k=chance.randint(5, 40))) for _ in range(3)]
        )
        for number in range(DOCUMENTS)
    }
    with store_of(tmp_path_factory.mktemp("scope") / "index", texts) as store:
        yield store


def places(hits: Sequence[Hit]) -> list[tuple[str, float]]:
    return [(hit.chunk.id, round(hit.score, 5)) for hit in hits]


def scope_of(retriever: Retriever, numbers: set[int]) -> Scope:
    names = {document_id(f"root/part{number % 7}/d{number:03}.md") for number in numbers}
    return Scope(retriever.snapshot.among(names))


@pytest.fixture(scope="module", params=["dense", "lexical"])
def searched(store: Store, request: pytest.FixtureRequest) -> tuple[Retriever, dict[str, list[Hit]]]:
    """A retriever, and all that it finds for each question."""
    retriever = open_retriever(store, EMBEDDER, RetrievalSettings(), request.param)
    return retriever, {question: retriever.retrieve(question, limit=10_000) for question in QUESTIONS}


@given(
    question=st.sampled_from(QUESTIONS),
    numbers=st.sets(st.integers(0, DOCUMENTS - 1), max_size=4) | st.sets(st.integers(0, DOCUMENTS - 1), min_size=60),
    limit=st.sampled_from([1, 10, 50]),
)
@settings(max_examples=40, deadline=None)
def test_a_scope_finds_exactly_its_best_however_few_it_keeps(
    searched: tuple[Retriever, dict[str, list[Hit]]], question: str, numbers: set[int], limit: int
) -> None:
    retriever, everything = searched
    scope = scope_of(retriever, numbers)
    assert scope.documents is not None
    inside = dict(places([hit for hit in everything[question] if hit.chunk.document_id in scope.documents]))
    found = places(retriever.retrieve(question, limit=limit, scope=scope))
    assert [score for _, score in found] == sorted(inside.values(), reverse=True)[:limit]
    assert all(inside[name] == score for name, score in found)
    assert len(dict(found)) == len(found)


@pytest.mark.parametrize("mode", get_args(Mode))
def test_one_percent_of_the_documents_gets_its_ten_as_if_all_were_candidates(store: Store, mode: Mode) -> None:
    few, all_ = (
        open_retriever(store, EMBEDDER, RetrievalSettings(candidates=candidates), mode) for candidates in (20, 10_000)
    )
    for number, question in enumerate(QUESTIONS):
        numbers = {number, 50 + number}
        found = few.retrieve(question, limit=10, scope=scope_of(few, numbers))
        assert places(found) == places(all_.retrieve(question, limit=10, scope=scope_of(all_, numbers)))
        assert found
        assert {hit.chunk.document_id for hit in found} <= {
            document_id(f"root/part{one % 7}/d{one:03}.md") for one in numbers
        }


@pytest.mark.parametrize("mode", get_args(Mode))
def test_a_scope_of_nothing_finds_nothing(store: Store, mode: Mode) -> None:
    retriever = open_retriever(store, EMBEDDER, RetrievalSettings(), mode)
    assert retriever.retrieve(QUESTIONS[0], limit=10, scope=scope_of(retriever, set())) == []


def test_a_scope_of_another_snapshot_is_refused(store: Store) -> None:
    before = store.snapshot()
    scope = Scopes(before).scope(Like("path", "part1/*"))
    put(store, {"root/part1/new.md": "# New\n\ntravel budget"})
    with pytest.raises(ValueError, match="another snapshot"):
        store.snapshot().search(EMBEDDER.embed_query("travel"), limit=3, documents=scope.documents)
    assert before.search(EMBEDDER.embed_query("travel"), limit=3, documents=scope.documents)


def test_filter_and_groups_are_one_set_compiled_once(store: Store) -> None:
    names = [document_id(f"root/part{number % 7}/d{number:03}.md") for number in range(4)]
    with store.writer(EMBEDDER) as writer:
        writer.set_access({names[0]: ("hr",), names[1]: ("*",), names[2]: (), names[3]: ("it", "hr")})
    snapshot = store.snapshot()
    scopes = Scopes(snapshot)
    assert scopes.scope() is EVERYTHING

    def ids(where: str | None, *groups: str) -> list[str]:
        documents = scopes.scope(parse_filter(where) if where else None, frozenset(groups)).documents
        assert documents is not None
        assert documents.count == len(documents.ids) == len(documents.numbers)
        assert documents.chunks == sum(entry.chunks for entry in documents.entries)
        assert documents.share == documents.chunks / snapshot.chunk_count
        return [f"d{names.index(name)}" for name in sorted(documents.ids, key=names.index)]

    assert ids(None) == ["d1"]
    assert ids(None, "hr") == ["d0", "d1", "d3"]
    assert ids(None, "it", "legal") == ["d1", "d3"]
    assert ids('path like "part0/*"', "hr") == ["d0"]
    assert ids('path like "part2/*"', "hr") == [], "a filter that names a hidden document finds nothing"
    assert ids('not path like "part0/*"', "hr") == ["d1", "d3"]
    same = scopes.scope(parse_filter('path like "part0/*"'), frozenset(["hr"]))
    assert scopes.scope(parse_filter('path  like  "part0/*" '), frozenset(["hr"])) is same
    with pytest.raises(UnknownField):
        scopes.scope(Comparison("access", "=", "hr"))


def test_what_is_kept_of_scopes_has_a_bound(store: Store) -> None:
    scopes = Scopes(store.snapshot())
    first = scopes.scope(Comparison("chunks", "=", 0))
    for number in range(1, KEPT_SCOPES + 1):
        scopes.scope(Comparison("chunks", "=", number))
    assert scopes.scope(Comparison("chunks", "=", 0)) is not first


def test_flags_and_ids_make_the_same_set(store: Store) -> None:
    snapshot = store.snapshot()
    entries = snapshot.documents()
    flags = np.array([entry.chunks > 2 for entry in entries])
    ids = [entry.id for entry in entries if entry.chunks > 2]
    assert snapshot.among(flags).ids == snapshot.among([*ids, "not-there"]).ids == frozenset(ids)
    with pytest.raises(ValueError, match="flags"):
        snapshot.among(flags[:-1])
