"""A reader that follows the writer reads little, and holds the same as one that has just opened the index."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from indexers.document import document_id
from indexers.settings import StoreSettings
from indexers.store import Relocation, Store, catalogue
from tests.indexers.store.pieces import put

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from indexers.hashing import HashingEmbedder
    from indexers.store import Snapshot, Writer

WORDS = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta")


def held(snapshot: Snapshot, embedder: HashingEmbedder) -> object:
    """All that a snapshot has in memory, and what it answers."""
    tail = snapshot.loaded.tail
    answers = [snapshot.search(embedder.embed_query(word), limit=50) for word in WORDS]
    return (
        snapshot.generation,
        snapshot.documents(),
        sorted(snapshot.loaded.segments),
        tail.rows.tolist(),
        tail.spans.tolist(),
        tail.vectors.tobytes(),
        answers,
    )


def do_something(writer: Writer, chance: random.Random) -> None:
    there = [entry.uri for entry in writer.entries()]
    kind = chance.choice(["put", "put", "put", "remove", "move", "access", "seal"])
    if kind == "put" or not there:
        text = "\n".join(" ".join(chance.choices(WORDS, k=2)) for _ in range(chance.randrange(1, 5)))
        put(writer, f"d{chance.randrange(12):02}", text)
    elif kind == "remove":
        writer.remove(document_id(chance.choice(there)))
    elif kind == "move":
        old, new = chance.choice(there), f"m{chance.randrange(10**6)}"
        writer.move([Relocation(document_id(old), uri=new, file=new, root="root", content_hash="h", access=("hr",))])
    elif kind == "access":
        writer.set_access({document_id(chance.choice(there)): (chance.choice(WORDS),)})
    else:
        writer.seal()


def test_a_reader_that_follows_holds_what_a_new_one_holds(
    store: Store, folder: Path, embedder: HashingEmbedder
) -> None:
    chance = random.Random(7)  # noqa: S311  the same steps every time
    with store.writer(embedder, settings=StoreSettings(seal_rows=6, keep_versions=1)) as writer:
        for step in range(120):
            do_something(writer, chance)
            if step % 3 == 0:
                with Store.open(folder) as fresh:
                    assert held(store.snapshot(), embedder) == held(fresh.snapshot(), embedder), f"step {step}"


def test_only_what_changed_is_read_again(
    store: Store, embedder: HashingEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.writer(embedder, settings=StoreSettings(seal_rows=100)) as writer:
        for number in range(40):
            put(writer, f"d{number:02}", f"alpha {number}\nbeta {number}")
        before = store.snapshot()
        put(writer, "d07", "gamma\ndelta\nepsilon")
        writer.remove(document_id("d09"))
        read: list[int] = []
        stored = catalogue.stored
        monkeypatch.setattr(catalogue, "entries", None)

        def counted(connection: sqlite3.Connection, rows: Any, *, dimension: int) -> Any:
            read.append(len(rows))
            return stored(connection, rows, dimension=dimension)

        monkeypatch.setattr(catalogue, "stored", counted)
        after = store.snapshot()
    assert read == [3]
    kept = {id(entry) for entry in before.documents()} & {id(entry) for entry in after.documents()}
    assert len(kept) == 38
    assert len(after.search(embedder.embed_query("alpha"), limit=99)) == 79


def test_a_folder_put_back_under_a_reader_answers_as_one_that_is_opened_now(
    store: Store, folder: Path, embedder: HashingEmbedder
) -> None:
    with store.writer(embedder) as writer:
        put(writer, "a", "alpha")
    kept = folder.with_name("kept")
    with closing(sqlite3.connect(folder / "catalogue.sqlite3")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copytree(folder, kept)
    with store.writer(embedder) as writer:
        put(writer, "b", "beta")
    assert [entry.uri for entry in store.snapshot().documents()] == ["a", "b"]
    shutil.rmtree(folder)
    kept.rename(folder)
    with Store.open(folder) as fresh, fresh.writer(embedder) as writer:
        put(writer, "c", "gamma")  # the generation, the rows and the sums are those of before, the words are not
        assert held(store.snapshot(), embedder) == held(fresh.snapshot(), embedder)


def test_a_catalogue_with_another_history_is_read_whole(store: Store, folder: Path, embedder: HashingEmbedder) -> None:
    with store.writer(embedder) as writer:
        for name in ("a", "b", "c"):
            put(writer, name, f"alpha {name}")
        store.snapshot()
        put(writer, "d", "alpha d")
    with closing(sqlite3.connect(folder / "catalogue.sqlite3")) as connection:
        # A removal of which no reader is told, as where the catalogue of another moment was put in this one's place.
        connection.execute("DELETE FROM documents WHERE uri = 'b'")
        connection.execute("DELETE FROM meta WHERE key = 'tally documents'")
        connection.commit()
    assert [entry.uri for entry in store.snapshot().documents()] == ["a", "c", "d"]
    assert store.snapshot().loaded.tail.rows.tolist() == [0, 2, 3]
