from __future__ import annotations

import sqlite3
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from indexers.document import document_id
from indexers.errors import (
    DocumentNotFound,
    EmbedderMismatch,
    EmbedError,
    NotAnIndex,
    SchemaMismatch,
    SettingsError,
    StoreBusy,
    StoreDamaged,
    StoreError,
)
from indexers.hashing import HashingEmbedder
from indexers.settings import StoreSettings
from indexers.store import FolderNotEmpty, Store
from indexers.store.rows import CHUNK_COLUMNS, signed
from tests.indexers.store.pieces import contents, make_piece, put

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from indexers.embed import Matrix


def test_a_document_comes_back_as_it_was_put(store: Store, embedder: HashingEmbedder) -> None:
    document, chunks = make_piece("root/ä\n\u202e.md", "eins | ein\nzwei secret\n\U0001f600 drei \ud800")
    with store.writer(embedder) as writer:
        assert writer.put(document, chunks, root="root", content_hash="h") == 3
        assert writer.put(document, chunks, root="root", content_hash="h") == 0, "nothing is embedded twice"
        assert put(writer, "root/other.md", "vier") == 1
    snapshot = store.snapshot()
    assert snapshot.document(document.id) == document
    assert snapshot.document(document.uri) is snapshot.document("ä\n\u202e.md"), "read once, then held"
    assert snapshot.chunks([chunks[2].id, chunks[0].id]) == [chunks[2], chunks[0]]
    assert list(snapshot.all_chunks())[-3:] == chunks
    entry = snapshot.documents()[1]
    assert (entry.chunks, entry.pages, entry.root, entry.access) == (3, 1, "root", ("staff",))
    assert (entry.file, entry.metadata) == (entry.uri, (("author", "Ann"),))
    status = snapshot.status()
    assert (status.documents, status.chunks, status.pages, status.vectors) == (2, 4, 2, 4)
    assert (status.embedder, status.dimension, status.max_tokens) == ("hashing", 64, 256)
    assert status.bytes_on_disk > 0


def test_a_part_remembers_its_file(store: Store, embedder: HashingEmbedder) -> None:
    document, chunks = make_piece("root/mail.eml!report.pdf", "one")
    with store.writer(embedder) as writer:
        writer.put(document, chunks, root="root", content_hash="h", file="root/mail.eml")
        (entry,) = writer.entries()
    assert (entry.uri, entry.file) == ("root/mail.eml!report.pdf", "root/mail.eml")


def test_old_versions_keep_their_text_out_of_search(store: Store, embedder: HashingEmbedder) -> None:
    with store.writer(embedder, settings=StoreSettings(keep_versions=2)) as writer:
        put(writer, "root/a", "first words")
        first = store.snapshot()
        put(writer, "root/a", "second words")
        second = store.snapshot()
        assert first.document("root/a").text == "first words", "a snapshot keeps its generation"
        assert [chunk.version for chunk in first.all_chunks()] == [first.document("a").version]
        assert second.document("a", version=first.document("a").version[:12]).text == "first words"
        assert len(second.search(embedder.embed_query("words"), limit=9)) == 1
        put(writer, "root/a", "third words")
        with pytest.raises(DocumentNotFound):
            store.snapshot().document("a", version=first.documents()[0].version)
        with pytest.raises(DocumentNotFound):
            store.snapshot().document("a", version="")
        assert store.snapshot().status().vectors == 2, "the vectors of forgotten versions go"
        put(writer, "root/a", "second words")
        assert contents(store) == {"root/a": "second words"}


def test_names_that_several_files_carry_or_none(store: Store, embedder: HashingEmbedder) -> None:
    with store.writer(embedder) as writer:
        for uri in ("root/x/a.md", "root/y/a.md", "a.md"):
            put(writer, uri, uri)
        snapshot = store.snapshot()
        assert snapshot.document("a.md").text == "a.md", "a whole URI before a file name"
        writer.remove(document_id("a.md"))
    with pytest.raises(DocumentNotFound, match="2 documents have that file name"):
        store.snapshot().document("a.md")
    with pytest.raises(DocumentNotFound):
        store.snapshot().document("b.md")
    with pytest.raises(DocumentNotFound):
        snapshot.chunk("no such chunk")


def test_generations_tell_the_lexical_index_what_to_read(store: Store, embedder: HashingEmbedder) -> None:
    with store.writer(embedder) as writer:
        put(writer, "a", "one")
        put(writer, "b", "two")
        before = store.snapshot()
        put(writer, "b", "two and more")
        writer.remove(document_id("a"))
        put(writer, "c", "three")
        after = store.snapshot()
    assert store.snapshot() is after, "the same object until something is committed"
    assert after.removed_since(before.generation) == sorted(document_id(name) for name in "abc")
    assert [chunk.document_id for chunk in after.all_chunks(after_generation=before.generation)] == [
        document_id("b"),
        document_id("c"),
    ]
    assert before.removed_since(before.generation) == []
    assert after.removed_since(after.generation) == []
    with pytest.raises(DocumentNotFound):
        list(before.all_chunks())


def test_a_document_that_went_came_and_went_is_gone_from_each_generation(
    store: Store, embedder: HashingEmbedder
) -> None:
    with store.writer(embedder) as writer:
        put(writer, "a", "one")
        put(writer, "b", "two")
        first = store.snapshot()
        writer.remove(document_id("a"))
        without = store.snapshot()
        put(writer, "a", "one")
        writer.remove(document_id("a"))
        put(writer, "b", "three")
        writer.remove(document_id("b"))
    assert without.removed_since(first.generation) == [document_id("a")]
    assert first.removed_since(first.generation) == []


def test_one_writer(store: Store, folder: Path, embedder: HashingEmbedder) -> None:
    with store.writer(embedder):
        with Store.open(folder) as other, pytest.raises(StoreBusy), other.writer(embedder):
            pass
        assert contents(store) == {}, "readers never wait"
    with store.writer(embedder):
        pass


def test_another_model_is_refused(store: Store, embedder: HashingEmbedder) -> None:
    with pytest.raises(EmbedderMismatch, match="32 dimensions"):
        store.check_embedder(HashingEmbedder(dimension=32).identity)
    with store.writer(HashingEmbedder(dimension=32)) as writer, pytest.raises(EmbedderMismatch):
        put(writer, "a", "text")
    with store.writer(embedder) as writer:
        put(writer, "a", "text")
    with store.writer(Odd(lambda matrix: np.roll(matrix, 1, axis=1))) as writer:
        with pytest.raises(EmbedderMismatch, match="cosine"):
            put(writer, "b", "new text")
        writer.remove(document_id("a"))
    assert contents(store) == {}, "removing needs no model"


class Odd(HashingEmbedder):
    """The hashing embedder with its rows spoiled."""

    def __init__(self, spoil: Callable[[Matrix], Matrix]) -> None:
        super().__init__(dimension=64)
        self._spoil = spoil

    def embed_passages(self, texts: Any, *, progress: Any = None, cut: bool = False) -> Matrix:
        return self._spoil(super().embed_passages(texts, progress=progress))


def at_last_row(value: float) -> Callable[[Matrix], Matrix]:
    def spoil(matrix: Matrix) -> Matrix:
        if len(matrix) > 1:
            matrix[-1] = value
        return matrix

    return spoil


@pytest.mark.parametrize(
    ("spoil", "names_chunk"),
    [
        pytest.param(at_last_row(np.nan), True, id="nan"),
        pytest.param(at_last_row(np.inf), True, id="infinite"),
        pytest.param(at_last_row(0.0), True, id="zero"),
        pytest.param(at_last_row(1.0), True, id="not-of-length-one"),
        pytest.param(lambda matrix: matrix[:, :32] if len(matrix) > 1 else matrix, False, id="wrong-dimension"),
        pytest.param(lambda matrix: matrix[:1], False, id="a-row-short"),
    ],
)
def test_unusable_vectors_are_refused(store: Store, spoil: Callable[[Matrix], Matrix], names_chunk: bool) -> None:
    document, chunks = make_piece("a", "one\ntwo")
    with store.writer(Odd(spoil)) as writer, pytest.raises(EmbedError) as caught:
        writer.put(document, chunks, root="r", content_hash="h")
    assert chunks[1 if names_chunk else 0].id in str(caught.value)
    assert contents(store) == {}


def test_chunks_of_another_document_are_refused(store: Store, embedder: HashingEmbedder) -> None:
    document, chunks = make_piece("a", "one\ntwo")
    with store.writer(embedder) as writer:
        for wrong in (replace(chunks[0], version="other"), replace(chunks[0], end=99)):
            with pytest.raises(StoreError, match=wrong.id):
                writer.put(document, [wrong], root="r", content_hash="h")
        with pytest.raises(StoreError, match="text order"):
            writer.put(document, chunks[::-1], root="r", content_hash="h")
        with pytest.raises(StoreError, match="Unicode"):
            writer.put(replace(document, uri="\udcff"), chunks, root="r", content_hash="h")
        with pytest.raises(DocumentNotFound):
            writer.remove("nobody")
    assert store.snapshot().generation == 0


def test_rights(store: Store, folder: Path, embedder: HashingEmbedder) -> None:
    with store.writer(embedder, settings=StoreSettings(seal_rows=1)) as writer:
        put(writer, "a", "text")
        writer.seal()
        files = [path for path in folder.rglob("*") if path.is_file()]
        assert len(files) == 5
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    folders = [folder, folder / "segments"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}


def test_a_full_disk_is_said_and_loses_nothing(store: Store, embedder: HashingEmbedder) -> None:
    with store.writer(embedder) as writer:
        put(writer, "a", "text")
        with writer._catalogue.reading() as connection:  # the only way to a full disk that leaves the others alone
            connection.execute("PRAGMA max_page_count = 1")
        with pytest.raises(StoreError, match="the disk is full"):
            put(writer, "b", "\n".join(f"line {number}" for number in range(2000)))
        assert contents(store) == {"a": "text"}
        with writer._catalogue.reading() as connection:
            connection.execute("PRAGMA max_page_count = 1000000")
        put(writer, "b", "more")
    assert contents(store) == {"a": "text", "b": "more"}


def test_readers_in_many_threads_see_whole_generations(store: Store, embedder: HashingEmbedder) -> None:
    query = embedder.embed_query("same words")
    stop = threading.Event()

    def read_on() -> int:
        seen = 0
        while not stop.is_set() or not seen:
            snapshot = store.snapshot()
            hits = snapshot.search(query, limit=1000)
            versions = {chunk.version for chunk in snapshot.chunks([chunk for chunk, _ in hits])}
            assert len(versions) <= 1, "a reader sees one version or the other"
            assert {document.version for document in snapshot.documents()} == versions
            seen += 1
        return seen

    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(read_on) for _ in range(3)]
        try:
            with store.writer(embedder, settings=StoreSettings(seal_rows=1, keep_versions=1000)) as writer:
                for number in range(25):
                    put(writer, "a", "\n".join(f"same words {number} {line}" for line in range(number % 7 + 1)))
                    writer.seal()
        finally:
            stop.set()
        assert all(reader.result(timeout=30) for reader in readers)


class TestOpening:
    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(NotAnIndex):
            Store.open(tmp_path / "nowhere")
        assert not (tmp_path / "nowhere").exists()

    def test_a_file(self, tmp_path: Path, embedder: HashingEmbedder) -> None:
        path = tmp_path / "file"
        path.write_text("text")
        with pytest.raises(StoreError, match="is a file"):
            Store.open(path)
        with pytest.raises(StoreError, match="is a file"):
            Store.create(path, embedder=embedder.identity, max_tokens=9)

    def test_a_folder_of_documents(self, tmp_path: Path, embedder: HashingEmbedder) -> None:
        (tmp_path / "letter.txt").write_text("Dear")
        with pytest.raises(FolderNotEmpty):
            Store.create(tmp_path, embedder=embedder.identity, max_tokens=9)
        with pytest.raises(NotAnIndex):
            Store.open(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]

    def test_creation_cut_short_is_finished(self, folder: Path, embedder: HashingEmbedder) -> None:
        folder.mkdir()
        (folder / "catalogue.sqlite3").touch()
        with pytest.raises(NotAnIndex):
            Store.open(folder)
        with Store.create(folder, embedder=embedder.identity, max_tokens=9) as store:
            assert store.snapshot().documents() == []
        with Store.create(folder, embedder=embedder.identity, max_tokens=77) as store:
            assert store.max_tokens == 9, "an existing index keeps its settings"

    def test_chunks_longer_than_the_embedder_reads_are_refused(self, folder: Path, embedder: HashingEmbedder) -> None:
        with pytest.raises(SettingsError, match=r"split\.max_tokens is 257, but hashing reads at most 256 tokens"):
            Store.create(folder, embedder=embedder.identity, max_tokens=257)
        assert not folder.exists()

    def test_another_programs_database(self, folder: Path) -> None:
        edit(folder, "CREATE TABLE t (x)")
        with pytest.raises(NotAnIndex):
            Store.open(folder)

    def test_a_schema_from_the_future(self, store: Store, folder: Path, embedder: HashingEmbedder) -> None:
        store.close()
        edit(folder, "PRAGMA user_version = 99")
        with pytest.raises(SchemaMismatch, match="99"):
            Store.open(folder)
        with pytest.raises(SchemaMismatch):
            Store.create(folder, embedder=embedder.identity, max_tokens=9)

    def test_closed(self, store: Store) -> None:
        store.close()
        with pytest.raises(StoreError, match="closed"):
            store.snapshot()


def edit(folder: Path, *statements: str) -> None:
    """What somebody with another tool, or a bad disk, does to the catalogue."""
    folder.mkdir(exist_ok=True)
    connection = sqlite3.connect(folder / "catalogue.sqlite3")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("statement", "found_by"),
    [
        pytest.param("UPDATE texts SET text = zeroblob(9)", "text", id="text"),
        pytest.param("UPDATE texts SET text = 'words'", "text", id="text-that-is-no-blob"),
        pytest.param("UPDATE texts SET text = substr(text, 1, 7)", "text", id="truncated-text"),
        pytest.param("UPDATE texts SET blocks = zeroblob(9)", "text", id="blocks"),
        pytest.param("DELETE FROM texts", "text", id="text-gone"),
        pytest.param("UPDATE versions SET first_row = 7", "open", id="rows"),
        pytest.param("UPDATE documents SET file = 'other'", "open", id="file"),
        pytest.param("UPDATE versions SET record = replace(record, 'Ann', 'Eve')", "open", id="metadata"),
        pytest.param("UPDATE documents SET access = 'null' WHERE access <> 'null'", "open", id="access"),
        pytest.param("UPDATE versions SET version = 'v', document_id = 'd'", "open", id="version-gone"),
        pytest.param("UPDATE documents SET uri = 'elsewhere'", "open", id="uri"),
        pytest.param("UPDATE documents SET root = 'other'", "open", id="root"),
        pytest.param("UPDATE chunks SET start = start + 1", "chunk", id="chunk"),
        pytest.param("UPDATE chunks SET headings = '[]'", "chunk", id="headings"),
        pytest.param("DELETE FROM chunks WHERE ordinal = 1", "open", id="chunk-gone"),
        pytest.param("UPDATE chunks SET vector = 3 - vector", "open", id="chunk-with-anothers-vector"),
        pytest.param("UPDATE vectors SET fp16 = zeroblob(128)", "open", id="vector"),
        pytest.param("DELETE FROM vectors WHERE id = 1", "open", id="vector-gone"),
        pytest.param("UPDATE meta SET value = '7' WHERE key = 'generation'", "open", id="generation"),
        pytest.param("UPDATE meta SET value = replace(value, 'hashing', 'minilm')", "open", id="embedder"),
        pytest.param("DELETE FROM meta WHERE key = 'layout'", "open", id="meta-gone"),
        pytest.param("DROP TABLE removals", "removed", id="table-gone"),
    ],
)
def test_a_changed_row_is_found_when_it_is_read(
    store: Store, folder: Path, embedder: HashingEmbedder, statement: str, found_by: str
) -> None:
    settings = StoreSettings(seal_rows=1 if found_by == "chunk" else 99)
    with store.writer(embedder, settings=settings) as writer:
        put(writer, "a", "secret one\ntwo")
        writer.seal()
    chunk = next(store.snapshot().all_chunks())
    store.close()
    edit(folder, statement)
    if found_by != "open":
        read(folder, "open", chunk.id)
    with pytest.raises(StoreDamaged):
        read(folder, found_by, chunk.id)


def read(folder: Path, what: str, chunk: str) -> None:
    with Store.open(folder) as store:
        snapshot = store.snapshot()
        if what == "text":
            snapshot.document("a")
        elif what == "chunk":
            snapshot.chunk(chunk)
        elif what == "removed":
            snapshot.removed_since(0)


@pytest.mark.parametrize("keep", [0.2, 0.5, 0.9])
def test_a_truncated_or_overwritten_catalogue(
    store: Store, folder: Path, embedder: HashingEmbedder, keep: float
) -> None:
    with store.writer(embedder) as writer:
        for number in range(20):
            put(writer, f"d{number}", "\n".join(f"line {number} {line}" for line in range(20)))
    expected = contents(store)
    store.close()
    path = folder / "catalogue.sqlite3"
    whole = path.read_bytes()
    cut = int(len(whole) * keep)
    for damaged in (whole[:cut], whole[:cut] + bytes(4096) + whole[cut + 4096 :], b"x" * len(whole)):
        path.write_bytes(damaged)
        try:
            with Store.open(folder) as reopened:
                assert contents(reopened) == expected, "what is not refused is right"
                list(reopened.snapshot().all_chunks())
        except StoreDamaged:
            pass
        else:
            assert damaged[:cut] == whole[:cut]


def test_any_flipped_bit_is_refused_or_harmless(store: Store, folder: Path, embedder: HashingEmbedder) -> None:
    with store.writer(embedder) as writer:
        put(writer, "a", "one two three\nfour five")
        put(writer, "b", "six seven eight")
    query = embedder.embed_query("four five")
    expected = contents(store), store.snapshot().search(query, limit=9)
    store.close()
    path = folder / "catalogue.sqlite3"
    whole = path.read_bytes()
    refused = 0
    for offset in range(30, len(whole), 997):
        path.write_bytes(whole[:offset] + bytes([whole[offset] ^ 1 << offset % 8]) + whole[offset + 1 :])
        try:
            with Store.open(folder) as reopened:
                found = contents(reopened), reopened.snapshot().search(query, limit=9)
                reopened.snapshot().chunks([chunk for chunk, _ in found[1]])
                assert found == expected, f"bit at {offset}"
        except StoreError:
            refused += 1
    assert refused > 0


def test_a_schema_that_is_no_text_is_damage(store: Store, folder: Path) -> None:
    store.close()
    path = folder / "catalogue.sqlite3"
    data = path.read_bytes()
    assert b"tablerootsroots" in data, "type, name and table of an entry of the schema"
    path.write_bytes(
        data.replace(b"tablerootsroots", b"table\x9boots\x9boots").replace(b"CREATE TABLE roots", b"CREATE TABLE (oots")
    )
    with pytest.raises(StoreDamaged):
        Store.open(folder)


def test_chunks_that_come_in_another_order_are_damage(store: Store, embedder: HashingEmbedder) -> None:
    with store.writer(embedder) as writer:
        put(writer, "root/a", "one\ntwo\nthree")
    with closing(sqlite3.connect(store.path / "catalogue.sqlite3")) as connection, connection:
        # As two pages that changed places: every row is whole, and not where it belongs.
        first, second, *_ = connection.execute(f"SELECT {CHUNK_COLUMNS} FROM chunks ORDER BY row").fetchall()  # noqa: S608
        for held, other in ((first, second), (second, first)):
            values = (*held[:4], other[4], *held[5:-1])
            digest = signed("chunks", *values)[-1]
            connection.execute("UPDATE chunks SET ordinal = ?, digest = ? WHERE row = ?", (values[4], digest, held[0]))
    with pytest.raises(StoreDamaged):
        list(Store.open(store.path).snapshot().all_chunks())
