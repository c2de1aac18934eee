"""Codes come out of the pass that embeds, are computed for what has none, and go with the documents."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from indexers.context import embedded_text
from indexers.hashing import HashingEmbedder
from indexers.late.folder import FOLDER, Packs, damaged_packs, drop_packs, fold, names
from indexers.late.recorder import bring_up, catch_up, forget, recording
from indexers.store import Store
from tests.indexers.late.pieces import PieceHashing, codes_of, keys_of, missing, put
from tests.indexers.store.killing import killed_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEXTS = [f"Clause {number}: the plumb line of {name} hangs true." for number, name in enumerate("abcdef")]


@pytest.fixture
def model() -> PieceHashing:
    return PieceHashing()


@pytest.fixture
def store(tmp_path: Path, model: PieceHashing) -> Iterator[Store]:
    with Store.create(tmp_path / "index", embedder=model.identity, max_tokens=99) as store:
        yield store


def demand_right_codes(store: Store, model: PieceHashing) -> None:
    """What is found of any live chunk is what its text makes, or nothing."""
    snapshot, packs = store.snapshot(), Packs.open(store.path / FOLDER, coding=model.coding)
    for chunk in snapshot.all_chunks():
        text = embedded_text(snapshot.document(chunk.document_id), chunk, model)
        found, _ = packs.codes([snapshot.vector_keys([chunk.id])[chunk.id]])
        assert found.tolist() in ([], codes_of(text).codes.tolist())


def test_codes_cost_no_second_pass(store: Store, model: PieceHashing) -> None:
    with recording(model, store.path) as embedder:
        put(store, embedder, TEXTS)
    assert model.passages == len(TEXTS) + 1, "each text, and the sentence that proves the model"
    assert (missing(store), catch_up(store, model)) == (0, 0)
    assert model.passages == len(TEXTS) + 1


def test_codes_are_the_same_whether_recorded_or_computed_later(store: Store, model: PieceHashing) -> None:
    with recording(model, store.path) as embedder:
        put(store, embedder, TEXTS)
    recorded = Packs.open(store.path / FOLDER, coding=model.coding).codes(keys_of(store))[0].tolist()
    for name in names(store.path / FOLDER):
        (store.path / FOLDER / name).unlink()
    assert missing(store) == len(TEXTS)
    assert catch_up(store, model) == len(TEXTS)
    assert Packs.open(store.path / FOLDER, coding=model.coding).codes(keys_of(store))[0].tolist() == recorded
    demand_right_codes(store, model)


def test_only_what_changed_is_encoded(store: Store, model: PieceHashing) -> None:
    put(store, model, TEXTS)
    assert catch_up(store, model) == len(TEXTS)
    put(store, model, [*TEXTS[:5], "Another text altogether."], version="2")
    assert (catch_up(store, model), missing(store)) == (1, 0)


def test_packs_that_have_gone_are_noticed_though_nothing_else_has_changed(store: Store, model: PieceHashing) -> None:
    put(store, model, TEXTS)
    catch_up(store, model)
    for name in names(store.path / FOLDER):
        (store.path / FOLDER / name).unlink()
    assert (catch_up(store, model), missing(store)) == (len(TEXTS), 0)


@pytest.mark.parametrize("at", [0, -200, -1], ids=["codes", "description", "mark"])
def test_a_damaged_pack_is_computed_again(store: Store, model: PieceHashing, at: int) -> None:
    put(store, model, TEXTS)
    catch_up(store, model)
    (name,) = names(store.path / FOLDER)
    whole = (store.path / FOLDER / name).read_bytes()
    torn = bytearray(whole)
    torn[at] ^= 1
    (store.path / FOLDER / name).write_bytes(torn)
    demand_right_codes(store, model)
    assert damaged_packs(store.path / FOLDER, deep=True) == [name]
    drop_packs(store.path / FOLDER, [name])
    assert catch_up(store, model) == len(TEXTS)
    assert (missing(store), damaged_packs(store.path / FOLDER, deep=True)) == (0, [])
    demand_right_codes(store, model)


def test_an_interrupted_run_keeps_what_it_has_done(store: Store, model: PieceHashing) -> None:
    class Stopped(BaseException):
        pass

    def progress(_: int) -> None:
        raise Stopped

    with recording(model, store.path) as embedder:
        put(store, embedder, TEXTS[:3])
        with pytest.raises(Stopped):
            embedder.embed_passages(TEXTS, progress=progress)
    put(store, model, TEXTS)
    assert catch_up(store, model) == len(TEXTS) - 3


def test_a_kill_at_any_moment_leaves_right_codes_or_none_and_the_next_run_completes_them(
    tmp_path: Path, store: Store, model: PieceHashing
) -> None:
    with recording(model, store.path) as embedder:
        put(store, embedder, TEXTS[:1])
    put(store, model, TEXTS[:2])
    event, killed = 0, True
    while killed:
        event += 1
        folder = tmp_path / str(event)
        shutil.copytree(store.path, folder)

        def work(folder: Path = folder) -> None:
            with Store.open(folder) as store:
                catch_up(store, model)
                fold(folder / FOLDER, coding=model.coding, live={keys_of(store)[0]})

        killed = killed_at(event, work)
        with Store.open(folder) as found:
            demand_right_codes(found, model)
            catch_up(found, model)
            assert missing(found) == 0
            demand_right_codes(found, model)
            left = {entry.name for entry in (folder / FOLDER).iterdir()}
            assert left == {*names(folder / FOLDER), "LOCK", "reached.json"}, "nothing half written stays"
    assert event > 20


def test_codes_of_what_was_removed_on_purpose_go_at_once(store: Store, model: PieceHashing) -> None:
    with recording(model, store.path) as embedder:
        put(store, embedder, TEXTS)
    gone, *_ = keys_of(store)
    with store.writer(model) as writer:
        writer.remove_all([store.snapshot().documents()[0].id])
    forget(store, model)
    assert Packs.open(store.path / FOLDER, coding=model.coding).held([gone]) == set()
    assert (missing(store), len(keys_of(store))) == (0, len(TEXTS) - 1)
    before = names(store.path / FOLDER)
    forget(store, model)
    assert names(store.path / FOLDER) == before, "there was nothing to do"


def test_codes_of_texts_that_have_gone_go_once_they_are_a_tenth(store: Store, model: PieceHashing) -> None:
    texts = [f"Text number {number}." for number in range(80)]
    with recording(model, store.path) as embedder:
        put(store, embedder, texts)
    catch_up(store, model)
    with store.writer(model) as writer:
        writer.remove_all([entry.id for entry in store.snapshot().documents()[5:]])
    catch_up(store, model)
    assert len(Packs.open(store.path / FOLDER, coding=model.coding)) == 5
    assert missing(store) == 0


def test_another_models_codes_are_replaced(store: Store, model: PieceHashing) -> None:
    put(store, model, TEXTS)
    catch_up(store, model)
    before = names(store.path / FOLDER)
    model.coding = "hashed-2"
    assert catch_up(store, model) == len(TEXTS)
    assert not set(before) & set(names(store.path / FOLDER))


def test_readers_go_on_with_packs_that_are_folded_away(store: Store, model: PieceHashing) -> None:
    put(store, model, TEXTS)
    catch_up(store, model)
    held = Packs.open(store.path / FOLDER, coding=model.coding)
    with store.writer(model) as writer:
        writer.remove_all([entry.id for entry in store.snapshot().documents()[1:]])
    keys = keys_of(store)
    for name in names(store.path / FOLDER):
        (store.path / FOLDER / name).unlink()
    assert np.all(held.codes(keys)[1] > 0)


def test_what_is_switched_off_leaves_nothing_behind(store: Store, model: PieceHashing) -> None:
    with recording(model, store.path) as embedder:
        put(store, embedder, TEXTS)
    with recording(model, store.path, wanted=False) as embedder:
        assert embedder is model
    bring_up(store, model, wanted=False)
    assert not (store.path / FOLDER).exists()


def test_an_embedder_without_pieces_records_nothing(tmp_path: Path) -> None:
    hashing = HashingEmbedder()
    with recording(hashing, tmp_path) as embedder:
        assert embedder is hashing


def test_a_folder_that_cannot_be_written_stops_no_indexing(store: Store, model: PieceHashing) -> None:
    (store.path / FOLDER).write_text("a file")
    with recording(model, store.path) as embedder:
        put(store, embedder, TEXTS)
    assert len(store.snapshot().documents()) == len(TEXTS)
