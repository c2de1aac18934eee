"""Search against ten lines of brute force, however the rows came to be sealed."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from indexers.context import embedded_text
from indexers.document import document_id
from indexers.errors import EmbedError
from indexers.hashing import HashingEmbedder
from indexers.settings import StoreSettings
from indexers.store import Store
from tests.indexers.store.pieces import contents, make_piece, put

if TYPE_CHECKING:
    from collections.abc import Mapping

WORDS = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu")


def expected(
    embedder: HashingEmbedder, texts: Mapping[str, str], question: str, documents: set[str] | None = None
) -> list[tuple[str, int, float]]:
    """Every line of every document by cosine, then URI, then start: the reference."""
    query = embedder.embed_query(question)
    found = []
    for uri, text in texts.items():
        if documents is None or uri in documents:
            document, chunks = make_piece(uri, text)
            for chunk in chunks:
                vector = embedder.embed_passages([embedded_text(document, chunk, embedder)])[0].astype(np.float16)
                found.append((uri, chunk.start, float(vector.astype(float) @ query.astype(float))))
    return sorted(found, key=lambda hit: (-round(hit[2], 9), hit[0], hit[1]))


def found(
    store: Store, embedder: HashingEmbedder, question: str, limit: int, documents: set[str] | None = None
) -> list[tuple[str, int, float]]:
    snapshot = store.snapshot()
    allowed = None if documents is None else snapshot.among([document_id(uri) for uri in documents])
    hits = snapshot.search(embedder.embed_query(question), limit=limit, documents=allowed)
    chunks = snapshot.chunks([chunk for chunk, _ in hits])
    uris = {entry.id: entry.uri for entry in snapshot.documents()}
    return [(uris[chunk.document_id], chunk.start, score) for chunk, (_, score) in zip(chunks, hits, strict=True)]


def assert_same(left: list[tuple[str, int, float]], right: list[tuple[str, int, float]]) -> None:
    assert [hit[:2] for hit in left] == [hit[:2] for hit in right]
    assert np.allclose([hit[2] for hit in left], [hit[2] for hit in right], atol=1e-6)


def random_text(chance: random.Random, lines: int) -> str:
    return "\n".join(" ".join(chance.choices(WORDS, k=3)) for _ in range(lines))


@pytest.mark.parametrize("seal_rows", [1, 7, 10_000], ids=["segment-a-document", "some-segments", "tail-only"])
def test_search_is_brute_force(store: Store, embedder: HashingEmbedder, seal_rows: int) -> None:
    chance = random.Random(seal_rows)  # noqa: S311  the same texts every time
    texts: dict[str, str] = {}
    with store.writer(embedder, settings=StoreSettings(seal_rows=seal_rows)) as writer:
        for step in range(60):
            uri = f"root/{chance.randrange(25)}"
            if chance.random() < 0.25 and uri in texts:
                writer.remove(document_id(uri))
                del texts[uri]
            else:
                texts[uri] = random_text(chance, chance.randrange(1, 6))
                put(writer, uri, texts[uri])
            if step % 3 == 0:
                writer.seal()
    for question in ("alpha beta", "mu", "nothing known"):
        everything = expected(embedder, texts, question)
        some = {uri for uri in texts if chance.random() < 0.3} | {"root/not there"}
        for limit in (1, 3, 10, len(everything), 1000):
            assert_same(found(store, embedder, question, limit), everything[:limit])
            filtered = expected(embedder, texts, question, some)[:limit]
            assert_same(found(store, embedder, question, limit, some), filtered)
        assert found(store, embedder, question, 5, set()) == []
        assert found(store, embedder, question, 0) == []


def test_five_hundred_copies_tie_by_uri_and_start(store: Store, embedder: HashingEmbedder) -> None:
    with store.writer(embedder, settings=StoreSettings(seal_rows=100)) as writer:
        for number in range(100, 0, -1):
            put(writer, f"{number:03}/copy.md", "\n".join(["the same words"] * 5))
            if number % 30 == 0:
                writer.seal()
    snapshot = store.snapshot()
    assert snapshot.status().segments >= 1
    assert len(snapshot.loaded.tail.rows) > 0
    assert snapshot.status().vectors == 1, "one string, one vector"
    hits = found(store, embedder, "the same words", 7)
    places = [*(("001", start) for start in (0, 15, 30, 45, 60)), ("002", 0), ("002", 15)]
    assert [hit[:2] for hit in hits] == [(f"{folder}/copy.md", start) for folder, start in places]
    assert len({hit[2] for hit in hits}) == 1


@pytest.mark.parametrize(
    "vector",
    [np.ones(3, dtype=np.float32), np.full(64, np.nan, dtype=np.float32), np.ones((1, 64), dtype=np.float32)],
    ids=["dimension", "nan", "shape"],
)
def test_unusable_queries(store: Store, vector: Any) -> None:
    with pytest.raises(EmbedError):
        store.snapshot().search(vector, limit=1)


def test_segments_stay_few(store: Store, embedder: HashingEmbedder) -> None:
    with store.writer(embedder, settings=StoreSettings(seal_rows=4)) as writer:
        for number in range(64):
            put(writer, f"{number:02}", f"{number} a\n{number} b\n{number} c\n{number} d")
            writer.seal()
        assert store.snapshot().status().segments <= 7
        files = len(list((store.path / "segments").iterdir()))
        assert files == store.snapshot().status().segments, "folded segments are unlinked"
        for number in range(40):
            writer.remove(document_id(f"{number:02}"))
        put(writer, "new", "1\n2\n3\n4")
        writer.seal()
        sealed = sum(len(segment.rows) for segment in store.snapshot().loaded.segments.values())
    assert sealed < 2 * 25 * 4, "segments more than half dead are folded"


@pytest.mark.parametrize("damage", ["bit", "truncated", "missing", "swapped", "empty", "pickle"])
def test_a_damaged_segment_loses_nothing_and_heals(
    store: Store, folder: Path, embedder: HashingEmbedder, damage: str
) -> None:
    settings = StoreSettings(seal_rows=3)
    texts = {f"d{number}": "\n".join(WORDS[number : number + 4]) for number in range(6)}
    with store.writer(embedder, settings=settings) as writer:
        for place, (uri, text) in enumerate(texts.items()):
            put(writer, uri, text)
            if place in (3, 4):
                writer.seal()
    assert store.snapshot().status().segments == 2
    reference = expected(embedder, texts, "alpha beta")
    spoil(folder / "segments", damage)
    with Store.open(folder) as reopened:
        assert reopened.snapshot().status().segments < 2
        assert_same(found(reopened, embedder, "alpha beta", 99), reference)
        with reopened.writer(embedder, settings=settings) as writer:
            writer.seal()
        healed = reopened.snapshot()
        assert sum(len(segment.rows) for segment in healed.loaded.segments.values()) == 24
        assert_same(found(reopened, embedder, "alpha beta", 99), reference)
        assert {path.name for path in (folder / "segments").iterdir()} == set(healed.loaded.segments)


def spoil(segments: Path, damage: str) -> None:
    first, second = sorted(segments.iterdir())
    whole = first.read_bytes()
    if damage == "bit":
        first.write_bytes(whole[:200] + bytes([whole[200] ^ 4]) + whole[201:])
    elif damage == "truncated":
        first.write_bytes(whole[:-9])
    elif damage == "missing":
        first.unlink()
    elif damage == "swapped":
        first.write_bytes(second.read_bytes())
        second.write_bytes(whole)
    elif damage == "empty":
        first.write_bytes(b"")
    else:
        first.unlink()
        (segments / "evil.pkl").write_bytes(b"cos\nsystem\n(S'false'\ntR.")


class Operations(RuleBasedStateMachine):
    """Any order of put, change, remove, seal and reopening, against a dictionary."""

    uris = st.sampled_from(["a", "b", "c", "d"])
    texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map("\n".join)

    def __init__(self) -> None:
        super().__init__()
        self.embedder = HashingEmbedder(dimension=16)
        self.model: dict[str, str] = {}

    @initialize()
    def create(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "index"
        self.store = Store.create(self.path, embedder=self.embedder.identity, max_tokens=99)

    def writer(self) -> Any:
        return self.store.writer(self.embedder, settings=StoreSettings(seal_rows=3, keep_versions=1))

    @rule(uri=uris, text=texts)
    def put(self, uri: str, text: str) -> None:
        document, chunks = make_piece(uri, text)
        with self.writer() as writer:
            writer.put(document, chunks, root="r", content_hash=document.version)
        self.model[uri] = text

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        uri = data.draw(st.sampled_from(sorted(self.model)))
        with self.writer() as writer:
            writer.remove(document_id(uri))
        del self.model[uri]

    @rule()
    def seal(self) -> None:
        with self.writer() as writer:
            writer.seal()

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = Store.open(self.path)

    @invariant()
    def is_the_dictionary(self) -> None:
        assert contents(self.store) == self.model
        snapshot = self.store.snapshot()
        lines = [line for text in self.model.values() for line in text.split("\n")]
        assert snapshot.status().chunks == len(lines)
        assert len(list(snapshot.all_chunks())) == len(lines)
        for limit in (2, 99):
            assert_same(
                found(self.store, self.embedder, "alpha mu", limit),
                expected(self.embedder, self.model, "alpha mu")[:limit],
            )

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()


TestOperations = Operations.TestCase
TestOperations.settings = hypothesis_settings(max_examples=10, stateful_step_count=10, deadline=None)
