"""Rebuilding from the texts in the catalogue: only what changed is embedded, and another model comes in at once."""

from __future__ import annotations

import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from indexers.context import embedded_text
from indexers.errors import EmbedderMismatch, EmbedError, SettingsError, StoreBusy
from indexers.hashing import HashingEmbedder
from indexers.settings import StoreSettings
from indexers.split import SPLITTER_VERSION, split_document
from indexers.store import Store, Writer, meta
from indexers.store.doctor import examine
from indexers.store.rebuild import rebuild_chunks, rebuild_segments, rebuild_vectors
from tests.indexers.documents import document_of
from tests.indexers.store.killing import killed_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from indexers.embed import Embedder, Matrix, Vector

SETTINGS = StoreSettings(seal_rows=4)
SENTENCES = [f"Sentence number {number} speaks of leave, trains and prices in plain words." for number in range(40)]


class Counting(HashingEmbedder):
    """Counts the texts that it embeds, and fails after as many as it may."""

    def __init__(self, *, dimension: int = 64, max_tokens: int = 256, most: int = 10**9) -> None:
        super().__init__(dimension=dimension, max_tokens=max_tokens)
        self.embedded = 0
        self.most = most

    def embed_passages(self, texts: Any, *, progress: Any = None, cut: bool = False) -> Matrix:
        if list(texts) != [meta.FIXED_SENTENCE]:
            if self.embedded + len(texts) > self.most:
                raise EmbedError("out of memory")
            self.embedded += len(texts)
        return super().embed_passages(texts, progress=progress, cut=cut)


@pytest.fixture
def index(tmp_path: Path, embedder: HashingEmbedder) -> Path:
    """Six documents of several chunks; the first in two versions, and sharing its words with the last."""
    folder = tmp_path / "index"
    with (
        Store.create(folder, embedder=embedder.identity, max_tokens=64) as store,
        store.writer(embedder, settings=SETTINGS) as writer,
    ):
        put(writer, embedder, 0, "v0", SENTENCES[:3])
        for number in range(6):
            put(writer, embedder, number, "v1", SENTENCES[7 * number : 7 * number + 7] + SENTENCES[:2])
        writer.seal()
    return folder


def put(writer: Writer, embedder: Embedder, number: int, version: str, sentences: list[str]) -> None:
    document = document_of(("heading", f"Part {number}"), ("paragraph", " ".join(sentences)), uri=f"root/{number}.md")
    document = replace(document, version=version, access=("staff",) if number == 3 else None)
    chunks = split_document(document, embedder, max_tokens=64)
    writer.put(document, chunks, root="root", content_hash=f"{number} {version}")


def check(folder: Path, embedder: Embedder, *, max_tokens: int) -> None:
    """The index is exactly what it would be, had it been made with this model and length from the start."""
    harmless = {"rebuild", "file"}  # what was begun, and segments that no row names yet
    assert [one for one in examine(folder, embedder=embedder, deep=True) if one.part not in harmless] == []
    with Store.open(folder) as store:
        assert (store.embedder, store.max_tokens) == (embedder.identity, max_tokens)
        snapshot = store.snapshot()
        expected: dict[str, Vector] = {}
        for entry in snapshot.documents():
            document = snapshot.document(entry.id)
            cut = split_document(document, embedder, max_tokens=max_tokens)
            assert snapshot.chunks([chunk.id for chunk in cut]) == cut
            assert (entry.root, entry.chunks) == ("root", len(cut))
            expected |= {chunk.id: embedder.embed_query(embedded_text(document, chunk, embedder)) for chunk in cut}
        query = embedder.embed_query("leave and trains")
        found = dict(snapshot.search(query, limit=999))
        assert found.keys() == expected.keys()
        for name, vector in expected.items():
            assert found[name] == pytest.approx(float(vector @ query), abs=2e-3)
        assert snapshot.document("0.md", version="v0").text.endswith("plain words."), "old versions keep their text"
        assert snapshot.entry("3.md").access == ("staff",)


def test_segments_are_built_again(index: Path, embedder: HashingEmbedder) -> None:
    for path in (index / "segments").iterdir():
        path.write_bytes(b"x")
    before = Store.open(index)
    history = before.snapshot().index_id
    rebuild_segments(index, embedder=embedder, settings=SETTINGS)
    check(index, embedder, max_tokens=64)
    assert before.snapshot().index_id != history, "readers and the lexical index begin anew"
    before.close()


def test_another_length_embeds_only_the_strings_that_are_new(index: Path) -> None:
    counting = Counting()
    done = rebuild_chunks(index, embedder=counting, max_tokens=64, settings=SETTINGS)
    assert (done.documents, done.embedded, counting.embedded) == (6, 0, 0), "nothing has changed"
    done = rebuild_chunks(index, embedder=counting, max_tokens=128, settings=SETTINGS)
    assert done.embedded == counting.embedded > 0
    check(index, counting, max_tokens=128)
    again = Counting()
    assert rebuild_chunks(index, embedder=again, max_tokens=128, settings=SETTINGS) == replace(done, embedded=0)
    assert again.embedded == 0


def test_an_index_of_an_older_splitter_says_so_until_it_is_rebuilt(index: Path, embedder: HashingEmbedder) -> None:
    with Writer(index, embedder, SETTINGS) as writer, writer._catalogue.writing() as connection:
        meta.put_index(connection, replace(meta.read(connection), splitter="1"))
    with Store.open(index) as store:
        assert store.rebuild_due() == f"were cut by splitter 1, this version has splitter {SPLITTER_VERSION}"
    assert [one.mend for one in examine(index, embedder=embedder)] == ["rag rebuild --split"]
    rebuild_chunks(index, embedder=embedder, max_tokens=64)
    with Store.open(index) as store:
        assert store.rebuild_due() is None
    check(index, embedder, max_tokens=64)


def test_another_model_comes_in_at_once(index: Path, embedder: HashingEmbedder) -> None:
    other = Counting(dimension=96)
    with Store.open(index) as reader:
        before = reader.snapshot().search(embedder.embed_query("leave"), limit=9)
        answers = []

        def look(_done: int, _total: int) -> None:
            reader.check_embedder(embedder.identity)
            answers.append(reader.snapshot().search(embedder.embed_query("leave"), limit=9))

        done = rebuild_vectors(index, embedder=other, settings=SETTINGS, progress=look)
        assert done.embedded == other.embedded > 0
        assert all(found == before for found in answers), "readers answer from the first model until the swap"
        reader.snapshot()
        with pytest.raises(EmbedderMismatch):
            reader.check_embedder(embedder.identity)
        assert reader.embedder == other.identity
    check(index, other, max_tokens=64)
    again = rebuild_vectors(index, embedder=Counting(dimension=96, most=0), settings=SETTINGS)
    assert again.embedded == 0, "what is there is not embedded again"


def test_a_model_that_reads_less_gets_shorter_chunks(index: Path) -> None:
    short = Counting(dimension=96, max_tokens=40)
    with pytest.raises(SettingsError, match="reads at most 40"):
        rebuild_vectors(index, embedder=short, max_tokens=64, settings=SETTINGS)
    rebuild_vectors(index, embedder=short, settings=SETTINGS)
    check(index, short, max_tokens=40)
    with pytest.raises(SettingsError, match="reads at most 40"):
        rebuild_chunks(index, embedder=short, max_tokens=64)


def test_a_model_that_fails_changes_nothing_and_is_taken_up_again(
    index: Path, embedder: HashingEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexers.store.swap.BATCH_TEXTS", 3)
    with pytest.raises(EmbedError):
        rebuild_vectors(index, embedder=Counting(dimension=96, most=7), settings=SETTINGS)
    check(index, embedder, max_tokens=64)
    (finding,) = examine(index, embedder=embedder, deep=True)
    assert finding.mend == "rag rebuild --embed --model hashing"
    rest = Counting(dimension=96)
    done = rebuild_vectors(index, embedder=rest, settings=SETTINGS)
    assert done.embedded == rest.embedded == done.chunks - 6, "six of them were durable"
    check(index, rest, max_tokens=64)


def test_a_begun_model_is_forgotten_for_another_or_for_none(
    index: Path, embedder: HashingEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexers.store.swap.BATCH_TEXTS", 3)
    for finish in (rebuild_segments, partial(rebuild_chunks, max_tokens=64)):
        with pytest.raises(EmbedError):
            rebuild_vectors(index, embedder=Counting(dimension=96, most=7), settings=SETTINGS)
        finish(index, embedder=embedder, settings=SETTINGS)
        assert examine(index, embedder=embedder, deep=True) == []
        check(index, embedder, max_tokens=64)


def test_one_writer(index: Path, embedder: HashingEmbedder) -> None:
    with Writer(index, embedder, SETTINGS):
        for attempt in (rebuild_segments, partial(rebuild_chunks, max_tokens=64), rebuild_vectors):
            with pytest.raises(StoreBusy):
                attempt(index, embedder=embedder)


@pytest.mark.parametrize("how", [rebuild_segments, rebuild_vectors])
def test_a_writer_that_comes_before_the_sealing_is_no_failure(
    index: Path, embedder: HashingEmbedder, how: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_late(folder: Path, *_: object) -> None:
        raise StoreBusy(path=str(folder))

    monkeypatch.setattr("indexers.store.rebuild.Writer", too_late)
    how(index, embedder=embedder, settings=SETTINGS)
    check(index, embedder, max_tokens=64)
    with Store.open(index) as store:
        loaded = store.snapshot().loaded
        assert (len(loaded.segments), len(loaded.tail.rows)) == (1, 0), "no reader has to hold all vectors unsealed"


def vectors_anew(folder: Path, embedder: Embedder) -> None:
    rebuild_vectors(folder, embedder=embedder, settings=SETTINGS)


def chunks_anew(folder: Path, embedder: Embedder) -> None:
    rebuild_chunks(folder, embedder=embedder, max_tokens=128, settings=SETTINGS)


def test_a_kill_leaves_one_model_or_the_other_and_what_was_embedded(
    index: Path, embedder: HashingEmbedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexers.store.swap.BATCH_TEXTS", 3)
    other = HashingEmbedder(dimension=96)
    seen = set()
    for event in range(1, 9999, 97):
        copy = Path(shutil.copytree(index, tmp_path / "copy"))
        killed = killed_at(event, partial(vectors_anew, copy, other))
        with Store.open(copy) as store:
            present = other if store.embedder == other.identity else embedder
        check(copy, present, max_tokens=64)
        rest = Counting(dimension=96)
        done = rebuild_vectors(copy, embedder=rest, settings=SETTINGS)
        seen.add((killed, present is other, rest.embedded < done.chunks))
        check(copy, rest, max_tokens=64)
        assert examine(copy, embedder=rest, deep=True) == []
        shutil.rmtree(copy)
        if not killed:
            break
    assert {(True, False, True), (False, True, True)} <= seen


def test_a_kill_while_texts_are_cut_anew(index: Path, tmp_path: Path) -> None:
    plain = HashingEmbedder(dimension=64)
    for event in range(20, 9999, 83):
        copy = Path(shutil.copytree(index, tmp_path / "copy"))
        killed = killed_at(event, partial(chunks_anew, copy, plain))
        assert {one.part for one in examine(copy, embedder=plain, deep=True)} <= {"rebuild", "file"}
        rebuild_chunks(copy, embedder=plain, max_tokens=128, settings=SETTINGS)
        check(copy, plain, max_tokens=128)
        shutil.rmtree(copy)
        if not killed:
            break
