"""A row that damage hides is missed: SQLite reads around it and finds nothing wrong."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from indexers.document import document_id
from indexers.errors import StoreDamaged
from indexers.roots import Root
from indexers.store import Store
from indexers.store.doctor import examine
from indexers.store.repair import repair
from tests.indexers.store.pieces import contents, put

if TYPE_CHECKING:
    from indexers.hashing import HashingEmbedder

PAGE = 4096
CELLS = 3
"""Where a page says how many rows it holds: two bytes."""


@pytest.fixture
def index(store: Store, folder: Path, embedder: HashingEmbedder) -> Path:
    with store.writer(embedder) as writer:
        writer.add_root(Root("root", Path("/nowhere")))
        writer.add_root(Root("root", Path("/elsewhere")))
        for name in "abcd":
            put(writer, f"root/{name}", f"text of {name}")
        writer.remove(document_id("root/d"))
    store.close()
    return folder


def hide(index: Path, name: str, cells: int) -> None:
    """Make the page of a small table or index show this many rows."""
    path = index / "catalogue.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()
    data = bytearray(path.read_bytes())
    data[(page - 1) * PAGE + CELLS : (page - 1) * PAGE + CELLS + 2] = cells.to_bytes(2, "big")
    path.write_bytes(data)


@pytest.mark.parametrize("cells", [0, 2])
def test_a_document_that_an_index_hides_is_missed_and_brought_back(
    index: Path, embedder: HashingEmbedder, cells: int
) -> None:
    hide(index, "sqlite_autoindex_documents_2", cells)
    with Store.open(index) as store:
        with pytest.raises(StoreDamaged, match=f"shows {cells} documents where there are 3"):
            store.snapshot()
        with store.writer(embedder) as writer, pytest.raises(StoreDamaged):
            writer.entries()
    assert any("shows" in finding.problem for finding in examine(index, embedder=embedder))
    repair(index, embedder=embedder)
    with Store.open(index) as store:
        assert set(contents(store)) == {"root/a", "root/b", "root/c"}


def test_roots_that_a_page_hides_are_missed(index: Path, embedder: HashingEmbedder) -> None:
    hide(index, "roots", 0)
    with Store.open(index) as store, pytest.raises(StoreDamaged, match="shows 0 roots where there are 1"):
        store.roots()
    repair(index, embedder=embedder, drop=True)
    with Store.open(index) as store:
        assert store.roots() == []
        assert len(contents(store)) == 3


def test_documents_that_are_lost_can_be_gone_on_without(index: Path, embedder: HashingEmbedder) -> None:
    with closing(sqlite3.connect(index / "catalogue.sqlite3")) as connection:
        connection.execute("DELETE FROM documents WHERE uri = 'root/b'")
        connection.commit()
    with Store.open(index) as store, pytest.raises(StoreDamaged, match="shows 2 documents where there are 3"):
        store.snapshot()
    repair(index, embedder=embedder, drop=True)
    with Store.open(index) as store:
        assert set(contents(store)) == {"root/a", "root/c"}
        with store.writer(embedder) as writer:
            put(writer, "root/b", "text of b")
        assert set(contents(store)) == {"root/a", "root/b", "root/c"}
