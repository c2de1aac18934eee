from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from indexers.hashing import HashingEmbedder
from indexers.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def embedder() -> HashingEmbedder:
    return HashingEmbedder(dimension=64)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def store(folder: Path, embedder: HashingEmbedder) -> Iterator[Store]:
    with Store.create(folder, embedder=embedder.identity, max_tokens=256) as store:
        yield store
