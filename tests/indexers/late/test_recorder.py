"""Codes come out of the pass that embeds, are computed for what has none, and go with the documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from indexers.document import Block, Document, document_id
from indexers.hashing import HashingEmbedder
from indexers.late.folder import FOLDER, Packs, names
from indexers.late.recorder import bring_up, catch_up, forget, recording
from indexers.minilm import MiniLM
from indexers.split import split_document
from indexers.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from indexers.embed import Embedder

TEXTS = [f"Clause {number}: the plumb line of {name} hangs true." for number, name in enumerate("abcdef")]


class Counting(MiniLM):
    """The bundled model, which counts the passages that it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.passages = 0

    def _ids(self, texts: Sequence[str], *, cut: bool) -> list[list[int]]:
        self.passages += len(texts)
        return super()._ids(texts, cut=cut)


@pytest.fixture(scope="module")
def model() -> Counting:
    return Counting()


@pytest.fixture
def store(tmp_path: Path, model: Counting) -> Iterator[Store]:
    with Store.create(tmp_path / "index", embedder=model.identity, max_tokens=256) as store:
        yield store


def put(store: Store, embedder: Embedder, texts: Sequence[str] = TEXTS, *, version: str = "1") -> None:
    with store.writer(embedder) as writer:
        for number, text in enumerate(texts):
            uri = f"{number}.md"
            document = Document(
                document_id(uri), uri, "", "text/plain", version, text, (Block("paragraph", 0, len(text)),)
            )
            chunks = split_document(document, embedder, max_tokens=256)
            writer.put(document, chunks, root="root", content_hash=version)


def missing(store: Store, model: MiniLM) -> int:
    keys = [key for entry in store.snapshot().documents() for key in store.snapshot().vector_keys_of(entry)]
    return len(keys) - len(Packs.open(store.path / FOLDER, coding=str(model.coding)).held(keys))


def test_codes_cost_no_second_pass(store: Store, model: Counting) -> None:
    with recording(model, store.path) as embedder:
        before = model.passages
        put(store, embedder)
    assert model.passages - before == len(TEXTS) + 1, "each text, and the sentence that proves the model"
    assert missing(store, model) == 0
    assert catch_up(store, model) == 0
    assert model.passages - before == len(TEXTS) + 1


def test_codes_are_the_same_whether_recorded_or_computed_later(store: Store, model: Counting) -> None:
    with recording(model, store.path) as embedder:
        put(store, embedder)
    keys = [key for entry in store.snapshot().documents() for key in store.snapshot().vector_keys_of(entry)]
    recorded = Packs.open(store.path / FOLDER, coding=str(model.coding)).codes(keys)[0].tolist()
    for name in names(store.path / FOLDER):
        (store.path / FOLDER / name).unlink()
    (store.path / FOLDER / "reached.json").unlink(missing_ok=True)
    assert missing(store, model) == len(TEXTS)
    assert catch_up(store, model) == len(TEXTS)
    assert Packs.open(store.path / FOLDER, coding=str(model.coding)).codes(keys)[0].tolist() == recorded


def test_only_what_changed_is_encoded(store: Store, model: Counting) -> None:
    put(store, model)
    assert catch_up(store, model) == len(TEXTS)
    put(store, model, [*TEXTS[:5], "Another text altogether."], version="2")
    assert catch_up(store, model) == 1
    assert missing(store, model) == 0


def test_a_damaged_pack_is_computed_again(store: Store, model: Counting) -> None:
    put(store, model)
    catch_up(store, model)
    (name,) = names(store.path / FOLDER)
    damaged = store.path / FOLDER / name
    damaged.write_bytes(damaged.read_bytes()[:-1])
    assert catch_up(store, model) == len(TEXTS)
    assert (missing(store, model), damaged.read_bytes()[-1:]) == (0, b"E"), "the same content, the same name"


def test_an_interrupted_run_keeps_what_it_has_done(store: Store, model: Counting) -> None:
    class Stopped(BaseException):
        pass

    def progress(_: int) -> None:
        raise Stopped

    with recording(model, store.path) as embedder:
        put(store, embedder, TEXTS[:3])
        with pytest.raises(Stopped):
            embedder.embed_passages(TEXTS, progress=progress)
    put(store, model)
    assert catch_up(store, model) == len(TEXTS) - 3


def test_codes_of_removed_documents_go_once_they_are_a_tenth(store: Store, model: Counting) -> None:
    texts = [f"Text number {number}." for number in range(80)]
    with recording(model, store.path) as embedder:
        put(store, embedder, texts)
    catch_up(store, model)
    with store.writer(model) as writer:
        writer.remove_all([entry.id for entry in store.snapshot().documents()[5:]])
    forget(store, model)
    assert len(Packs.open(store.path / FOLDER, coding=str(model.coding))) == 5
    assert missing(store, model) == 0


def test_what_is_switched_off_leaves_nothing_behind(store: Store, model: Counting) -> None:
    with recording(model, store.path) as embedder:
        put(store, embedder)
    with recording(model, store.path, wanted=False) as embedder:
        assert embedder is model
    bring_up(store, model, wanted=False)
    assert not (store.path / FOLDER).exists()


def test_an_embedder_without_pieces_records_nothing(tmp_path: Path) -> None:
    hashing = HashingEmbedder()
    with recording(hashing, tmp_path) as embedder:
        assert embedder is hashing


def test_a_folder_that_cannot_be_written_stops_no_indexing(store: Store, model: Counting) -> None:
    (store.path / FOLDER).write_text("a file")
    with recording(model, store.path) as embedder:
        put(store, embedder)
    assert len(store.snapshot().documents()) == len(TEXTS)
