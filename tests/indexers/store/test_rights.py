"""Index folders that may not be written, or not even be looked into."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from indexers.errors import StoreError
from indexers.settings import StoreSettings
from indexers.store import Store
from tests.indexers.store.pieces import contents, put
from tests.indexers.store.unprivileged import another_user, reachable_folder, set_rights

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from indexers.hashing import HashingEmbedder


@pytest.fixture
def shared(embedder: HashingEmbedder) -> Iterator[Path]:
    """An index that everybody may read and only its owner may write."""
    with reachable_folder() as above:
        folder = above / "index"
        with (
            Store.create(folder, embedder=embedder.identity, max_tokens=64) as store,
            store.writer(embedder, settings=StoreSettings(seal_rows=1)) as writer,
        ):
            put(writer, "a", "one\ntwo")
            writer.seal()
            put(writer, "b", "three")
        set_rights(folder, folders=0o555, files=0o444)
        yield folder


def test_a_folder_that_may_only_be_read_is_read(shared: Path, embedder: HashingEmbedder) -> None:
    files = sorted(path.name for path in shared.iterdir())
    with another_user(), Store.open(shared) as store:
        assert contents(store) == {"a": "one\ntwo", "b": "three"}
        ((chunk, _),) = store.snapshot().search(embedder.embed_query("three"), limit=1)
        assert store.snapshot().chunk(chunk).document_id == store.snapshot().entry("b").id
        with pytest.raises(StoreError, match="cannot be written"), store.writer(embedder):
            pass
    assert sorted(path.name for path in shared.iterdir()) == files


def test_what_the_owner_writes_meanwhile_is_seen(shared: Path, embedder: HashingEmbedder) -> None:
    with another_user():
        reader = Store.open(shared)
        assert set(contents(reader)) == {"a", "b"}
    set_rights(shared, folders=0o755, files=0o644)
    with Store.open(shared) as owner, owner.writer(embedder) as writer:
        put(writer, "c", "four\nfive")
        shared.chmod(0o555)
        with another_user():
            assert set(contents(reader)) == {"a", "b", "c"}, "while the log is not folded into the catalogue yet"
        put(writer, "a", "new words")
    with another_user(), reader:
        assert contents(reader) == {"a": "new words", "b": "three", "c": "four\nfive"}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param("x" * 300, "File name too long", id="too-long-a-name"),
        pytest.param("nul\0l", "null", id="null-character"),
        pytest.param("file/index", "Not a directory", id="below-a-file"),
        pytest.param("loop", "symbolic links", id="loop-of-links"),
        pytest.param("closed", "Permission denied", id="may-not-be-looked-into"),
        pytest.param("closed/index", "Permission denied", id="below-what-may-not-be-looked-into"),
    ],
)
def test_a_folder_that_cannot_be_looked_at(name: str, message: str, embedder: HashingEmbedder) -> None:
    with reachable_folder() as above:
        (above / "file").touch()
        (above / "loop").symlink_to("loop")
        (above / "closed").mkdir(mode=0o000)
        with another_user():
            with pytest.raises(StoreError, match=message):
                Store.open(above / name)
            with pytest.raises(StoreError, match=message):
                Store.create(above / name, embedder=embedder.identity, max_tokens=64)
