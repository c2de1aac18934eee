"""Folders on disk against the index: what a run adds, changes, removes, and leaves alone."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from indexers.errors import EmbedderMismatch, SettingsError, StoreBusy
from indexers.hashing import HashingEmbedder
from indexers.roots import PathNotFound, Root
from indexers.scan import MOST_FOLDERS_DEEP
from indexers.settings import LoaderSettings, SplitSettings, StoreSettings
from indexers.store import Store, Writer
from indexers.sync import sync_paths
from tests.indexers.folders import EMBEDDER, counts, sync, text_of, uris, write
from tests.indexers.store.unprivileged import another_user, reachable_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indexers.document import Document


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


def test_a_folder_is_followed(store: Store, docs: Path) -> None:
    first = sync(store, docs)
    assert counts(first) == {"added": 3}
    assert uris(store) == ["docs/a.md", "docs/b.txt", "docs/sub/c.txt"]
    assert (first.chunks, first.embedded) == (3, 3)
    again = sync(store, docs)
    assert (counts(again), again.embedded) == ({"unchanged": 3}, 0)

    write(docs / "a.md", "Apples are green.")
    (docs / "b.txt").unlink()
    write(docs / "d.txt", "Dates are brown.")
    assert counts(sync(store, docs)) == {"added": 1, "changed": 1, "removed": 1, "unchanged": 1}
    assert uris(store) == ["docs/a.md", "docs/d.txt", "docs/sub/c.txt"]
    assert "green" in text_of(store, "a.md")


def test_a_move_embeds_nothing(store: Store, docs: Path) -> None:
    sync(store, docs)
    (docs / "elsewhere").mkdir()
    (docs / "b.txt").rename(docs / "elsewhere" / "b.txt")
    report = sync(store, docs)
    assert (counts(report), report.embedded) == ({"moved": 1, "unchanged": 2}, 0)


def test_roots_are_left_alone_unless_given(store: Store, docs: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "docs"
    write(other / "a.md", "Another folder of the same name.")
    sync(store, docs)
    assert counts(sync(store, other)) == {"added": 1}
    assert uris(store) == ["docs-2/a.md", "docs/a.md", "docs/b.txt", "docs/sub/c.txt"]
    (docs / "b.txt").unlink()
    (other / "a.md").unlink()
    assert counts(sync(store, other)) == {"removed": 1}
    assert uris(store) == ["docs/a.md", "docs/b.txt", "docs/sub/c.txt"]
    assert counts(sync(store, docs)) == {"removed": 1, "unchanged": 2}


def test_a_part_of_a_root(store: Store, docs: Path) -> None:
    sync(store, docs)
    (docs / "a.md").unlink()
    (docs / "sub" / "c.txt").unlink()
    write(docs / "sub" / "new.txt", "New words.")
    assert counts(sync(store, docs / "sub")) == {"added": 1, "removed": 1}
    assert uris(store) == ["docs/a.md", "docs/b.txt", "docs/sub/new.txt"]
    write(docs / "b.txt", "Bananas are green.")
    assert counts(sync(store, docs / "b.txt")) == {"changed": 1}
    assert [root.name for root in store.roots()] == ["docs"]


def test_single_files(store: Store, docs: Path, tmp_path: Path) -> None:
    write(tmp_path / "x" / "a.md", "Another.")
    assert counts(sync(store, docs / "a.md", tmp_path / "x" / "a.md")) == {"added": 2}
    assert uris(store) == ["a-2.md", "a.md"]
    assert counts(sync(store, docs)) == {"added": 2, "unchanged": 1}
    assert uris(store) == ["a-2.md", "a.md", "docs/b.txt", "docs/sub/c.txt"]
    (docs / "a.md").unlink()
    assert counts(sync(store, docs)) == {"removed": 1, "unchanged": 2}, "the file's folder was given, and it is gone"


def test_nested_roots(store: Store, docs: Path) -> None:
    sync(store, docs / "sub")
    assert counts(sync(store, docs / "sub", docs)) == {"added": 2, "unchanged": 1}
    assert uris(store) == ["docs/a.md", "docs/b.txt", "sub/c.txt"], "each file under one root"
    (docs / "sub" / "c.txt").unlink()
    (docs / "sub").rmdir()
    assert counts(sync(store, docs)) == {"removed": 1, "unchanged": 2}


def test_outer_folder_first_whatever_the_order(store: Store, docs: Path) -> None:
    assert counts(sync(store, docs / "sub", docs, docs)) == {"added": 3}
    assert uris(store) == ["docs/a.md", "docs/b.txt", "docs/sub/c.txt"]


@pytest.mark.parametrize("missing", ["nowhere", "docs/none.txt", "index", "index/LOCK", "pipe", "loop"])
def test_a_wrong_path_does_nothing(store: Store, docs: Path, tmp_path: Path, missing: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(PathNotFound, match=missing.rpartition("/")[2]):
        sync(store, docs, tmp_path / missing)
    assert uris(store) == []
    assert store.roots() == []


def test_a_root_that_is_away_removes_nothing(store: Store, docs: Path, tmp_path: Path) -> None:
    sync(store, docs)
    docs.rename(tmp_path / "away")
    with pytest.raises(PathNotFound):
        sync(store, docs)
    docs.mkdir()
    with store.writer(EMBEDDER) as writer:
        writer.add_root(Root("docs", docs, mounted=True))
    report = sync(store, docs)
    assert counts(report) == {"failed": 1}
    assert "away" in report.failures[0].error
    assert len(uris(store)) == 3


def test_a_moved_folder_keeps_its_name(store: Store, docs: Path, tmp_path: Path) -> None:
    sync(store, docs)
    (tmp_path / "moved").mkdir()
    docs.rename(tmp_path / "moved" / "docs")
    (tmp_path / "moved" / "docs" / "a.md").unlink()
    report = sync(store, tmp_path / "moved" / "docs")
    assert (counts(report), report.embedded) == ({"removed": 1, "unchanged": 2}, 0)
    assert report.moved_roots == (Root("docs", tmp_path / "moved" / "docs"),)
    assert list(report.moved_roots) == store.roots()
    assert sync(store, tmp_path / "moved" / "docs").moved_roots == ()


def test_another_folder_of_the_name_does_not_replace_one_that_is_away(store: Store, docs: Path, tmp_path: Path) -> None:
    sync(store, docs)
    docs.rename(tmp_path / "the volume is away")
    other = tmp_path / "elsewhere" / "docs"
    other.mkdir(parents=True)
    (other / "a.md").write_text("# Something else\n\nOf the same name.\n")
    assert counts(sync(store, other)) == {"added": 1}
    assert {root.name for root in store.roots()} == {"docs", "docs-2"}


def test_roots_inside_a_moved_folder_move_with_it(store: Store, docs: Path, tmp_path: Path) -> None:
    sync(store, docs / "sub")
    sync(store, docs)
    moved = tmp_path / "moved" / "docs"
    moved.parent.mkdir()
    docs.rename(moved)
    report = sync(store, moved)
    assert report.moved_roots == (Root("docs", moved), Root("sub", moved / "sub"))
    assert counts(report) == {"unchanged": 3}
    assert uris(store) == ["docs/a.md", "docs/b.txt", "sub/c.txt"]


def test_a_root_that_is_still_there_keeps_its_name_from_others(store: Store, docs: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "docs"
    write(other / "a.md", "Another folder of the same name.")
    sync(store, docs)
    assert sync(store, other).moved_roots == ()
    other.rename(tmp_path / "docs.old")
    (tmp_path / "third").mkdir()
    (tmp_path / "docs.old").rename(tmp_path / "third" / "docs")
    assert sync(store, tmp_path / "third" / "docs").moved_roots == (Root("docs-2", tmp_path / "third" / "docs"),)
    assert [root.name for root in store.roots()] == ["docs", "docs-2"]


def test_what_may_not_be_read_is_listed_and_kept() -> None:
    with reachable_folder() as above:
        above.chmod(0o777)
        docs, index = above / "docs", above / "index"
        write(docs / "a.md", "Apples are red.")
        write(docs / "sub" / "c.txt", "Cherries are dark.")
        write(above / "b.txt", "Bananas are yellow.")
        with another_user(), Store.create(index, embedder=EMBEDDER.identity, max_tokens=64) as store:
            assert counts(sync(store, docs / "sub")) == {"added": 1}
            assert counts(sync(store, docs, above / "b.txt")) == {"added": 2, "unchanged": 1}
        docs.chmod(0o000)
        (above / "b.txt").chmod(0o000)
        with another_user(), Store.open(index) as store:
            report = sync(store, docs, above / "b.txt")
            assert [(failure.uri, failure.error) for failure in report.failures] == [
                ("b.txt", "cannot be read: Permission denied"),
                ("docs", "cannot be listed: Permission denied"),
                ("sub", "cannot be looked at: Permission denied"),
            ]
            assert counts(report) == {"failed": 3}
            assert uris(store) == ["b.txt", "docs/a.md", "sub/c.txt"]
            with pytest.raises(PathNotFound, match=r"a\.md: Permission denied"):
                sync(store, docs / "a.md")


def test_folders_in_folders_without_end_cost_only_themselves(store: Store, docs: Path) -> None:
    folder = docs.joinpath(*["d"] * (MOST_FOLDERS_DEEP + 50))
    folder.mkdir(parents=True)
    write(folder / "deep.txt", "Dates are brown.")
    report = sync(store, docs)
    assert counts(report) == {"added": 3, "failed": 1}
    assert report.failures[0].error == f"lies more than {MOST_FOLDERS_DEEP} folders deep"


def test_a_folder_that_cannot_be_listed_removes_nothing(
    store: Store, docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync(store, docs)
    (docs / "a.md").unlink()
    list_folder = os.scandir

    def refuse(path: Any) -> Any:
        if Path(path).name == "sub":
            raise PermissionError(13, "Permission denied")
        return list_folder(path)

    monkeypatch.setattr(os, "scandir", refuse)  # tests may run as root, who may list everything
    report = sync(store, docs)
    assert counts(report) == {"removed": 1, "unchanged": 1, "failed": 1}
    assert (report.failures[0].uri, "Permission denied" in report.failures[0].error) == ("docs/sub", True)
    assert uris(store) == ["docs/b.txt", "docs/sub/c.txt"]


def test_what_is_not_a_document_is_named(store: Store, docs: Path, tmp_path: Path) -> None:
    write(tmp_path / "secret.txt", "Secret.")
    write(docs / ".hidden.txt", "Hidden.")
    write(docs / ".git" / "x.txt", "Hidden.")
    write(docs / "program.exe", "MZ")
    (docs / "out.txt").symlink_to(tmp_path / "secret.txt")
    (docs / "loop.txt").symlink_to("loop.txt")
    (docs / "folder").symlink_to(docs / "sub")
    (docs / "inside.txt").symlink_to("b.txt")
    os.mkfifo(docs / "pipe.txt")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(docs / "socket.txt"))
    report = sync(store, docs)
    assert counts(report) == {"added": 4, "failed": 6}
    assert [failure.uri for failure in report.failures] == [
        f"docs/{name}" for name in ("folder", "loop.txt", "out.txt", "pipe.txt", "program.exe", "socket.txt")
    ]
    assert [failure.error for failure in report.failures] == [
        "is a link to something that is not a file",
        "is a link that leads nowhere",
        "is a link out of the folder",
        "is a pipe, a socket or a device",
        "no loader reads files .exe",
        "is a pipe, a socket or a device",
    ]
    assert all(failure.hint for failure in report.failures)
    assert uris(store) == ["docs/a.md", "docs/b.txt", "docs/inside.txt", "docs/sub/c.txt"]


def test_the_index_inside_the_folder_is_no_document(docs: Path) -> None:
    with Store.create(docs / "my index", embedder=EMBEDDER.identity, max_tokens=64) as store:
        assert counts(sync(store, docs)) == {"added": 3}


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        pytest.param(b"line\nbreak.txt", "docs/line\nbreak.txt", id="newline"),
        pytest.param("\u202etxt.exe.txt".encode(), "docs/\u202etxt.exe.txt", id="bidi"),
        pytest.param(b"caf\xe9.txt", "docs/caf%E9.txt", id="not-utf-8"),
        pytest.param(b"-rf.txt", "docs/-rf.txt", id="flag"),
        pytest.param(b"x" * 251 + b".txt", f"docs/{'x' * 251}.txt", id="longest"),
        pytest.param("naïve — 日本.txt".encode(), "docs/naïve — 日本.txt", id="unicode"),
    ],
)
def test_file_names(store: Store, docs: Path, name: bytes, uri: str) -> None:
    path = docs / os.fsdecode(name)
    path.write_text("Strange names.")
    assert counts(sync(store, docs)) == {"added": 4}
    assert text_of(store, uri) == "Strange names."
    path.unlink()
    assert counts(sync(store, docs)) == {"removed": 1, "unchanged": 3}


def test_a_file_that_breaks_keeps_its_last_version(store: Store, docs: Path) -> None:
    sync(store, docs)
    (docs / "a.md").write_bytes(b"")
    write(docs / "empty.txt", "   ")
    report = sync(store, docs, loader=LoaderSettings(max_file_bytes=18))
    assert counts(report) == {"unchanged": 1, "failed": 3}
    assert [failure.uri for failure in report.failures] == ["docs/a.md", "docs/b.txt", "docs/empty.txt"]
    assert [failure.error for failure in report.failures] == [
        "has 0 bytes",
        "has 19 bytes, the limit is 18 (max_file_bytes)",
        "holds only blanks",
    ]
    assert text_of(store, "a.md") == "Apples are red."


def test_an_interrupt_loses_nothing(store: Store, docs: Path) -> None:
    seen = []

    def stop(done: int, total: int, uri: str) -> None:
        seen.append((done, total, uri))
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sync(store, docs, progress=stop)
    assert seen == [(0, 3, "docs/a.md"), (1, 3, "docs/b.txt"), (2, 3, "docs/sub/c.txt")]
    assert uris(store) == ["docs/a.md", "docs/b.txt"]
    assert counts(sync(store, docs)) == {"added": 1, "unchanged": 2}


def test_refusals_before_anything_is_done(store: Store, docs: Path) -> None:
    with pytest.raises(SettingsError, match="max_tokens = 64, settings say 128"):
        sync(store, docs, split=SplitSettings(max_tokens=128))
    with pytest.raises(EmbedderMismatch):
        sync_paths(store, [docs], embedder=HashingEmbedder(dimension=16))
    with store.writer(EMBEDDER), pytest.raises(StoreBusy):
        sync(store, docs)
    assert (uris(store), store.roots()) == ([], [])


def test_a_long_run_seals_on_its_way(store: Store, tmp_path: Path) -> None:
    for number in range(25):
        write(tmp_path / "many" / f"{number}.txt", f"Number {number}.")
    sync(store, tmp_path / "many", store=StoreSettings(seal_rows=1))
    status = store.snapshot().status()
    assert (status.documents, status.chunks, len(store.snapshot().loaded.tail.rows)) == (25, 25, 0)


def mail(**files: str) -> str:
    """A message with an attached text for each keyword, whose underscore stands for the dot of the name."""
    head = "--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename="
    parts = "".join(f'{head}"{name.replace("_", ".")}"\n\n{text}\n' for name, text in files.items())
    return f"From: a@b.c\nSubject: Fruit\nContent-Type: multipart/mixed; boundary=b\n\n{parts}--b--\n"


def test_files_inside_a_file_come_and_go_with_it(store: Store, docs: Path) -> None:
    write(docs / "m.eml", mail(pear_txt="Pears are green.", fig_txt="Figs are blue."))
    write(docs / "m.eml!a.txt", "A file whose name reads like that of a part.")
    assert counts(sync(store, docs)) == {"added": 7}
    parts = ["docs/m.eml", "docs/m.eml!a.txt", "docs/m.eml!fig.txt", "docs/m.eml!pear.txt"]
    assert [uri for uri in uris(store) if "m.eml" in uri] == parts
    assert text_of(store, "docs/m.eml!fig.txt") == "Figs are blue."
    assert counts(sync(store, docs)) == {"unchanged": 7}

    write(docs / "m.eml", mail(pear_txt="Pears are green.", plum_txt="Plums are dark.", x_bin="?"))
    report = sync(store, docs)
    assert counts(report) == {"added": 1, "changed": 1, "removed": 1, "unchanged": 5, "failed": 1}
    assert [(failure.uri, failure.error) for failure in report.failures] == [
        ("docs/m.eml!x.bin", "is a .bin file, which no loader reads")
    ]
    assert "docs/m.eml!fig.txt" not in uris(store)

    (docs / "m.eml").write_bytes(b"")
    assert counts(sync(store, docs)) == {"unchanged": 4, "failed": 1}, "a file that breaks keeps its parts"
    (docs / "m.eml").unlink()
    assert counts(sync(store, docs)) == {"removed": 3, "unchanged": 4}
    assert "docs/m.eml!a.txt" in uris(store)


def test_what_lies_inside_a_document_is_told_with_it(store: Store, docs: Path) -> None:
    write(docs / "m.eml", mail(pear_txt="Pears are green.", fig_txt="Figs are blue."))
    write(docs / "m.eml!a.txt", "A file whose name reads like that of a part.")
    sync(store, docs)
    snapshot = store.snapshot()
    inside = [entry.uri for entry in snapshot.inside(snapshot.entry("docs/m.eml"))]
    assert inside == ["docs/m.eml!fig.txt", "docs/m.eml!pear.txt"]
    assert snapshot.inside(snapshot.entry(inside[0])) == []


def test_an_interrupt_between_a_file_and_its_parts_loses_neither(
    store: Store, docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(docs / "m.eml", mail(pear_txt="Pears are green.", fig_txt="Figs are blue."))
    put = Writer.put

    def stop(writer: Writer, document: Document, *args: Any, **named: Any) -> int:
        if document.uri == "docs/m.eml!pear.txt":
            raise KeyboardInterrupt
        return put(writer, document, *args, **named)

    monkeypatch.setattr(Writer, "put", stop)
    with pytest.raises(KeyboardInterrupt):
        sync(store, docs)
    monkeypatch.undo()
    assert [uri for uri in uris(store) if "m.eml" in uri] == ["docs/m.eml!fig.txt"]
    sync(store, docs)
    assert [uri for uri in uris(store) if "m.eml" in uri] == ["docs/m.eml", "docs/m.eml!fig.txt", "docs/m.eml!pear.txt"]
