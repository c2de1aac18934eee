"""What sync asks of the store: documents under other URIs, access lists, sketches, and what was seen of files."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from indexers.document import document_id
from indexers.errors import DocumentNotFound, StoreDamaged, StoreError
from indexers.hashing import HashingEmbedder
from indexers.settings import StoreSettings
from indexers.store import Relocation, SeenFile, Store
from tests.indexers.store.pieces import contents, put, visible

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EMBEDDER = HashingEmbedder(dimension=32)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "index", embedder=EMBEDDER.identity, max_tokens=99) as store:
        with store.writer(EMBEDDER, settings=StoreSettings(seal_rows=3)) as writer:
            put(writer, "root/a", "alpha one\nbeta two")
            put(writer, "root/b", "gamma\ndelta")
            writer.seal()
            put(writer, "root/a", "alpha three\nbeta two")
        yield store


def nearest(store: Store, words: str) -> str:
    snapshot = store.snapshot()
    chunk = snapshot.chunk(snapshot.search(EMBEDDER.embed_query(words), limit=1)[0][0])
    document = snapshot.document(chunk.document_id, version=chunk.version)
    return f"{document.uri}: {document.text[chunk.start : chunk.end]}"


def relocation(old: str, new: str) -> Relocation:
    return Relocation(document_id(old), new, new, "other", "hash", ("hr",))


def test_a_moved_document_keeps_text_vectors_and_old_versions(store: Store) -> None:
    before = store.snapshot()
    old_version = before.document("root/a").version
    with store.writer(EMBEDDER) as writer:
        writer.move([relocation("root/a", "other/z")])
    after = store.snapshot()
    assert contents(store) == {"other/z": "alpha three\nbeta two", "root/b": "gamma\ndelta"}
    assert nearest(store, "alpha three") == "other/z: alpha three"
    entry = after.entry("other/z")
    assert (entry.id, entry.root, entry.content_hash, entry.access) == (
        document_id("other/z"),
        "other",
        "hash",
        ("hr",),
    )
    first = next(version for version in versions(store, entry.id) if version != old_version)
    assert after.document("other/z", version=first).text == "alpha one\nbeta two"
    assert after.status().vectors == before.status().vectors
    assert set(after.removed_since(before.generation)) == {document_id("root/a"), entry.id}
    assert [chunk.document_id for chunk in after.all_chunks(after_generation=before.generation)] == [entry.id] * 2
    with pytest.raises(DocumentNotFound):
        after.document("root/a")


def test_a_moved_document_can_be_changed_and_removed(store: Store) -> None:
    with store.writer(EMBEDDER) as writer:
        writer.move([relocation("root/a", "other/a"), relocation("root/b", "root/a")])
        assert put(writer, "other/a", "alpha three\nbeta two\nnew") == 1
        writer.remove_all([document_id("root/a"), document_id("other/a")])
    assert (contents(store), store.snapshot().status().vectors) == ({}, 0)


def test_a_move_of_several_is_all_or_nothing(store: Store) -> None:
    with store.writer(EMBEDDER) as writer, pytest.raises(DocumentNotFound):
        writer.move([relocation("root/a", "other/z"), relocation("root/none", "other/y")])
    assert set(contents(store)) == {"root/a", "root/b"}


def test_nothing_is_moved_onto_another_document(store: Store) -> None:
    before = contents(store)
    with store.writer(EMBEDDER) as writer, pytest.raises(StoreError, match="is in the index already") as caught:
        writer.move([relocation("root/a", "root/b")])
    assert not isinstance(caught.value, StoreDamaged)
    assert contents(store) == before


def test_a_removal_of_several_is_all_or_nothing(store: Store) -> None:
    with store.writer(EMBEDDER) as writer, pytest.raises(DocumentNotFound):
        writer.remove_all([document_id("root/a"), "none"])
    assert set(contents(store)) == {"root/a", "root/b"}


def test_an_access_list_is_the_documents_and_covers_its_old_versions(store: Store) -> None:
    before = store.snapshot()
    name = document_id("root/a")
    with store.writer(EMBEDDER) as writer:
        writer.set_access({name: ("hr", "legal")})
    after = store.snapshot()
    assert after.generation == before.generation + 1
    assert after.entry("root/a").access == ("hr", "legal")
    assert {after.document("root/a", version=version).access for version in versions(store, name)} == {("hr", "legal")}
    assert (before.entry("root/a").access, after.entry("root/b").access) == (None, None)
    assert after.removed_since(before.generation) == [], "no text has changed: nothing need be indexed again"


def test_who_sees_what(store: Store) -> None:
    a, b, c, d = (document_id(f"root/{name}") for name in "abcd")
    with store.writer(EMBEDDER) as writer:
        put(writer, "root/c", "epsilon")
        put(writer, "root/d", "zeta")
        writer.set_access({a: ("hr", "legal"), b: ("*",), c: ()})
    snapshot = store.snapshot()
    assert visible(snapshot, []) == {b}
    assert visible(snapshot, {"hr"}) == {a, b}
    assert visible(snapshot, ["legal", "it"]) == {a, b}
    assert visible(snapshot, ["HR", "h", ""]) == {b}
    assert d not in visible(snapshot, ["staff", "hr", "legal"])


def test_a_damaged_note_is_read_again_and_nothing_worse(store: Store) -> None:
    files = [
        SeenFile("root/a", "root", "1 2 3 4", "hash", (("root/a!x", "is damaged", "mend it"),)),
        SeenFile("root/b", "root", "", ""),
    ]
    with store.writer(EMBEDDER) as writer:
        writer.note([*files, SeenFile("root/c", "root", "", "")])
        writer.note([], gone=["root/c"])
        assert list(writer.seen().values()) == files
    with sqlite3.connect(store.path / "catalogue.sqlite3") as connection:
        connection.execute("UPDATE files SET content_hash = 'other' WHERE uri = 'root/a'")
    connection.close()
    assert store.seen() == {"root/b": files[1]}


def test_sketches_come_and_go_with_their_documents(store: Store) -> None:
    text = "one two three four five six seven eight nine ten"
    with store.writer(EMBEDDER) as writer:
        put(writer, "root/x", text)
        put(writer, "root/y", text)
        writer.move([relocation("root/b", "root/bb")])
    assert [(pair.uri, pair.like, pair.exact) for pair in store.duplicates()] == [("root/y", "root/x", True)]
    with store.writer(EMBEDDER) as writer:
        assert [sketch.uri for sketch in writer.sketches()] == ["root/a", "root/bb", "root/x", "root/y"]
        writer.remove(document_id("root/y"))
        put(writer, "root/x", "something else")
        assert [sketch.uri for sketch in writer.sketches()] == ["root/a", "root/bb", "root/x"]
    assert store.duplicates() == []


def versions(store: Store, name: str) -> list[str]:
    connection = sqlite3.connect(store.path / "catalogue.sqlite3")
    rows = connection.execute("SELECT version FROM versions WHERE document_id = ?", (name,)).fetchall()
    connection.close()
    return [version for (version,) in rows]
