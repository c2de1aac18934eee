"""Snapshots and backups: what comes back is what was kept, readers see no mixture, a stranger's file is refused."""

from __future__ import annotations

import hashlib
import io
import json
import resource
import shutil
import sqlite3
import stat
import tarfile
import tempfile
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from indexers.document import document_id
from indexers.errors import NotAnIndex, SchemaMismatch, StoreBusy, StoreDamaged, StoreError
from indexers.hashing import HashingEmbedder
from indexers.settings import StoreSettings
from indexers.store import FolderNotEmpty, Store, Writer
from indexers.store.backup import BackupRefused, BackupUnreadable, restore_backup, write_backup
from indexers.store.doctor import examine
from indexers.store.lock import in_use
from indexers.store.named import (
    SnapshotNotFound,
    SnapshotRefused,
    check_snapshot,
    create_snapshot,
    remove_snapshot,
    restore_snapshot,
    snapshots,
)
from indexers.store.rows import VERSION_COLUMNS, blob_digest, signed
from indexers.store.whole_copy import CopyDamaged
from tests.indexers.store.killing import killed_at
from tests.indexers.store.pieces import contents, put

if TYPE_CHECKING:
    from collections.abc import Callable

OLD = {"a": "one\ntwo\nthree", "b": "four\nfive"}
NEW = {"a": "one\nother words", "c": "six\nseven"}


def with_digest(listed: dict[str, Any]) -> bytes:
    """A crafted manifest that carries its own checksum, as a stranger who knows the format writes it."""
    values = {name: value for name, value in listed.items() if name != "digest"}
    digest = hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
    return json.dumps({**values, "digest": digest}).encode()


def test_no_bit_of_a_manifest_can_flip_unnoticed(index: Path) -> None:
    create_snapshot(index, "before")
    path = index / "snapshots" / "before" / "manifest.json"
    whole = path.read_bytes()
    shown = snapshots(index)["before"]
    for place in range(len(whole)):
        for bit in (0, 3, 6):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :])
            assert snapshots(index)["before"] in (None, shown), (place, bit)


def write(folder: Path, embedder: HashingEmbedder, texts: dict[str, str]) -> None:
    with (
        Store.create(folder, embedder=embedder.identity, max_tokens=64) as store,
        store.writer(embedder, settings=StoreSettings(seal_rows=2)) as writer,
    ):
        for entry in writer.entries():
            if entry.uri not in texts:
                writer.remove(entry.id)
        for uri, text in texts.items():
            put(writer, uri, text)
        writer.seal()


def seal(folder: Path) -> None:
    with Writer(folder, HashingEmbedder(dimension=64), StoreSettings(seal_rows=2)) as writer:
        writer.seal()


def held(folder: Path) -> dict[str, str]:
    with Store.open(folder) as store:
        return contents(store)


@pytest.fixture
def index(folder: Path, embedder: HashingEmbedder) -> Path:
    write(folder, embedder, OLD)
    return folder


def test_a_snapshot_is_kept_whatever_happens_to_the_index(index: Path, embedder: HashingEmbedder) -> None:
    manifest = create_snapshot(index, "before")
    assert (manifest.documents, manifest.chunks, manifest.embedder) == (2, 5, "hashing")
    write(index, embedder, NEW)
    create_snapshot(index, "after")
    assert list(snapshots(index)) == ["before", "after"]
    for name, texts in [("before", OLD), ("after", NEW), ("before", OLD)]:
        restore_snapshot(index, name, seal=seal)
        assert held(index) == texts
        assert examine(index, embedder=embedder, deep=True) == []
    remove_snapshot(index, "after")
    assert list(snapshots(index)) == ["before"]
    for path in index.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", ".hidden", "x" * 65, "a\nb", "nul\0l"])
def test_names_that_lead_elsewhere_are_no_names(index: Path, name: str) -> None:
    with pytest.raises(SnapshotRefused):
        create_snapshot(index, name)
    for call in (check_snapshot, remove_snapshot, partial(restore_snapshot, seal=seal)):
        with pytest.raises(SnapshotNotFound):
            call(index, name)


def test_nothing_is_made_where_no_index_or_no_folder_is(index: Path, tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    with pytest.raises(NotAnIndex):
        create_snapshot(documents, "kept")
    assert list(documents.iterdir()) == []
    with pytest.raises(StoreError, match="cannot be written"):
        write_backup(index, tmp_path / "not mounted" / "kept.tar")
    assert not (tmp_path / "not mounted").exists()


def test_a_disk_that_is_full_during_a_backup_is_said_and_keeps_the_backup_before(index: Path, tmp_path: Path) -> None:
    backup = tmp_path / "elsewhere" / "kept.tar"
    backup.parent.mkdir()
    write_backup(index, backup)
    before = backup.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, limits[1]))  # more than the shared memory of a log
    try:
        with pytest.raises(StoreError, match=r"copied to .*elsewhere"):
            write_backup(index, backup)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert backup.read_bytes() == before
    assert list(backup.parent.iterdir()) == [backup]


def test_a_name_is_given_once(index: Path) -> None:
    create_snapshot(index, "a")
    with pytest.raises(SnapshotRefused, match="already"):
        create_snapshot(index, "a")


def test_a_reader_of_an_index_that_is_restored_answers_from_the_restored_one(
    index: Path, embedder: HashingEmbedder
) -> None:
    query = embedder.embed_query("other words")
    with Store.open(index) as reader:
        create_snapshot(index, "old")
        write(index, embedder, NEW)
        before = reader.snapshot()
        assert contents(reader) == NEW
        restore_snapshot(index, "old", seal=seal)
        assert contents(reader) == OLD
        # the same generation again, with other contents: a counter alone would not tell
        put_again = {**OLD, "d": "a new one"}
        write(index, embedder, put_again)
        assert contents(reader) == put_again
        assert reader.snapshot().index_id != before.index_id
        assert len(reader.snapshot().search(query, limit=99)) == 6


def test_readers_see_the_old_index_or_the_new_one(index: Path, embedder: HashingEmbedder) -> None:
    create_snapshot(index, "old")
    write(index, embedder, NEW)
    create_snapshot(index, "new")
    stop = threading.Event()

    def read_on() -> int:
        seen = 0
        with Store.open(index) as store:
            while not stop.is_set() or not seen:
                snapshot = store.snapshot()
                uris = {entry.uri for entry in snapshot.documents()}
                found = snapshot.search(embedder.embed_query("words"), limit=99)
                assert (uris, len(found)) in [(set(OLD), 5), (set(NEW), 4)]
                seen += 1
        return seen

    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(read_on) for _ in range(2)]
        try:
            for number in range(12):
                restore_snapshot(index, ["old", "new"][number % 2], seal=seal)
        finally:
            stop.set()
        assert all(reader.result(timeout=30) for reader in readers)


def test_a_writer_goes_on_while_a_snapshot_and_a_backup_are_taken(index: Path, embedder: HashingEmbedder) -> None:
    backup = index.parent / "kept.tar"
    with Store.open(index) as store, store.writer(embedder, settings=StoreSettings(seal_rows=1)) as writer:
        put(writer, "c", "more\nwords")
        create_snapshot(index, "meanwhile")
        write_backup(index, backup)
        put(writer, "d", "and more")
        writer.seal()
        with pytest.raises(StoreBusy):
            restore_snapshot(index, "meanwhile", seal=seal)
    restore_snapshot(index, "meanwhile", seal=seal)
    assert set(held(index)) == {"a", "b", "c"}
    restore_backup(index.parent / "elsewhere", backup, seal=seal)
    assert set(held(index.parent / "elsewhere")) == {"a", "b", "c"}


def test_a_backup_makes_an_index_of_any_place(index: Path, embedder: HashingEmbedder, tmp_path: Path) -> None:
    backup = tmp_path / "kept.tar"
    write_backup(index, backup)
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    with tarfile.open(backup) as archive:
        assert archive.getnames() == ["manifest.json", "catalogue.sqlite3"], "other programs can read it"
    write(index, embedder, NEW)
    for place in (tmp_path / "new" / "place", tmp_path / "empty", index):
        if place.name == "empty":
            place.mkdir()
        assert restore_backup(place, backup, seal=seal).documents == 2
        assert held(place) == OLD
        assert examine(place, embedder=embedder, deep=True) == []
        with Store.open(place) as store, store.writer(embedder) as writer:
            put(writer, "z", "life goes on")
    write_backup(index, backup)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "index", "kept.tar", "new"]


def test_a_damaged_index_is_restored(index: Path, embedder: HashingEmbedder, tmp_path: Path) -> None:
    write_backup(index, tmp_path / "kept.tar")
    path = index / "catalogue.sqlite3"
    whole = path.read_bytes()
    for damaged in (b"x" * 9000, whole[:5000], b"", whole[:100] + bytes(4000) + whole[4100:], None):
        if damaged is None:
            path.unlink()
        else:
            path.write_bytes(damaged)
        restore_backup(index, tmp_path / "kept.tar", seal=seal)
        assert held(index) == OLD
        assert examine(index, embedder=embedder, deep=True) == []


def test_what_is_damaged_is_not_kept(index: Path, tmp_path: Path) -> None:
    with sqlite3.connect(index / "catalogue.sqlite3") as connection:
        connection.execute("UPDATE texts SET text = zeroblob(9)")
    connection.close()
    with pytest.raises(StoreDamaged):
        write_backup(index, tmp_path / "kept.tar")
    with pytest.raises(StoreDamaged):
        create_snapshot(index, "a")
    assert snapshots(index) == {}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index"]


def test_other_peoples_files_are_not_written_over(index: Path, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear")
    with pytest.raises(BackupRefused):
        write_backup(index, letter)
    write_backup(index, tmp_path / "kept.tar")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "letter.txt").write_text("Dear")
    with pytest.raises(FolderNotEmpty):
        restore_backup(tmp_path / "folder", tmp_path / "kept.tar", seal=seal)
    with pytest.raises(CopyDamaged):
        restore_backup(index, letter, seal=seal)
    with pytest.raises(BackupUnreadable):
        restore_backup(index, tmp_path / "nothing", seal=seal)
    assert letter.read_text() == "Dear"


def test_a_damaged_snapshot_is_refused_and_the_index_stays(index: Path, embedder: HashingEmbedder) -> None:
    create_snapshot(index, "kept")
    write(index, embedder, NEW)
    place = index / "snapshots" / "kept"
    for path in [*place.glob("*.*"), *(place / "segments").iterdir()]:
        whole = path.read_bytes()
        for damaged in (whole[:-1], whole[:50] + bytes([whole[50] ^ 1]) + whole[51:]):
            path.unlink()  # a segment's bytes may be the index's too
            path.write_bytes(damaged)
            with pytest.raises(CopyDamaged):
                restore_snapshot(index, "kept", seal=seal)
            assert held(index) == NEW
        path.unlink()
        with pytest.raises(CopyDamaged):
            restore_snapshot(index, "kept", seal=seal)
        path.write_bytes(whole)
    restore_snapshot(index, "kept", seal=seal)


def members(backup: Path) -> dict[str, bytes]:
    with tarfile.open(backup) as archive:
        return {name: archive.extractfile(name).read() for name in archive.getnames()}  # type: ignore[union-attr]


def crafted(parts: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for member, data in parts:
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def renamed(name: str) -> Callable[[dict[str, bytes]], bytes]:
    def craft(held: dict[str, bytes]) -> bytes:
        listed = json.loads(held["manifest.json"])
        listed["files"][name] = listed["files"].pop("catalogue.sqlite3")
        held = {"manifest.json": with_digest(listed), name: held["catalogue.sqlite3"]}
        return crafted([(tarfile.TarInfo(member), data) for member, data in held.items()])

    return craft


def as_kind(kind: bytes) -> Callable[[dict[str, bytes]], bytes]:
    def craft(held: dict[str, bytes]) -> bytes:
        member = tarfile.TarInfo("catalogue.sqlite3")
        member.type, member.linkname = kind, "/etc/passwd"
        return crafted([(tarfile.TarInfo("manifest.json"), held["manifest.json"]), (member, b"")])

    return craft


def with_catalogue(*statements: str) -> Callable[[dict[str, bytes]], bytes]:
    """A backup whose manifest fits its crafted catalogue."""

    def craft(held: dict[str, bytes]) -> bytes:
        with tempfile.TemporaryDirectory() as place:
            path = Path(place, "catalogue.sqlite3")
            path.write_bytes(held["catalogue.sqlite3"])
            with closing(sqlite3.connect(path)) as connection, connection:
                for statement in statements:
                    connection.execute(statement)
            data = path.read_bytes()
        listed = json.loads(held["manifest.json"])
        listed["files"]["catalogue.sqlite3"] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        parts = {**held, "manifest.json": with_digest(listed), "catalogue.sqlite3": data}
        return crafted([(tarfile.TarInfo(name), content) for name, content in parts.items()])

    return craft


def with_meta(key: str, value: str) -> Callable[[dict[str, bytes]], bytes]:
    """A description that is signed as it should be."""
    digest = signed("meta", key, value)[-1].hex()
    return with_catalogue(f"UPDATE meta SET value = '{value}', digest = x'{digest}' WHERE key = '{key}'")  # noqa: S608


def with_manifest(**values: object) -> Callable[[dict[str, bytes]], bytes]:
    def craft(held: dict[str, bytes]) -> bytes:
        listed = with_digest({**json.loads(held["manifest.json"]), **values})
        return crafted([(tarfile.TarInfo(name), data) for name, data in {**held, "manifest.json": listed}.items()])

    return craft


def with_blocks(blocks: object) -> Callable[[dict[str, bytes]], bytes]:
    return with_text(zlib.compress(json.dumps(blocks).encode()), column="blocks")


def with_text(data: bytes, *, column: str = "text") -> Callable[[dict[str, bytes]], bytes]:
    """A stored text, or its blocks, signed as it should be."""

    def craft(held: dict[str, bytes]) -> bytes:
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.deserialize(held["catalogue.sqlite3"])
            query = f"SELECT {VERSION_COLUMNS} FROM versions"  # noqa: S608
            values = connection.execute(query).fetchone()[:-1]
        digests = (values[6], blob_digest(data)) if column == "blocks" else (blob_digest(data), values[7])
        row = signed("versions", *values[:6], *digests)
        which = f"WHERE document_id = '{values[0]}'"
        return with_catalogue(
            f"UPDATE texts SET {column} = x'{data.hex()}' {which}",  # noqa: S608
            f"UPDATE versions SET {column}_digest = x'{(row[7] if column == 'blocks' else row[6]).hex()}', "  # noqa: S608
            f"digest = x'{row[8].hex()}' {which}",
        )(held)

    return craft


@pytest.mark.parametrize(
    ("craft", "error"),
    [
        pytest.param(lambda held: b"", CopyDamaged, id="empty"),
        pytest.param(lambda held: crafted([]), CopyDamaged, id="nothing-in-it"),
        pytest.param(renamed("../../catalogue.sqlite3"), CopyDamaged, id="traversal"),
        pytest.param(renamed("/tmp/catalogue.sqlite3"), CopyDamaged, id="absolute"),  # noqa: S108
        pytest.param(renamed("segments/" + "0" * 64), CopyDamaged, id="segment-of-another-name"),
        pytest.param(renamed("LOCK"), CopyDamaged, id="another-file"),
        pytest.param(as_kind(tarfile.SYMTYPE), CopyDamaged, id="link"),
        pytest.param(as_kind(tarfile.LNKTYPE), CopyDamaged, id="hard-link"),
        pytest.param(as_kind(tarfile.CHRTYPE), CopyDamaged, id="device"),
        pytest.param(as_kind(tarfile.GNUTYPE_SPARSE), CopyDamaged, id="sparse"),
        pytest.param(with_catalogue("PRAGMA user_version = 99"), SchemaMismatch, id="a-schema-from-the-future"),
        pytest.param(with_catalogue("PRAGMA application_id = 1"), NotAnIndex, id="another-programs-database"),
        pytest.param(
            with_catalogue("CREATE TRIGGER t AFTER INSERT ON meta BEGIN DELETE FROM documents; END"),
            CopyDamaged,
            id="trigger",
        ),
        pytest.param(with_catalogue("DROP INDEX chunks_by_vector"), CopyDamaged, id="index-gone"),
        pytest.param(with_catalogue("UPDATE documents SET uri = 'x' || uri"), CopyDamaged, id="row"),
        pytest.param(with_meta("index", "[]"), CopyDamaged, id="a-description-that-is-none"),
        pytest.param(with_meta("index", "{}"), CopyDamaged, id="an-empty-description"),
        pytest.param(with_meta("generation", "many"), CopyDamaged, id="a-counter-that-is-no-number"),
        pytest.param(with_meta("tally documents", "many"), CopyDamaged, id="a-count-that-is-none"),
        pytest.param(with_meta("tally documents", "99 99"), CopyDamaged, id="a-count-of-other-rows"),
        pytest.param(with_meta("commits", "many"), CopyDamaged, id="commits-that-are-no-number"),
        pytest.param(with_manifest(created_at="\x1b]0;pwned\x07"), CopyDamaged, id="a-date-that-steers-a-terminal"),
        pytest.param(with_manifest(documents="1"), CopyDamaged, id="a-count-that-is-text"),
        pytest.param(with_manifest(files={"catalogue.sqlite3": {"bytes": 1e999, "sha256": ""}}), CopyDamaged, id="inf"),
        pytest.param(with_blocks([["table", 0, 1, 1, [], None, 0, ["S", [[0, 10**12]], [1]]]]), CopyDamaged, id="grid"),
        pytest.param(with_text(zlib.compress(b"x") * 2), CopyDamaged, id="a-text-behind-the-text"),
        pytest.param(with_text(zlib.compress(b"x")[:-1]), CopyDamaged, id="a-text-that-never-ends"),
    ],
)
def test_a_crafted_backup_is_refused_and_leaves_nothing(
    index: Path,
    embedder: HashingEmbedder,
    tmp_path: Path,
    craft: Callable[[dict[str, bytes]], bytes],
    error: type[StoreError],
) -> None:
    backup = tmp_path / "kept.tar"
    write_backup(index, backup)
    write(index, embedder, NEW)
    backup.write_bytes(craft(members(backup)))
    for place in (index, tmp_path / "new"):
        with pytest.raises(error):
            restore_backup(place, backup, seal=seal)
    assert held(index) == NEW
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index", "kept.tar"]
    assert not [path for path in index.iterdir() if "unfinished" in path.name]


def test_a_backup_that_is_cut_short_or_changed_is_refused(
    index: Path, embedder: HashingEmbedder, tmp_path: Path
) -> None:
    backup = tmp_path / "kept.tar"
    write_backup(index, backup)
    whole = backup.read_bytes()
    content = len(whole) - 1024  # the two empty blocks that end an archive carry nothing
    step = content // 40
    refused = 0
    for offset in range(7, content, step):
        for damaged in (whole[:offset], whole[:offset] + bytes([whole[offset] ^ 4]) + whole[offset + 1 :]):
            backup.write_bytes(damaged)
            try:
                restore_backup(tmp_path / "new", backup, seal=seal)
            except StoreError:
                refused += 1
                assert not (tmp_path / "new").exists()
            else:  # in a tar header's padding
                assert held(tmp_path / "new") == OLD
                shutil.rmtree(tmp_path / "new")
    assert refused >= 75


def test_a_kill_at_any_step_leaves_the_old_index_or_the_new_one(embedder: HashingEmbedder, tmp_path: Path) -> None:
    model = tmp_path / "model"
    write(model, embedder, OLD)
    write_backup(model, tmp_path / "kept.tar")
    write(model, embedder, NEW)
    create_snapshot(model, "s")
    outcomes = set()
    for event in range(1, 999, 19):
        index = Path(shutil.copytree(model, tmp_path / "index"))

        def work(folder: Path = index) -> None:
            create_snapshot(folder, "t")
            restore_backup(folder, tmp_path / "kept.tar", seal=seal)

        killed = killed_at(event, work)
        texts = held(index)
        assert texts in (OLD, NEW), event
        assert set(snapshots(index)) in ({"s"}, {"s", "t"})
        for name in snapshots(index):
            check_snapshot(index, name)
        outcomes.add((killed, texts == OLD))
        if not killed:
            break
        restore_backup(index, tmp_path / "kept.tar", seal=seal)
        assert held(index) == OLD
        assert not [path for path in index.iterdir() if "unfinished" in path.name]
        shutil.rmtree(index)
    assert outcomes == {(True, False), (True, True), (False, True)}


def test_an_index_that_was_restored_does_not_become_the_old_one_when_its_log_is_lost(
    index: Path, embedder: HashingEmbedder, tmp_path: Path
) -> None:
    create_snapshot(index, "before")
    write(index, embedder, NEW)
    with Store.open(index) as reader:  # so that the log is not folded in at the end of the restore
        reader.snapshot()
        restore_snapshot(index, "before", seal=seal)
        shutil.copytree(index, tmp_path / "left", ignore=shutil.ignore_patterns("*-shm", "*-wal"))
    try:
        assert held(tmp_path / "left") == OLD
    except StoreDamaged as error:
        assert "has lost its last" in str(error)  # noqa: PT017  either is right, the new texts are not


def test_a_disk_that_is_full_at_any_statement_of_a_restore_is_said(
    index: Path, embedder: HashingEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_snapshot(index, "before")
    write(index, embedder, NEW)

    class Full(sqlite3.Connection):
        def execute(self, sql: str, *values: object) -> sqlite3.Cursor:
            if "journal_mode" in sql:
                raise sqlite3.OperationalError("database or disk is full")
            return super().execute(sql, *values)  # type: ignore[arg-type]  # as it was given

    connect = sqlite3.connect
    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", lambda *where, **how: connect(*where, factory=Full, **how))
        with pytest.raises(StoreError, match="cannot be restored: database or disk is full"):
            restore_snapshot(index, "before", seal=seal)
    assert held(index) == NEW


def test_what_a_living_process_is_filling_is_not_taken_for_a_leftover(index: Path, embedder: HashingEmbedder) -> None:
    create_snapshot(index, "kept")
    place = index / "snapshots" / ".other.unfinished-1"
    place.mkdir(mode=0o700)
    with in_use(place):
        assert examine(index, embedder=embedder) == []
        restore_snapshot(index, "kept", seal=seal)
        assert place.is_dir()
    assert [one.part for one in examine(index, embedder=embedder)] == ["file"]
    restore_snapshot(index, "kept", seal=seal)
    assert not place.exists()


def test_a_removed_document_is_in_the_snapshot_until_that_is_removed(index: Path, embedder: HashingEmbedder) -> None:
    create_snapshot(index, "kept")
    with Store.open(index) as store, store.writer(embedder) as writer:
        writer.remove(document_id("a"))
    restore_snapshot(index, "kept", seal=seal)
    assert held(index) == OLD


def test_an_index_of_the_first_schema_is_kept_and_an_old_backup_is_brought_up(folder: Path, tmp_path: Path) -> None:
    schema_1 = Path(__file__).parents[2] / "fixtures" / "store" / "schema1.sql"
    folder.mkdir(mode=0o700)
    connection = sqlite3.connect(folder / "catalogue.sqlite3")
    connection.executescript(schema_1.read_text(encoding="utf-8"))
    connection.close()
    (folder / "catalogue.sqlite3").chmod(0o600)
    old = (folder / "catalogue.sqlite3").read_bytes()
    embedder = HashingEmbedder(dimension=16)
    (finding,) = examine(folder, embedder=embedder)
    assert "has schema 1" in finding.problem
    write_backup(folder, tmp_path / "kept.tar")
    texts = held(folder)
    assert "rebuild" in {one.part for one in examine(folder, embedder=embedder)}, "and says that a split is due"
    parts = members(tmp_path / "kept.tar")
    listed = json.loads(parts["manifest.json"])
    listed["files"]["catalogue.sqlite3"] = {"bytes": len(old), "sha256": hashlib.sha256(old).hexdigest()}
    parts = {"manifest.json": with_digest(listed), "catalogue.sqlite3": old}
    (tmp_path / "old.tar").write_bytes(crafted([(tarfile.TarInfo(name), data) for name, data in parts.items()]))
    for backup in ("kept.tar", "old.tar"):
        restore_backup(tmp_path / backup.partition(".")[0], tmp_path / backup, seal=seal)
        assert held(tmp_path / backup.partition(".")[0]) == texts
