"""What a sync makes of changes: nothing is read or embedded without need, and what is done is what is reported."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from indexers import stamps
from indexers.access import AccessRule
from indexers.duplicates import Duplicate
from indexers.embed import Matrix
from indexers.errors import EmbedError
from indexers.hashing import HashingEmbedder
from indexers.report import Change
from indexers.settings import SyncSettings
from indexers.store import Store
from indexers.sync import SyncOptions, sync_paths
from tests.indexers.folders import EMBEDDER, HERE, counts, preview, sync, text_of, uris, write

if TYPE_CHECKING:
    from collections.abc import Iterator

OPTIONS = SyncOptions(parser=HERE)
MAIL = """From: ann@example.org
Subject: Prices
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

The prices are attached.
--b
Content-Type: text/plain; name=prices.txt
Content-Disposition: attachment; filename=prices.txt

The blue anvil costs 12 euros.
--b--
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "index", embedder=EMBEDDER.identity, max_tokens=64) as store:
        yield store


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    write(folder / "a.md", "Apples are red.")
    write(folder / "b.txt", "Bananas are yellow.")
    write(folder / "sub" / "c.txt", "Cherries are dark.")
    return folder


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files count as settled at once, since a test does not wait two seconds."""
    monkeypatch.setattr(stamps, "SETTLED_NS", -(10**18))


def refuse(*_: object) -> None:
    raise AssertionError("a file was read")


def whole(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("settled")
def test_an_unchanged_file_is_not_opened(store: Store, docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sync(store, docs)
    with monkeypatch.context() as patched:
        patched.setattr(hashlib, "file_digest", refuse)
        assert counts(sync(store, docs)) == {"unchanged": 3}
    os.utime(docs / "a.md")
    opened: list[int] = []
    digest = hashlib.file_digest

    def counted(file: Any, name: str) -> Any:
        opened.append(os.fstat(file.fileno()).st_ino)
        return digest(file, name)

    monkeypatch.setattr(hashlib, "file_digest", counted)
    assert counts(sync(store, docs)) == {"unchanged": 3}
    assert opened == [(docs / "a.md").stat().st_ino], "it may have changed"
    assert counts(sync(store, docs)) == {"unchanged": 3}
    assert len(opened) == 1, "and once it was read, that it has not is known"


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("how", ["in-place", "replaced"])
def test_bytes_of_the_same_size_and_time_are_seen_to_differ(store: Store, docs: Path, how: str) -> None:
    sync(store, docs)
    path = docs / "a.md"
    before = path.stat()
    new = path if how == "in-place" else docs / "new.tmp"
    new.write_text("Apples are RED.")
    os.utime(new, ns=(before.st_atime_ns, before.st_mtime_ns))
    new.rename(path)
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert counts(sync(store, docs)) == {"changed": 1, "unchanged": 2}
    assert text_of(store, "a.md") == "Apples are RED."


def test_a_file_written_a_moment_ago_is_not_trusted_by_its_status(store: Store, docs: Path) -> None:
    sync(store, docs)
    assert {seen.status for seen in store.seen().values()} == {""}
    assert counts(sync(store, docs)) == {"unchanged": 3}


@pytest.mark.usefixtures("settled")
def test_another_loader_reads_everything_again(store: Store, docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sync(store, docs)
    monkeypatch.setattr(stamps, "LOADER_VERSION", "newer")
    assert counts(sync(store, docs)) == {"changed": 3}
    assert counts(sync(store, docs)) == {"unchanged": 3}


def test_a_renamed_document_is_embedded_under_its_new_name_and_keeps_its_history(store: Store, docs: Path) -> None:
    sync(store, docs)
    write(docs / "b.txt", "Bananas are green.")
    sync(store, docs)
    (first,) = (version for version in _versions(store, "docs/b.txt") if version != _current(store, "docs/b.txt"))
    (docs / "b.txt").rename(docs / "fruit.txt")
    report = sync(store, docs)
    assert (counts(report), report.embedded) == ({"moved": 1, "unchanged": 2}, 1), (
        "its name is part of what is embedded"
    )
    assert report.changes == (Change("moved", "docs/fruit.txt", "docs/b.txt"),)
    snapshot = store.snapshot()
    assert snapshot.document("docs/fruit.txt", version=first).text == "Bananas are yellow."
    assert snapshot.document("docs/fruit.txt").title == "fruit"
    assert counts(sync(store, docs)) == {"unchanged": 3}


def test_a_moved_folder_inside_its_root_embeds_nothing(store: Store, docs: Path) -> None:
    write(docs / "sub" / "mail.eml", MAIL)
    sync(store, docs)
    (docs / "sub").rename(docs / "other")
    report = sync(store, docs)
    assert (counts(report), report.embedded) == ({"moved": 3, "unchanged": 2}, 0)
    assert uris(store) == [
        *("docs/a.md", "docs/b.txt", "docs/other/c.txt"),
        *("docs/other/mail.eml", "docs/other/mail.eml!prices.txt"),
    ]
    entry = store.snapshot().entry("docs/other/mail.eml!prices.txt")
    assert entry.file == "docs/other/mail.eml"
    assert counts(sync(store, docs)) == {"unchanged": 5}


def test_a_move_between_roots_that_were_both_given(store: Store, docs: Path, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    write(archive / "old.txt", "Old words.")
    sync(store, docs, archive)
    (docs / "b.txt").rename(archive / "b.txt")
    report = sync(store, archive, docs)
    assert (counts(report), report.embedded) == ({"moved": 1, "unchanged": 3}, 0)
    assert store.snapshot().entry("archive/b.txt").root == "archive"
    assert counts(sync(store, archive)) == {"unchanged": 2}


def test_a_copy_is_no_move_and_equal_files_are_matched_one_to_one(store: Store, docs: Path) -> None:
    write(docs / "same" / "c.txt", "Cherries are dark.")
    sync(store, docs)
    (docs / "copy.txt").write_bytes((docs / "a.md").read_bytes())
    (docs / "sub" / "c.txt").rename(docs / "x.txt")
    (docs / "same" / "c.txt").rename(docs / "c.txt")
    report = sync(store, docs)
    assert counts(report) == {"added": 1, "moved": 2, "unchanged": 2}
    assert {(change.detail, change.uri) for change in report.changes if change.kind == "moved"} == {
        ("docs/same/c.txt", "docs/c.txt"),
        ("docs/sub/c.txt", "docs/x.txt"),
    }
    assert uris(store) == ["docs/a.md", "docs/b.txt", "docs/c.txt", "docs/copy.txt", "docs/x.txt"]


def test_a_file_that_could_not_be_read_is_no_new_place_of_one_that_is_gone(store: Store, docs: Path) -> None:
    (docs / "a.docx").write_bytes((docs / "b.txt").read_bytes())
    assert counts(sync(store, docs)) == {"added": 3, "failed": 1}
    (docs / "b.txt").rename(docs / "renamed.txt")
    report = sync(store, docs)
    assert [(change.detail, change.uri) for change in report.changes] == [("docs/b.txt", "docs/renamed.txt")]
    assert uris(store) == ["docs/a.md", "docs/renamed.txt", "docs/sub/c.txt"]


def test_names_that_change_places(store: Store, docs: Path) -> None:
    sync(store, docs)
    (docs / "b.txt").rename(docs / "b2.txt")
    (docs / "sub" / "c.txt").rename(docs / "b.txt")
    report = sync(store, docs)
    assert counts(report) == {"added": 1, "changed": 1, "removed": 1, "unchanged": 1}
    assert (text_of(store, "docs/b.txt"), text_of(store, "docs/b2.txt")) == (
        "Cherries are dark.",
        "Bananas are yellow.",
    )


def test_a_rename_that_is_interrupted_is_finished_by_the_next_run(store: Store, docs: Path) -> None:
    class Interrupted(HashingEmbedder):
        def embed_passages(self, texts: Sequence[str], **named: Any) -> Matrix:
            raise KeyboardInterrupt

    sync(store, docs)
    (docs / "b.txt").rename(docs / "fruit.txt")
    with pytest.raises(KeyboardInterrupt):
        sync_paths(store, [docs], embedder=Interrupted(dimension=32), options=OPTIONS)
    assert uris(store) == ["docs/a.md", "docs/fruit.txt", "docs/sub/c.txt"]
    assert sync(store, docs).embedded == 1
    assert store.snapshot().document("docs/fruit.txt").title == "fruit"


def test_what_is_gone_stops_answering_before_anything_is_embedded(store: Store, docs: Path) -> None:
    class Broken(HashingEmbedder):
        def embed_passages(self, texts: Sequence[str], **named: Any) -> Matrix:
            raise EmbedError("the model is gone")

    sync(store, docs)
    (docs / "b.txt").unlink()
    write(docs / "a.md", "Apples are green.")
    with pytest.raises(EmbedError, match="the model is gone"):
        sync_paths(store, [docs], embedder=Broken(dimension=32), options=OPTIONS)
    assert uris(store) == ["docs/a.md", "docs/sub/c.txt"]


class Choosy(HashingEmbedder):
    """Returns no usable vector for a text that holds a certain word."""

    def embed_passages(
        self, texts: Sequence[str], *, progress: Callable[[int], None] | None = None, **named: Any
    ) -> Matrix:
        matrix = super().embed_passages(texts, progress=progress)
        for row, text in zip(matrix, texts, strict=True):
            if "poison" in text:
                row[:] = np.nan
        return matrix


def test_a_text_that_cannot_be_embedded_costs_only_its_document(store: Store, docs: Path) -> None:
    write(docs / "b.txt", "This is poison.")
    write(docs / "mail.eml", MAIL.replace("The blue anvil", "The poison"))
    choosy = Choosy(dimension=32)
    report = sync_paths(store, [docs], embedder=choosy, options=OPTIONS)
    assert counts(report) == {"added": 3, "failed": 2}
    assert [failure.uri for failure in report.failures] == ["docs/b.txt", "docs/mail.eml!prices.txt"]
    assert "a vector of length nan" in report.failures[0].error
    assert counts(sync_paths(store, [docs], embedder=choosy, options=OPTIONS)) == {
        "changed": 1,
        "unchanged": 2,
        "failed": 2,
    }
    assert counts(sync(store, docs)) == {"added": 2, "changed": 1, "unchanged": 2}, "all is well with another model"
    assert counts(sync(store, docs)) == {"unchanged": 5}


def test_failures_are_remembered_until_they_are_mended_or_gone(store: Store, docs: Path) -> None:
    write(docs / "empty.txt", "")
    write(docs / "program.exe", "MZ")
    write(docs / "mail.eml", MAIL.replace("prices.txt", "prices.exe"))
    report = sync(store, docs)
    failed = {failure[0]: failure[1] for seen in store.seen().values() for failure in seen.failures}
    assert failed == {failure.uri: failure.error for failure in report.failures}
    assert sorted(failed) == ["docs/empty.txt", "docs/mail.eml!prices.exe", "docs/program.exe"]
    again = sync(store, docs)
    assert again.failures == report.failures, "also of what is inside a file that has not changed"
    write(docs / "empty.txt", "Not any more.")
    (docs / "program.exe").unlink()
    (docs / "mail.eml").rename(docs / "sub" / "mail.eml")
    assert [failure.uri for failure in sync(store, docs).failures] == ["docs/sub/mail.eml!prices.exe"]
    (docs / "sub" / "mail.eml").unlink()
    assert sync(store, docs).failures == ()
    assert sorted(store.seen()) == ["docs/a.md", "docs/b.txt", "docs/empty.txt", "docs/sub/c.txt"]


def test_what_becomes_ignored_leaves_the_index_with_the_reason(store: Store, docs: Path) -> None:
    sync(store, docs)
    write(docs / ".ragignore", "*.tmp\nsub/\n")
    expected = Change("removed", "docs/sub/c.txt", "ignored by docs/.ragignore line 2")
    assert preview(store, [docs], index=store.path).changes == (expected,)
    report = sync(store, docs)
    assert (counts(report), report.changes) == ({"removed": 1, "unchanged": 2, "ignored": 1}, (expected,))
    report = sync(store, docs, sync=SyncSettings(ignore=("*.md",)))
    assert report.changes == (Change("removed", "docs/a.md", "ignored by sync.ignore (*.md)"),)
    (docs / ".ragignore").unlink()
    assert counts(sync(store, docs)) == {"added": 2, "unchanged": 1}


def test_a_malformed_ignore_file_changes_nothing_below_it(store: Store, docs: Path) -> None:
    sync(store, docs)
    write(docs / "sub" / ".ragignore", "[z-a]")
    (docs / "sub" / "c.txt").unlink()
    report = sync(store, docs)
    assert counts(report) == {"unchanged": 2, "failed": 1}
    assert (report.failures[0].uri, report.failures[0].error[:18]) == ("docs/sub", ".ragignore line 1 ")
    assert "docs/sub/c.txt" in uris(store)


def test_near_duplicates_among_what_is_new_are_reported(store: Store, docs: Path) -> None:
    words = " ".join(f"word{number}" for number in range(300))
    write(docs / "long.txt", words)
    assert sync(store, docs).duplicates == ()
    write(docs / "copy of long.txt", words)
    write(docs / "edited.txt", words.replace("word7 ", "other "))
    found = sync(store, docs).duplicates
    assert [(pair.uri, pair.like, pair.exact) for pair in found] == [
        ("docs/copy of long.txt", "docs/long.txt", True),
        ("docs/edited.txt", "docs/copy of long.txt", False),
    ]
    assert found[1].likeness == pytest.approx(291 / 301, abs=0.06)
    assert sync(store, docs).duplicates == (), "they are not new any more"
    assert store.duplicates() == [
        Duplicate("docs/edited.txt", "docs/copy of long.txt", found[1].likeness, exact=False),
        Duplicate("docs/long.txt", "docs/copy of long.txt", 1.0, exact=True),
    ]


def test_a_volume_below_the_root_that_is_away_removes_nothing(
    store: Store, docs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as mounted:  # a test may not mount anything
        mounted.setattr(Path, "is_mount", lambda path: path == docs / "sub")
        assert counts(sync(store, docs)) == {"added": 3}
    write(docs / "sub" / "hidden by the volume.txt", "It lay below.")
    (docs / "sub" / "c.txt").rename(tmp_path / "c.txt")
    for again in range(2):
        report = sync(store, docs)
        expected = {"unchanged": 3, "failed": 1} if again else {"added": 1, "unchanged": 2, "failed": 1}
        assert counts(report) == expected
        assert (report.failures[0].uri, "is away" in report.failures[0].error) == ("docs/sub", True)
    assert "docs/sub/c.txt" in uris(store)
    (docs / "sub" / "hidden by the volume.txt").unlink()
    (docs / "sub").rmdir()
    assert counts(sync(store, docs)) == {"unchanged": 2, "failed": 1}
    (docs / "sub").mkdir()
    (tmp_path / "c.txt").rename(docs / "sub" / "c.txt")
    monkeypatch.setattr(Path, "is_mount", lambda path: path == docs / "sub")
    assert counts(sync(store, docs)) == {"unchanged": 3, "removed": 1}


def edit_much(docs: Path) -> None:
    write(docs / "a.md", "Apples are green.")
    write(docs / "new" / "d.txt", "Dates are brown. " * 40)
    write(docs / "new" / "mail.eml", MAIL)
    write(docs / "empty.txt", "")
    (docs / "b.txt").rename(docs / "new" / "b.txt")
    (docs / "e.txt").rename(docs / "renamed.txt")
    (docs / "sub" / "c.txt").unlink()


def test_a_dry_run_says_what_a_run_then_does(store: Store, docs: Path) -> None:
    write(docs / "e.txt", "Elderberries are black.")
    write(docs / "kept.txt", "Kept as it is.")
    rules = (AccessRule("kept.txt", ("staff",)),)
    sync(store, docs)
    edit_much(docs)
    before = whole(store.path)
    with store.writer(EMBEDDER):  # it takes no lock
        said = preview(store, [docs], index=store.path, access=rules)
    assert whole(store.path) == before
    done = sync(store, docs, access=rules)
    assert counts(said) == {"added": 3, "changed": 1, "moved": 2, "removed": 1, "access": 1, "failed": 1}
    for name in ("changes", "failures", "embedded", "chunks", "pages", "duplicates"):
        assert getattr(said, name) == getattr(done, name), name
    assert counts(said) == counts(done)


def test_a_dry_run_needs_no_index_and_makes_none(docs: Path, tmp_path: Path) -> None:
    said = preview(None, [docs], index=docs / "index")
    assert (counts(said), said.embedded, said.chunks) == ({"added": 3}, 3, 3)
    assert not (docs / "index").exists()


def _versions(store: Store, uri: str) -> list[str]:
    import sqlite3

    with sqlite3.connect(store.path / "catalogue.sqlite3") as connection:
        query = "SELECT version FROM versions WHERE document_id = ?"
        rows = connection.execute(query, (store.snapshot().entry(uri).id,)).fetchall()
    connection.close()
    return [version for (version,) in rows]


def _current(store: Store, uri: str) -> str:
    return store.snapshot().entry(uri).version
