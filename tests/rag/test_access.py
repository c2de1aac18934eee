"""Who may see what: nobody finds, reads or is told of a document that is hidden from him."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, get_args

import pytest

from indexers.document import document_id
from indexers.errors import DocumentNotFound
from indexers.hashing import HashingEmbedder
from indexers.store import Store
from rag.engine import Rag
from rag.events import AnswerComplete, SourcesFound
from retrievers.errors import FilterError
from retrievers.settings import Mode
from tests.rag.indexes import make_index, settings_with

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from indexers.embed import Vector

GROUPS = [f"group{number}" for number in range(8)]
DOCUMENTS = 200
WORDS = ("audit", "pump", "valve", "tax", "energy", "water", "bridge", "grain", "steel", "glass")
SECRET = "Project Nightingale buys the harbour for 4,711 million euros in March."
QUESTION = "For how many millions does Project Nightingale buy the harbour?"


def report(number: int) -> str:
    words = random.Random(number).choices(WORDS, k=12)  # noqa: S311  the same every time
    return f"Report {number}\n\nThe harbour of town{number} has {number} {' '.join(words)}."


@pytest.fixture(scope="module")
def lists() -> dict[str, tuple[str, ...] | None]:
    """An access list for each document: none, nobody, everybody, or some groups."""
    chance = random.Random(5)  # noqa: S311  the same every time
    kinds: list[tuple[str, ...] | None] = [None, (), ("*",)]
    return {
        f"docs/d{number:03}.md": kinds[number % 7] if number % 7 < 3 else tuple(sorted(chance.sample(GROUPS, 2)))
        for number in range(DOCUMENTS)
    }


@pytest.fixture(scope="module")
def rag(tmp_path_factory: pytest.TempPathFactory, lists: dict[str, tuple[str, ...] | None]) -> Iterator[Rag]:
    texts = {uri: report(number) for number, uri in enumerate(lists)}
    path = make_index(tmp_path_factory.mktemp("index") / "i", texts)
    embedder = HashingEmbedder()
    with Store.open(path) as store, store.writer(embedder) as writer:
        writer.set_access({document_id(uri): groups for uri, groups in lists.items() if groups is not None})
    with Rag.open(path, settings=settings_with()) as opened:
        yield opened


@pytest.mark.parametrize("mode", get_args(Mode))
def test_twenty_users_find_all_that_they_may_see_and_nothing_else(
    rag: Rag, lists: dict[str, tuple[str, ...] | None], mode: Mode
) -> None:
    chance = random.Random(9)  # noqa: S311  the same every time
    for _user in range(20):
        groups = set(chance.sample(GROUPS, chance.randint(0, 3)))
        allowed = {uri for uri, access in lists.items() if access and (groups | {"*"}) & set(access)}
        hits = rag.search("the harbour of the towns", limit=1000, mode=mode, groups=groups)
        told = {hit.chunk.document_id for hit in hits} | {one.chunk.document_id for hit in hits for one in hit.also}
        assert told == {document_id(uri) for uri in allowed}
        assert {entry.uri for entry in rag.documents(groups=groups)} == allowed
        assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))


def test_the_owner_finds_all(rag: Rag) -> None:
    assert len(rag.search("the harbour of the towns", limit=1000)) == DOCUMENTS
    assert len(rag.documents()) == DOCUMENTS


def test_a_hidden_document_is_as_if_it_were_not_there(rag: Rag, lists: dict[str, tuple[str, ...] | None]) -> None:
    hidden = next(uri for uri, access in lists.items() if access is None)
    told = []
    for name in (hidden, document_id(hidden), hidden.removeprefix("docs/"), "docs/nowhere.md"):
        with pytest.raises(DocumentNotFound) as refused:
            rag.document(name, groups=GROUPS)
        told.append(str(refused.value).replace(name, "NAME"))
    assert len(set(told)) == 1
    assert rag.search("the harbour", groups=GROUPS, where=f'uri = "{hidden}"') == []
    assert rag.search("the harbour", where=f'uri = "{hidden}"')


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """A document of group A, and one that only group B may see."""
    path = make_index(
        tmp_path / "i",
        {"docs/a.md": "Ports\n\nThe harbour opens in May. It has 12 cranes.", "docs/b.md": f"Plans\n\n{SECRET}"},
    )
    embedder = HashingEmbedder()
    with Store.open(path) as store, store.writer(embedder) as writer:
        writer.set_access({document_id("docs/a.md"): ("a", "b"), document_id("docs/b.md"): ("b",)})
    return path


def test_who_asks_for_a_hidden_text_word_for_word_gets_none_of_it(two: Path) -> None:
    with Rag.open(two, settings=settings_with(abstain_below=0.0)) as rag:
        assert "4,711" in rag.ask(QUESTION, groups=["b"]).text
        for question in (QUESTION, SECRET):
            answer = rag.ask(question, groups=["a"])
            assert "Nightingale" not in answer.window.text
            assert {source.document_id for source in answer.window.sources} <= {document_id("docs/a.md")}
            assert {citation.uri for citation in answer.citations} <= {"docs/a.md"}
            assert {out.uri for out in answer.window.left_out} <= {"docs/a.md"}
            events = list(rag.ask_stream(question, groups=["a"]))
            assert isinstance(events[0], SourcesFound)
            assert isinstance(events[-1], AnswerComplete)
            assert all("Nightingale" not in source.sentences[0].text for source in events[0].sources)
            assert "Nightingale" not in events[-1].answer.text


def test_an_abstention_tells_of_no_hidden_document(two: Path) -> None:
    with Rag.open(two, settings=settings_with(abstain_below=1.0)) as rag:
        answer = rag.ask(QUESTION, groups=["a"])
        nobody = rag.ask(QUESTION, groups=[])
    assert answer.abstained
    assert {citation.uri for citation in answer.citations} == {"docs/a.md"}
    assert nobody.abstained
    assert nobody.citations == ()


class Revoking(HashingEmbedder):
    """Hides a document from everybody while a question is on its way: when its vector is asked for."""

    def __init__(self, store: Path, uri: str) -> None:
        super().__init__()
        self._store = store
        self._uri = uri
        self.armed = False

    def embed_query(self, text: str) -> Vector:
        if self.armed:
            self.armed = False
            with Store.open(self._store) as store, store.writer(HashingEmbedder()) as writer:
                writer.set_access({document_id(self._uri): ()})
        return super().embed_query(text)


def test_what_is_hidden_between_the_search_and_the_packing_is_dropped(two: Path) -> None:
    settings = settings_with(abstain_below=0.0)
    embedder = Revoking(two, "docs/b.md")
    with Rag(Store.open(two), settings=settings, embedder=embedder) as rag:
        assert "4,711" in rag.ask(QUESTION, groups=["b"]).text
        embedder.armed = True
        answer = rag.ask(QUESTION, groups=["b"])
        assert not embedder.armed
        assert "Nightingale" not in answer.window.text + answer.text
        assert "docs/b.md" not in {citation.uri for citation in answer.citations}


def test_what_is_hidden_during_a_search_is_not_among_its_hits(two: Path) -> None:
    embedder = Revoking(two, "docs/b.md")
    with Rag(Store.open(two), settings=settings_with(), embedder=embedder) as rag:
        embedder.armed = True
        hits = rag.search(QUESTION, groups=["b"], mode="dense")
    assert not embedder.armed
    assert [(hit.chunk.document_id, hit.rank) for hit in hits] == [(document_id("docs/a.md"), 1)]


def test_a_hidden_document_shapes_no_error_about_fields(tmp_path: Path, two: Path) -> None:
    with Rag.open(two, settings=settings_with()) as rag:
        for groups in (None, ["a"], []):
            with pytest.raises(FilterError) as refused:
                rag.search(QUESTION, where='budget = "1"', groups=groups)
            assert refused.value.hint


def test_a_name_alone_is_no_set_of_groups(two: Path) -> None:
    with Rag.open(two, settings=settings_with()) as rag, pytest.raises(ValueError, match="collection"):
        rag.search(QUESTION, groups="a")


@pytest.mark.parametrize("mode", get_args(Mode))
def test_no_score_tells_whether_a_word_stands_in_what_may_not_be_seen(tmp_path: Path, mode: Mode) -> None:
    """Else a word after the other could be tried: the name of a project, of a company that is to be bought."""
    told = []
    for secret in ("nightingale", "sparrowhawk"):
        texts = {"open.md": "Harbour\n\nThe harbour opens in March.", "secret.md": f"Plan\n\nWe buy {secret} now."}
        path = make_index(tmp_path / secret, texts)
        with Store.open(path) as store, store.writer(HashingEmbedder()) as writer:
            writer.set_access({document_id("open.md"): ("*",), document_id("secret.md"): ("board",)})
        with Rag.open(path, settings=settings_with()) as rag:
            hits = rag.search("harbour nightingale", groups=["staff"], mode=mode)
            told.append([(hit.chunk.id, hit.score, hit.parts) for hit in hits])
    assert told[0] == told[1] != []
