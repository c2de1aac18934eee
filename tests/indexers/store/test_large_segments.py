"""Segments with codes: nearly all of the best, exact where few may be found, and no damaged bit reaches an answer."""

from __future__ import annotations

import functools
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from indexers.chunk import chunk_id
from indexers.document import document_id
from indexers.embed import EmbedderIdentity
from indexers.errors import StoreDamaged
from indexers.hashing import HashingEmbedder
from indexers.settings import StoreSettings
from indexers.store import Store, codes, segments
from indexers.store.halves import products
from indexers.store.selection import Selection, ranges
from tests.indexers.store.pieces import put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from indexers.embed import Matrix, Vector

DIMENSION = 48
DOCUMENTS = 40
LINES = 50


class Clusters(HashingEmbedder):
    """A text's words are seeds: the first of its topic's direction, all of them of what lies around it."""

    @property
    def identity(self) -> EmbedderIdentity:
        return EmbedderIdentity("clusters", "0", DIMENSION, 256)

    def embed_passages(
        self, texts: Sequence[str], *, progress: Callable[[int], None] | None = None, cut: bool = False
    ) -> Matrix:
        return np.stack([self.embed_query(text.rpartition("\n")[2]) for text in texts])

    def embed_query(self, text: str) -> Vector:
        return vector_of(text)


@functools.cache
def vector_of(text: str) -> Vector:
    around, itself = (np.random.default_rng(list(seed.encode())) for seed in (text.split()[0], text))
    vector = around.standard_normal(DIMENSION) + 0.8 * itself.standard_normal(DIMENSION)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


EMBEDDER = Clusters()


@pytest.fixture(scope="module", params=["one-list", "lists"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An index whose one segment counts as large; so do others of that size while the fixture lasts."""
    folder = tmp_path_factory.mktemp("large") / "index"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("indexers.store.segments.CODED_ROWS", 500)
        patch.setattr("indexers.store.segments.EXACT_ROWS", 400)
        patch.setattr("indexers.store.codes.CANDIDATES", 450)
        patch.setattr("indexers.store.codes.PROBES", 20)
        patch.setattr("indexers.store.codes.LISTS_ROWS", 500 if request.param == "lists" else 10**9)
        with (
            Store.create(folder, embedder=EMBEDDER.identity, max_tokens=99) as store,
            store.writer(EMBEDDER, settings=StoreSettings(seal_rows=1)) as writer,
        ):
            for number in range(DOCUMENTS):
                put(writer, f"d{number:03}", "\n".join(f"topic{line % 17} {number} {line}" for line in range(LINES)))
            writer.seal()
        yield folder


@pytest.fixture
def large(made: Path, folder: Path) -> Iterator[Store]:
    shutil.copytree(made, folder)
    with Store.open(folder) as store:
        yield store


def exact(
    store: Store, query: Vector, *, limit: int, documents: frozenset[str] | None = None
) -> list[tuple[str, float]]:
    """The reference: every chunk's stored vector, in double."""
    snapshot = store.snapshot()
    scored = []
    for entry in snapshot.documents():
        if documents is None or entry.id in documents:
            text, start = snapshot.document(entry.id).text, 0
            for line in text.split("\n"):
                vector = vector_of(line).astype(np.float16).astype(np.float64)
                name = chunk_id(entry.id, entry.version, start, start + len(line))
                scored.append((-float((vector * query.astype(np.float64)).sum()), entry.uri, start, name))
                start += len(line) + 1
    return [(name, -score) for score, _, _, name in sorted(scored)[:limit]]


def search(
    store: Store, query: Vector, *, limit: int, documents: frozenset[str] | None = None
) -> list[tuple[str, float]]:
    snapshot = store.snapshot()
    return snapshot.search(query, limit=limit, documents=None if documents is None else snapshot.among(documents))


def recall(store: Store, *, limit: int, documents: frozenset[str] | None = None) -> float:
    """The share of the exact best that is found, over some questions; what is found carries exact scores."""
    shares = []
    for number in range(20):
        query = EMBEDDER.embed_query(f"topic{number} question {number}")
        best = dict(exact(store, query, limit=limit, documents=documents))
        found = dict(search(store, query, limit=limit, documents=documents))
        assert len(found) == len(best)
        assert all(abs(found[name] - best[name]) < 1e-9 for name in found.keys() & best.keys())
        assert list(found.values()) == sorted(found.values(), reverse=True)
        shares.append(len(found.keys() & best.keys()) / len(best))
    return sum(shares) / len(shares)


def test_nearly_all_of_the_best_are_found(large: Store) -> None:
    (segment,) = large.snapshot().loaded.segments.values()
    assert segment.codes is not None
    assert recall(large, limit=10) >= 0.99
    assert recall(large, limit=100) >= 0.99


def test_a_filter_keeps_the_recall_and_a_narrow_one_is_exact(large: Store) -> None:
    half = frozenset(document_id(f"d{number:03}") for number in range(0, DOCUMENTS, 2))
    some = frozenset(document_id(f"d{number:03}") for number in range(3))
    assert recall(large, limit=10, documents=half) >= 0.99
    assert recall(large, limit=10, documents=some) == 1.0


def test_removed_documents_are_not_found_and_half_dead_segments_are_folded(large: Store) -> None:
    with large.writer(EMBEDDER, settings=StoreSettings(seal_rows=1)) as writer:
        for number in range(0, DOCUMENTS, 3):
            writer.remove(document_id(f"d{number:03}"))
        assert recall(large, limit=10) >= 0.99
        for number in range(1, DOCUMENTS, 3):
            writer.remove(document_id(f"d{number:03}"))
        before = set(large.snapshot().loaded.segments)
        put(writer, "d900", "topic3 900 0")
        writer.seal()
    assert not before & set(large.snapshot().loaded.segments)
    assert recall(large, limit=10) >= 0.99


def test_what_is_written_beside_a_large_segment_is_found(large: Store) -> None:
    with large.writer(EMBEDDER, settings=StoreSettings(seal_rows=3)) as writer:
        put(writer, "d700", "topic3 700 0\ntopic4 700 1")
        assert recall(large, limit=10) >= 0.99, "a tail beside it"
        put(writer, "d701", "topic0 701 0\ntopic1 701 1")
        writer.seal()
    assert len(large.snapshot().loaded.segments) == 2, "a small segment beside it"
    assert recall(large, limit=10) >= 0.99


@pytest.mark.parametrize("offset", [0, 5000, 191_999], ids=str)
def test_a_flipped_bit_among_the_vectors_changes_no_answer(large: Store, folder: Path, offset: int) -> None:
    queries = [EMBEDDER.embed_query(f"topic{number} question") for number in range(17)]
    some = frozenset(document_id(f"d{number:03}") for number in range(0, DOCUMENTS, 9))
    before = [search(large, query, limit=30, documents=which) for query in queries for which in (None, some)]
    flip(folder, offset)
    with Store.open(folder) as store:
        assert store.snapshot().status().segments == 1, "only what is read is checked"
        after = [search(store, query, limit=30, documents=which) for query in queries for which in (None, some)]
        assert after == before
        with store.writer(EMBEDDER) as writer:
            writer.seal(deep=True)
        ((healed, segment),) = store.snapshot().loaded.segments.items()
        assert (len(segment.rows), healed) == (DOCUMENTS * LINES, *large.snapshot().loaded.segments)


def flip(folder: Path, offset: int) -> None:
    (path,) = (folder / "segments").iterdir()
    data = bytearray(path.read_bytes())
    data[offset] ^= 0x40
    path.unlink()  # the reader that is open goes on with what it has mapped
    path.write_bytes(data)


@pytest.mark.parametrize("place", [0.02, 0.3, 0.6, 0.9, 0.999])
def test_a_flipped_bit_behind_the_vectors_is_noticed_at_once(large: Store, folder: Path, place: float) -> None:
    query = EMBEDDER.embed_query("topic3 question")
    before = exact(large, query, limit=10)
    vectors = DOCUMENTS * LINES * DIMENSION * 2
    (path,) = (folder / "segments").iterdir()
    flip(folder, int(vectors + place * (path.stat().st_size - vectors)))
    with Store.open(folder) as store:
        assert store.snapshot().status().segments == 0
        assert [name for name, _ in store.snapshot().search(query, limit=10)] == [name for name, _ in before]


def test_a_damaged_vector_that_nobody_has_any_more_is_not_made_up(large: Store, folder: Path) -> None:
    flip(folder, 10)
    name = document_id("d000")
    with Store.open(folder) as store:
        old = store.snapshot()
        with store.writer(EMBEDDER) as writer:
            writer.remove(name)
        query = EMBEDDER.embed_query("topic0 question")
        with pytest.raises(StoreDamaged):
            old.search(query, limit=5, documents=old.among([name]))
        assert recall(store, limit=10) >= 0.99, "others in the same block are read from the catalogue"


def test_products_of_fp16_rows_are_those_of_double() -> None:
    chance = np.random.default_rng(1)
    rows = chance.standard_normal((700, 33)).astype(np.float16)
    rows[0], rows[1, :6] = 0, (6e-8, -6e-8, 6.1e-5, -65504, 65504, -0.0)  # subnormal, largest, signed zero
    query = chance.standard_normal(33).astype(np.float32)
    expected = rows.astype(np.float64) @ query.astype(np.float64)
    assert np.allclose(products(rows, query), expected, rtol=1e-5, atol=1e-5)
    some = np.array([5, 699, 0, 1])
    assert np.allclose(products(rows, query, some), expected[some], rtol=1e-5, atol=1e-5)
    assert np.allclose(products(rows, 1e6 * query), 1e6 * expected, rtol=1e-5, atol=10)
    assert len(products(rows, query, np.empty(0, dtype=np.int64))) == 0


def test_selections() -> None:
    chosen = Selection(np.array([0, 4, 4, 7]), np.array([2, 4, 5, 9]), 9)
    assert chosen.count == 5
    assert chosen.positions().tolist() == [0, 1, 4, 7, 8]
    assert np.flatnonzero(np.unpackbits(chosen.bits, count=9, bitorder="little")).tolist() == [0, 1, 4, 7, 8]
    assert ranges(np.array([5, 1]), np.array([2, 0])).tolist() == [5, 6]
    nothing = np.empty(0, dtype=np.int64)
    assert Selection(nothing, nothing, 3).positions().tolist() == []
    assert Selection(nothing, nothing, 0).bits.tolist() == []


@pytest.mark.parametrize("kept", [400, 1500, 3000, 5900], ids=str)
def test_a_filter_over_lists_finds_nearly_all_and_only_what_it_keeps(
    kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A segment of 78 lists, with the borders of much larger ones: few rows by list, many by codes."""
    monkeypatch.setattr(codes, "LISTS_ROWS", 1000)
    monkeypatch.setattr(segments, "EXACT_ROWS", 350)
    monkeypatch.setattr(segments, "PROBES", 25)
    chance = np.random.default_rng(3)
    centres = chance.standard_normal((40, 64))
    vectors = centres[chance.integers(0, 40, 6100)] + chance.standard_normal((6100, 64))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)
    rows = np.arange(6100, dtype=np.int64)
    read = codes.read_codes(np.frombuffer(codes.build_codes(vectors), dtype=np.uint8), rows=6100, dimension=64)
    segment = segments.Segment(rows, np.zeros((6100, 2), dtype=np.int64), vectors, codes=read)
    assert read.lists == 78
    assert np.bincount(read.list_of, minlength=78).sum() == 6100
    begins = np.sort(chance.choice(6100, kept, replace=False)).astype(np.int64)
    among = Selection(begins, begins + 1, 6100)
    shares = []
    for query in vectors[::700].astype(np.float32):
        scores = vectors[begins].astype(np.float32) @ query
        best = set(begins[np.argsort(-scores)[:10]].tolist())
        found = segment.nearest(query, limit=10, among=among)
        assert set(found.tolist()) <= set(begins.tolist())
        shares.append(len(best & set(found.tolist())) / 10)
    assert np.mean(shares) >= 0.9
