"""The index as of an earlier moment: each document in the version that was current then, as far as it is kept."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from typing import TYPE_CHECKING

import numpy as np
import pytest

from indexers.document import document_id
from indexers.hashing import HashingEmbedder
from indexers.settings import StoreSettings
from indexers.store import Relocation, Store
from indexers.store.rebuild import rebuild_chunks
from indexers.store.rows import VERSION_COLUMNS, signed
from tests.indexers.store.pieces import put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from indexers.store import Snapshot

EMBEDDER = HashingEmbedder(dimension=32)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "index", embedder=EMBEDDER.identity, max_tokens=99) as store:
        yield store


def write(store: Store, *, keep: int = 5, seal: bool = False, **texts: str) -> dt.datetime:
    """Put the texts; says when that was done."""
    with store.writer(EMBEDDER, settings=StoreSettings(keep_versions=keep, seal_rows=2)) as writer:
        for name, text in texts.items():
            put(writer, f"root/{name}", text)
        if seal:
            writer.seal()
    return now()


def texts_of(snapshot: Snapshot) -> dict[str, str]:
    return {
        entry.uri.removeprefix("root/"): snapshot.document(entry.id, version=entry.version).text
        for entry in snapshot.documents()
    }


def found(snapshot: Snapshot, words: str) -> list[tuple[str, float]]:
    """Every chunk's text with its cosine, best first; each text is read, whichever version it is of."""
    hits = snapshot.search(EMBEDDER.embed_query(words), limit=100)
    chunks = snapshot.chunks([name for name, _ in hits])
    read = [snapshot.document(chunk.document_id, version=chunk.version) for chunk in chunks]
    lines = [document.text[chunk.start : chunk.end] for document, chunk in zip(read, chunks, strict=True)]
    return [(line, round(score, 6)) for line, (_, score) in zip(lines, hits, strict=True)]


@pytest.mark.parametrize("seal", [False, True], ids=["unsealed", "sealed"])
def test_each_document_is_found_as_it_was(store: Store, seal: bool) -> None:
    before = now()
    first = write(store, seal=seal, a="alpha one\nbeta", b="gamma")
    second = write(store, seal=seal, a="alpha two\nbeta", c="delta\nepsilon")
    third = write(store, seal=seal, a="alpha three", b="gamma rays\nzeta")
    present = store.snapshot()
    wanted = {
        before: {},
        first: {"a": "alpha one\nbeta", "b": "gamma"},
        second: {"a": "alpha two\nbeta", "b": "gamma", "c": "delta\nepsilon"},
        third: {"a": "alpha three", "b": "gamma rays\nzeta", "c": "delta\nepsilon"},
    }
    for moment, texts in wanted.items():
        past = present.as_of(moment)
        assert texts_of(past.snapshot) == texts
        assert past.missing == ()
        lines = [line for text in texts.values() for line in text.split("\n")]
        assert sorted(line for line, _ in found(past.snapshot, "alpha beta")) == sorted(lines)
        assert past.snapshot.chunk_count == len(lines)
        assert sorted(chunk.id for chunk in past.snapshot.all_chunks()) == sorted(
            name for name, _ in past.snapshot.search(EMBEDDER.embed_query("x"), limit=100)
        )
    assert found(present.as_of(third).snapshot, "gamma") == found(present, "gamma")
    assert present.as_of(third).snapshot.documents() == present.documents()


def test_cosines_of_old_versions_are_those_they_had(store: Store) -> None:
    first = write(store, a="alpha one\nbeta two", b="gamma")
    before = found(store.snapshot(), "alpha two")
    write(store, a="nothing of it", b="gamma rays")
    assert found(store.snapshot().as_of(first).snapshot, "alpha two") == before


def test_a_version_that_came_back_was_current_twice(store: Store) -> None:
    moments = [write(store, a=text) for text in ("one", "two", "one", "three")]
    present = store.snapshot()
    assert [texts_of(present.as_of(moment).snapshot)["a"] for moment in moments] == ["one", "two", "one", "three"]


def test_a_version_that_is_not_kept_is_missed_and_said_so(store: Store) -> None:
    moments = [write(store, keep=2, a=f"text {number}", b="same") for number in range(4)]
    present = store.snapshot()
    for moment in moments[:2]:
        past = present.as_of(moment)
        assert texts_of(past.snapshot) == {"b": "same"}, "no other version stands in for one that is gone"
        assert [entry.uri for entry in past.missing] == ["root/a"]
    assert texts_of(present.as_of(moments[2]).snapshot) == {"a": "text 2", "b": "same"}
    with store.writer(EMBEDDER) as writer:
        writer.remove_version(document_id("root/a"), present.as_of(moments[2]).snapshot.entry("root/a").version)
    gone = store.snapshot().as_of(moments[2])
    assert (texts_of(gone.snapshot), [entry.uri for entry in gone.missing]) == ({"b": "same"}, ["root/a"])


def test_a_document_that_came_later_or_went_is_not_there(store: Store) -> None:
    first = write(store, a="one", b="two")
    second = write(store, c="three")
    with store.writer(EMBEDDER) as writer:
        writer.remove(document_id("root/a"))
    past = store.snapshot().as_of(first)
    assert (texts_of(past.snapshot), past.missing) == ({"b": "two"}, ())
    assert texts_of(store.snapshot().as_of(second).snapshot) == {"b": "two", "c": "three"}


def test_a_move_takes_the_history_along(store: Store) -> None:
    first = write(store, a="one")
    write(store, a="two")
    with store.writer(EMBEDDER) as writer:
        writer.move([Relocation(document_id("root/a"), "root/z", "root/z", "root", "hash", ("hr",))])
    past = store.snapshot().as_of(first).snapshot
    assert texts_of(past) == {"z": "one"}
    assert past.entry("root/z").access == ("hr",), "who may see it is decided by today's list"


def test_cutting_anew_changes_no_history(store: Store) -> None:
    first = write(store, a="one two three")
    second = write(store, a="four five six")
    rebuild_chunks(store.path, embedder=EMBEDDER, max_tokens=40)
    present = store.snapshot()
    assert texts_of(present.as_of(first).snapshot) == {"a": "one two three"}
    assert texts_of(present.as_of(second).snapshot) == {"a": "four five six"}


def test_versions_that_an_earlier_plumbline_wrote_are_told_by_when_they_were_indexed(store: Store) -> None:
    for text in ("one", "two", "three"):
        write(store, a=text)
    days = iter(["2024-01-01T10:00:00+00:00", "2024-02-01T10:00:00+00:00", "2024-03-01T10:00:00+00:00"])
    change_records(store, lambda record: {**without(record, "periods", "first"), "indexed_at": next(days)})
    present = store.snapshot()
    for day, text in (("2024-01-01T10:00:00", "one"), ("2024-02-01T09:59:59", "one"), ("2024-02-20", "two")):
        past = present.as_of(dt.datetime.fromisoformat(day).replace(tzinfo=dt.UTC))
        assert texts_of(past.snapshot) == {"a": text}
    early = present.as_of(dt.datetime(2023, 1, 1, tzinfo=dt.UTC))
    assert (texts_of(early.snapshot), len(early.missing)) == ({}, 1), "it is not known whether it was there"
    write(store, a="four")
    later = store.snapshot().as_of(dt.datetime(2025, 1, 1, tzinfo=dt.UTC))
    assert texts_of(later.snapshot) == {"a": "three"}


def test_a_moment_in_another_zone_is_the_same_moment(store: Store) -> None:
    first = write(store, a="one")
    write(store, a="two")
    elsewhere = first.astimezone(dt.timezone(dt.timedelta(hours=-11)))
    assert texts_of(store.snapshot().as_of(elsewhere).snapshot) == {"a": "one"}


def test_a_snapshot_of_then_is_not_changed_by_what_comes(store: Store) -> None:
    first = write(store, a="one\nuno", b="bee")
    write(store, a="two")
    past = store.snapshot().as_of(first).snapshot
    before = past.search(EMBEDDER.embed_query("one"), limit=9)
    write(store, a="three", b="wasp")
    assert past.search(EMBEDDER.embed_query("one"), limit=9) == before
    some = past.among(np.array([True, False]))
    assert {name for name, _ in past.search(EMBEDDER.embed_query("one"), limit=9, documents=some)} < {
        name for name, _ in before
    }


def without(record: dict[str, object], *names: str) -> dict[str, object]:
    return {key: value for key, value in record.items() if key not in names}


def change_records(store: Store, change: Callable[[dict[str, object]], dict[str, object]]) -> None:
    """Rewrite the records of all versions, in the order in which they came."""
    with sqlite3.connect(store.path / "catalogue.sqlite3") as connection:
        query = f"SELECT {VERSION_COLUMNS} FROM versions ORDER BY generation"  # noqa: S608  constants
        for document, version, generation, record, *rest, _ in connection.execute(query).fetchall():
            renewed = json.dumps(change(json.loads(record)))
            digest = signed("versions", document, version, generation, renewed, *rest)[-1]
            connection.execute(
                "UPDATE versions SET record = ?, digest = ? WHERE version = ?", (renewed, digest, version)
            )
    connection.close()
