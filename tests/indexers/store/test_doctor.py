"""What `rag doctor` finds and mends: one damage each, found by name, mended without loss where that can be."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from indexers.document import document_id
from indexers.errors import EmbedderMismatch, StoreBusy, StoreError
from indexers.hashing import HashingEmbedder
from indexers.roots import Root
from indexers.settings import StoreSettings
from indexers.split import split_document
from indexers.store import Store
from indexers.store.doctor import examine
from indexers.store.folder_checks import lock_holder
from indexers.store.rebuild import rebuild_segments
from indexers.store.repair import repair
from indexers.store.segment_file import check_segment
from tests.indexers.documents import document_of
from tests.indexers.store.pieces import contents

if TYPE_CHECKING:
    from pathlib import Path

    from indexers.embed import Matrix

TEXTS = {
    "root/a.md": "Sixteen weeks of parental leave at full pay.",
    "root/b.md": "Trains are booked in second class.",
}


@pytest.fixture
def index(tmp_path: Path, embedder: HashingEmbedder) -> Path:
    """Two documents whose files are there, sealed; the second of them in two versions."""
    source = tmp_path / "root"
    source.mkdir()
    folder = tmp_path / "index"
    with (
        Store.create(folder, embedder=embedder.identity, max_tokens=64) as store,
        store.writer(embedder, settings=StoreSettings(seal_rows=1)) as writer,
    ):
        writer.add_root(Root("root", source))
        for uri, text in [("root/b.md", "Older words, long gone."), *TEXTS.items()]:
            (tmp_path / uri).write_text(text)
            document = document_of(("heading", "Rules"), ("paragraph", text), uri=uri)
            document = replace(document, version=f"v{len(text)}")
            chunks = split_document(document, embedder, max_tokens=64)
            writer.put(document, chunks, root="root", content_hash=str(len(text)))
        writer.seal()
    return folder


def edit(folder: Path, *statements: str) -> None:
    connection = sqlite3.connect(folder / "catalogue.sqlite3")
    connection.execute("PRAGMA foreign_keys=OFF")
    for statement in statements:
        assert connection.execute(statement).rowcount != 0, statement
    connection.commit()
    connection.close()


def everything(folder: Path, embedder: HashingEmbedder) -> object:
    """What a reader gets: the texts, the old version among them, and what a search finds."""
    with Store.open(folder) as store:
        snapshot = store.snapshot()
        old = snapshot.document("root/b.md", version="v23").text
        found = snapshot.search(embedder.embed_query("weeks of leave"), limit=9)
        texts = [snapshot.chunk(chunk).start for chunk, _ in found]
        return contents(store), old, [(chunk, round(score, 6)) for chunk, score in found], texts


def test_a_healthy_index_has_no_findings(index: Path, embedder: HashingEmbedder) -> None:
    assert examine(index, embedder=embedder, deep=True) == []
    before = everything(index, embedder)
    assert repair(index, embedder=embedder).done == []
    assert everything(index, embedder) == before


@pytest.mark.parametrize(
    ("statement", "part", "fast"),
    [
        pytest.param("UPDATE vectors SET fp16 = zeroblob(128) WHERE id = 2", "vector", False, id="vector"),
        pytest.param("UPDATE vectors SET fp16 = zeroblob(9) WHERE id = 2", "vector", False, id="short-vector"),
        pytest.param("UPDATE vectors SET key = zeroblob(32) WHERE id = 2", "chunk", False, id="vector-key"),
        pytest.param("DELETE FROM vectors WHERE id = 2", "chunk", False, id="vector-gone"),
        pytest.param("UPDATE chunks SET start = start + 1 WHERE row = 2", "chunk", False, id="chunk"),
        pytest.param("UPDATE chunks SET document_id = 'x' WHERE row = 2", "chunk", True, id="chunk-owner"),
        pytest.param("UPDATE chunks SET vector = 1 WHERE row = 2", "chunk", False, id="anothers-vector"),
        pytest.param("DELETE FROM chunks WHERE row = 2", "chunk", True, id="chunk-gone"),
        pytest.param("UPDATE chunks SET start = 7 WHERE row = 0", "chunk", False, id="chunk-of-an-old-version"),
        pytest.param("UPDATE meta SET value = '99' WHERE key = 'next_row'", "meta", True, id="next-row"),
        pytest.param("DELETE FROM meta WHERE key = 'generation'", "meta", True, id="generation-gone"),
        pytest.param("UPDATE meta SET value = 'x' WHERE key = 'layout'", "meta", True, id="layout"),
        pytest.param("UPDATE meta SET value = 'x' WHERE key = 'fixed_vector'", "meta", True, id="fixed-vector"),
        pytest.param("UPDATE segments SET rows = 99", "segment", True, id="segment-row"),
        pytest.param("INSERT INTO removals VALUES ('x', 1, x'00')", "meta", True, id="removal"),
        pytest.param("INSERT INTO vectors VALUES (99, x'00', x'00', x'00')", "vector", False, id="unused-vector"),
    ],
)
def test_damaged_rows_are_found_and_mended_without_loss(
    index: Path, embedder: HashingEmbedder, statement: str, part: str, fast: bool
) -> None:
    before = everything(index, embedder)
    edit(index, statement)
    found = examine(index, embedder=embedder, deep=True)
    assert part in {one.part for one in found}
    assert all(one.repairable and one.mend == "rag doctor --repair" for one in found)
    assert (part in {one.part for one in examine(index, embedder=embedder)}) == fast
    repaired = repair(index, embedder=embedder, settings=StoreSettings(seal_rows=1))
    assert repaired.dropped == []
    assert examine(index, embedder=embedder, deep=True) == []
    assert everything(index, embedder) == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE texts SET text = zeroblob(9) WHERE version = 'v44'",
        "UPDATE texts SET blocks = zeroblob(9) WHERE version = 'v44'",
        "DELETE FROM texts WHERE version = 'v44'",
        "UPDATE versions SET record = '{}' WHERE version = 'v44'",
        "UPDATE documents SET generation = 0 WHERE uri = 'root/a.md'",
        "UPDATE documents SET root = 'elsewhere' WHERE uri = 'root/a.md'",
    ],
)
def test_a_damaged_document_is_dropped_where_its_file_can_be_read_again(
    index: Path, embedder: HashingEmbedder, statement: str
) -> None:
    edit(index, statement)
    (finding,) = [one for one in examine(index, embedder=embedder, deep=True) if one.part == "document"]
    assert (finding.subject, finding.repairable) == ("root/a.md", True)
    assert repair(index, embedder=embedder).dropped == ["root/a.md"]
    assert examine(index, embedder=embedder, deep=True) == []
    with Store.open(index) as store:
        assert set(contents(store)) == {"root/b.md"}, "and what is whole is kept"
        assert document_id("root/a.md") in store.snapshot().removed_since(0)


def test_a_damaged_document_whose_file_is_gone_is_kept_until_somebody_says_drop(
    index: Path, embedder: HashingEmbedder
) -> None:
    (index.parent / "root" / "a.md").unlink()
    edit(index, "UPDATE texts SET text = zeroblob(9) WHERE version = 'v44'")
    assert repair(index, embedder=embedder).dropped == []
    found = {one.part: one for one in examine(index, embedder=embedder, deep=True)}
    assert found["document"].mend == "rag restore FILE, or lose it: rag doctor --repair --drop"
    assert not found["document"].repairable
    assert found["source"].problem.endswith("such as root/a.md")
    assert repair(index, embedder=embedder, drop=True).dropped == ["root/a.md"]
    assert examine(index, embedder=embedder, deep=True) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE documents SET id = CAST(x'FF61' AS TEXT) WHERE uri = 'root/a.md'",
        "UPDATE documents SET uri = CAST(x'FF61' AS TEXT) WHERE uri = 'root/a.md'",
        "UPDATE versions SET version = CAST(x'FF61' AS TEXT) WHERE version = 'v44'",
        "UPDATE versions SET document_id = CAST(x'FF61' AS TEXT) WHERE version = 'v44'",
        "UPDATE texts SET document_id = CAST(x'FF61' AS TEXT) WHERE version = 'v44'",
        "UPDATE meta SET key = CAST(x'FF61' AS TEXT) WHERE key = 'layout'",
        "UPDATE roots SET name = CAST(x'FF61' AS TEXT)",
        "UPDATE segments SET name = CAST(x'FF61' AS TEXT)",
        "INSERT INTO removals VALUES (CAST(x'FF61' AS TEXT), 1, x'00')",
        "INSERT INTO removals VALUES (x'FF61', 1, x'00')",
    ],
)
def test_a_key_that_is_no_text_any_more_is_mended_too(index: Path, embedder: HashingEmbedder, statement: str) -> None:
    edit(index, statement)
    assert examine(index, embedder=embedder, deep=True) != []
    repair(index, embedder=embedder, settings=StoreSettings(seal_rows=1), drop=True)
    assert [one for one in examine(index, embedder=embedder, deep=True) if one.part != "source"] == []
    with Store.open(index) as store:
        assert "root/b.md" in contents(store), "and what is whole is kept"


def test_a_damaged_old_version_is_named_with_the_command_that_takes_it_out(
    index: Path, embedder: HashingEmbedder
) -> None:
    edit(index, "UPDATE texts SET text = zeroblob(9) WHERE version = 'v23'")
    (finding,) = examine(index, embedder=embedder, deep=True)
    assert finding.mend == "rag rm root/b.md --version v23"
    assert examine(index, embedder=embedder) == []


def test_what_the_index_says_of_itself_can_only_be_restored(index: Path, embedder: HashingEmbedder) -> None:
    edit(index, "UPDATE meta SET value = replace(value, 'hashing', 'minilm') WHERE key = 'index'")
    (finding,) = examine(index, embedder=embedder)
    assert (finding.part, finding.repairable) == ("meta", False)
    with pytest.raises(StoreError):
        repair(index, embedder=embedder)


def test_segments(index: Path, embedder: HashingEmbedder) -> None:
    before = everything(index, embedder)
    (name,) = [path.name for path in (index / "segments").iterdir()]
    path = index / "segments" / name
    for gone in (False, True):
        if gone:
            path.unlink()
        else:
            path.write_bytes(b"x" + path.read_bytes()[1:])
        (finding,) = examine(index, embedder=embedder)
        assert (finding.part, finding.subject, finding.repairable) == ("segment", name[:12], True)
        assert repair(index, embedder=embedder).done == ["sealed the vectors again"]
        assert examine(index, embedder=embedder, deep=True) == []
        assert everything(index, embedder) == before


def test_a_segment_that_a_writer_folds_meanwhile_is_not_missed(
    index: Path, embedder: HashingEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fold_and_check(folder: Path, name: str) -> None:
        rebuild_segments(index, embedder=embedder, settings=StoreSettings(seal_rows=99))
        check_segment(folder, name)

    monkeypatch.setattr("indexers.store.doctor.check_segment", fold_and_check)
    assert examine(index, embedder=embedder) == []


def test_files_that_do_not_belong_there(index: Path, embedder: HashingEmbedder) -> None:
    (index / "segments" / ("0" * 64)).touch(mode=0o600)
    (index / "segments" / "abc.unfinished").touch(mode=0o600)
    (index / "evil.pkl").touch(mode=0o600)
    found = {one.subject: one for one in examine(index, embedder=embedder)}
    assert set(found) == {"segments/" + "0" * 64, "segments/abc.unfinished", "evil.pkl"}
    assert not found["evil.pkl"].repairable, "a stranger's file is not ours to remove"
    repair(index, embedder=embedder)
    assert [one.subject for one in examine(index, embedder=embedder)] == ["evil.pkl"]
    (index / "evil.pkl").unlink()
    with Store.open(index) as store, store.writer(embedder):
        (index / "segments" / "abc.unfinished").touch(mode=0o600)
        assert examine(index, embedder=embedder) == [], "a writer's files are his while he works"
        assert lock_holder(index) is not None
        with pytest.raises(StoreBusy):
            repair(index, embedder=embedder)


def test_rights(index: Path, embedder: HashingEmbedder) -> None:
    (index / "catalogue.sqlite3").chmod(0o644)
    index.chmod(0o755)
    (finding,) = examine(index, embedder=embedder)
    assert (finding.part, finding.repairable) == ("rights", True)
    repair(index, embedder=embedder)
    assert examine(index, embedder=embedder) == []
    assert (index.stat().st_mode & 0o777, (index / "catalogue.sqlite3").stat().st_mode & 0o777) == (0o700, 0o600)


def test_roots_and_sources(index: Path, embedder: HashingEmbedder) -> None:
    source = index.parent / "root"
    (source / "a.md").unlink()
    (finding,) = examine(index, embedder=embedder)
    assert (finding.part, finding.mend) == ("source", f"rag index {source}")
    (source / "b.md").unlink()
    source.rmdir()
    (finding,) = examine(index, embedder=embedder)
    assert (finding.part, finding.subject) == ("root", "root")
    assert "rag rm --root root" in finding.mend


def test_the_embedder(index: Path, embedder: HashingEmbedder) -> None:
    class Broken(HashingEmbedder):
        def embed_passages(self, texts: Any, *, progress: Any = None, cut: bool = False) -> Matrix:
            return np.roll(super().embed_passages(texts), 1, axis=1)

    other = HashingEmbedder(dimension=32)
    assert [one.part for one in examine(index, embedder=other)] == ["embedder"]
    assert examine(index, embedder=Broken(dimension=64)) == []
    assert [one.part for one in examine(index, embedder=Broken(dimension=64), deep=True)] == ["embedder"]
    edit(index, "UPDATE vectors SET fp16 = zeroblob(128) WHERE id = 2")
    with pytest.raises(EmbedderMismatch):
        repair(index, embedder=other)


def test_a_catalogue_that_sqlite_cannot_read(index: Path, embedder: HashingEmbedder) -> None:
    path = index / "catalogue.sqlite3"
    whole = path.read_bytes()
    for first in range(4096, len(whole), 4096):
        path.write_bytes(whole[:first] + bytes(4096) + whole[first + 4096 :])
        found = examine(index, embedder=embedder, deep=True)
        assert found, f"a zeroed page at {first} goes unnoticed"
        assert all(one.mend for one in found)


def test_acknowledged_changes_that_are_lost(index: Path, embedder: HashingEmbedder) -> None:
    with Store.open(index) as store, store.writer(embedder) as writer:
        writer.remove(document_id("root/a.md"))
        whole = (index / "catalogue.sqlite3").read_bytes()  # the removal is still in the log
    (index / "catalogue.sqlite3").write_bytes(whole)
    (finding,) = examine(index, embedder=embedder)
    assert "has lost its last" in finding.problem
    assert repair(index, embedder=embedder).done == []
    repair(index, embedder=embedder, drop=True)
    assert examine(index, embedder=embedder) == []
    with Store.open(index) as store:
        assert set(contents(store)) == set(TEXTS)
