"""A catalogue that schema 1 wrote opens as if the present version had written it."""

from __future__ import annotations

import re
import shutil
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from indexers.document import document_id
from indexers.errors import SchemaMismatch, StoreBusy, StoreDamaged, StoreError
from indexers.hashing import HashingEmbedder
from indexers.settings import StoreSettings
from indexers.store import Store
from indexers.store.connection import SCHEMA_VERSION, Catalogue
from indexers.store.lock import write_lock
from tests.indexers.store.pieces import contents, make_piece, put
from tests.indexers.store.unprivileged import another_user, reachable_folder, set_rights

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA_1 = Path(__file__).parents[2] / "fixtures" / "store" / "schema1.sql"
EMBEDDER = HashingEmbedder(dimension=16)
OLD_A = "one\ntwo\nthree secret"
TEXTS = {"docs/a.md": "one\ntwo and more\n\U0001f600 three \ud800", "docs/b.md": "four\nfive", "docs/c.md": "four"}


def fill(folder: Path) -> None:
    folder.mkdir()
    connection = sqlite3.connect(folder / "catalogue.sqlite3")
    connection.executescript(SCHEMA_1.read_text(encoding="utf-8"))
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()


@pytest.fixture
def old(folder: Path) -> Path:
    fill(folder)
    return folder


def schema_of(folder: Path) -> int:
    connection = sqlite3.connect(folder / "catalogue.sqlite3")
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()
    return found


def test_everything_is_there_after_the_migration(old: Path) -> None:
    with Store.open(old) as store:
        assert contents(store) == TEXTS
        snapshot = store.snapshot()
        document, chunks = make_piece("docs/a.md", TEXTS["docs/a.md"])
        assert snapshot.document("docs/a.md") == document
        assert snapshot.document("a.md", version=make_piece("docs/a.md", OLD_A)[0].version).text == OLD_A
        assert [chunk for chunk in snapshot.all_chunks() if chunk.document_id == document.id] == chunks
        entries = {entry.uri: entry for entry in snapshot.documents()}
        assert {entry.file for entry in entries.values()} == set(TEXTS)
        assert entries["docs/a.md"].metadata == (("author", "Ann"),)
        assert [entry.chunks for entry in entries.values()] == [3, 2, 1]
        assert snapshot.removed_since(0) == sorted(document_id(f"docs/{name}.md") for name in ("a", "b", "c", "gone"))
        assert [root.name for root in store.roots()] == ["docs"]
        found = snapshot.search(EMBEDDER.embed_query("four"), limit=9)
        assert {chunk for chunk, _ in found} == {chunk.id for chunk in snapshot.all_chunks()}
    assert schema_of(old) == SCHEMA_VERSION


def test_a_migrated_index_is_written_like_any_other(old: Path) -> None:
    settings = StoreSettings(seal_rows=1, keep_versions=1)
    with Store.open(old) as store, store.writer(EMBEDDER, settings=settings) as writer:
        assert put(writer, "docs/b.md", "four\nfive\neight") == 1, "what was embedded before is not embedded again"
        assert put(writer, "docs/a.md", "new") == 1
        writer.remove(document_id("docs/c.md"))
        writer.seal()
        assert contents(store) == {"docs/a.md": "new", "docs/b.md": "four\nfive\neight"}
        assert store.snapshot().status().vectors == 4, "the vectors of forgotten versions go"
    connection = sqlite3.connect(old / "catalogue.sqlite3")
    for table, count in (("versions", 2), ("texts", 2), ("chunks", 4)):
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (count,)  # noqa: S608  constants
    connection.close()


def test_a_migrated_catalogue_has_the_tables_of_a_new_one(old: Path, tmp_path: Path) -> None:
    Store.open(old).close()
    Store.create(tmp_path / "new", embedder=EMBEDDER.identity, max_tokens=9).close()
    assert tables(old) == tables(tmp_path / "new")


def tables(folder: Path) -> list[Any]:
    connection = sqlite3.connect(folder / "catalogue.sqlite3")
    found = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name").fetchall()
    connection.close()
    return [(*names, " ".join(re.sub(r"\(\s+", "(", sql or "").split())) for *names, sql in found]


def test_a_migration_cut_short_at_any_statement_has_not_happened(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = list(copied_at_every_statement(old, tmp_path, monkeypatch))
    schemas = [schema_of(copy) for copy in copies]
    assert set(schemas) == {1, SCHEMA_VERSION}
    assert schemas.count(1) > 20
    for copy in copies:
        with Store.open(copy) as store:
            assert contents(store) == TEXTS


def copied_at_every_statement(old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """What a kill before each statement would leave: the catalogue with its log."""
    copies: list[Path] = []

    def copy(_: str) -> None:
        copies.append(tmp_path / str(len(copies)))
        copies[-1].mkdir()
        for name in ("catalogue.sqlite3", "catalogue.sqlite3-wal"):
            if (old / name).exists():
                shutil.copyfile(old / name, copies[-1] / name)

    def connect(*args: Any, **named: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect_for_real(*args, **named)
        connection.execute("PRAGMA cache_size=1")  # changes reach the log before COMMIT, as they do in large indexes
        connection.set_trace_callback(copy)
        return connection

    connect_for_real = sqlite3.connect
    with monkeypatch.context() as patched:
        patched.setattr(sqlite3, "connect", connect)
        Store.open(old).close()
    yield from copies


def test_a_migration_waits_for_no_writer_and_disturbs_none(old: Path) -> None:
    with write_lock(old), pytest.raises(StoreBusy):
        Store.open(old)
    assert schema_of(old) == 1


def test_the_second_to_come_finds_it_done(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def other_first(folder: Path) -> Any:
        monkeypatch.undo()
        Store.open(folder).close()
        return write_lock(folder)

    monkeypatch.setattr("indexers.store.migrate.write_lock", other_first)
    with Store.open(old) as store:
        assert contents(store) == TEXTS


def test_an_old_index_that_may_only_be_read_says_so() -> None:
    with reachable_folder() as above:
        fill(above / "index")
        set_rights(above / "index", folders=0o555, files=0o444)
        with another_user(), pytest.raises(StoreError, match="cannot be written"):
            Store.open(above / "index")


def test_a_damaged_old_catalogue_is_refused_and_left_alone(old: Path) -> None:
    connection = sqlite3.connect(old / "catalogue.sqlite3")
    connection.execute("DELETE FROM chunks WHERE row = 1")
    connection.execute("DELETE FROM chunks WHERE row = 2")
    connection.commit()
    connection.close()
    with pytest.raises(StoreDamaged, match="1 chunks of document"):
        Store.open(old)
    assert schema_of(old) == 1
    with pytest.raises(SchemaMismatch):
        Catalogue(old)
