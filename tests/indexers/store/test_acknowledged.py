"""What was acknowledged and is gone is said: SQLite itself reads a damaged log up to the damage, and says nothing."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from indexers.errors import StoreDamaged
from indexers.store import Store
from indexers.store.backup import write_backup
from tests.indexers.store.pieces import contents, put

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from indexers.hashing import HashingEmbedder


@pytest.fixture
def cut_off(store: Store, folder: Path, embedder: HashingEmbedder, tmp_path: Path) -> Path:
    """The folder of an index whose last change stands in the log, as a kill leaves it."""
    left = tmp_path / "left"
    with store.writer(embedder) as writer:
        put(writer, "a", "kept")
        put(writer, "b", "acknowledged")
        shutil.copytree(folder, left, ignore=shutil.ignore_patterns("*-shm"))
    return left


def flip_last(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(flip_last, id="a-bit"),
        pytest.param(lambda data: data[:-1], id="cut-short"),
        pytest.param(lambda data: b"", id="empty"),
        pytest.param(lambda data: bytes(len(data)), id="zeroed"),
    ],
)
def test_a_damaged_log_is_refused(cut_off: Path, embedder: HashingEmbedder, spoil: Callable[[bytes], bytes]) -> None:
    with Store.open(cut_off) as whole:
        assert set(contents(whole)) == {"a", "b"}
        untouched = cut_off.with_name("untouched")
        shutil.copytree(cut_off, untouched, ignore=shutil.ignore_patterns("*-shm"))
    log = untouched / "catalogue.sqlite3-wal"
    log.write_bytes(spoil(log.read_bytes()))
    with pytest.raises(StoreDamaged, match="has lost its last"):
        write_backup(untouched, untouched / "would-replace-a-better-one.tar")
    with pytest.raises(StoreDamaged, match="has lost its last") as caught:
        Store.open(untouched)
    assert "LOCK" in caught.value.hint
    (untouched / "LOCK").unlink()  # what the hint says
    with Store.open(untouched) as store, store.writer(embedder) as writer:
        assert "b" not in contents(store)
        put(writer, "b", "again")
        assert contents(store)["b"] == "again"


@pytest.mark.parametrize("note", [b"", b"\0" * 256, b"no note at all", "ä".encode() * 99])
def test_a_damaged_note_promises_nothing(cut_off: Path, embedder: HashingEmbedder, note: bytes) -> None:
    (cut_off / "LOCK").write_bytes(note)
    with Store.open(cut_off) as store:
        assert set(contents(store)) == {"a", "b"}
        with store.writer(embedder) as writer:
            put(writer, "c", "more")
    assert (cut_off / "LOCK").read_bytes() != note, "the next commit notes itself"


def test_another_index_in_the_same_place_owes_nothing(cut_off: Path, embedder: HashingEmbedder) -> None:
    for file in cut_off.glob("catalogue.sqlite3*"):
        file.unlink()
    with Store.create(cut_off, embedder=embedder.identity, max_tokens=99) as store:
        assert contents(store) == {}


def test_a_whole_folder_put_back_owes_what_it_held(store: Store, folder: Path, embedder: HashingEmbedder) -> None:
    with store.writer(embedder) as writer:
        put(writer, "a", "kept")
    store.close()
    backup = folder.with_name("backup")
    shutil.copytree(folder, backup)
    with Store.open(folder) as grown, grown.writer(embedder) as writer:
        put(writer, "b", "after the backup")
    shutil.rmtree(folder)
    shutil.copytree(backup, folder)
    with Store.open(folder) as restored:
        assert set(contents(restored)) == {"a"}
