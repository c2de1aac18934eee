"""A small company on disk, indexed without weights; each test may ask it, and those that change it get a copy."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.rest import create_app
from rag import Rag
from rag.settings import Settings, load_settings

OFFLINE = {"embedder.model": "hashing", "generator.abstain_below": 0.0}
"""When to abstain is tuned for the embedder with weights; here it is forced, one way or the other."""

LEAVE = """# Benefits

## Parental leave

Employees may take 16 weeks of parental leave at full pay.
The leave must begin within 12 months of the birth.

## Sick leave

Sick leave is paid for 30 days a year.
"""
PRICES = """# Price list

| Product | Price |
|---|---|
| Blue anvil | 250 EUR |
| Red anvil | 300 EUR |

The prices hold until 31 December 2026.
"""
TRAVEL = """# Travel

Trains are booked in second class. Hotels may cost 140 EUR a night.
"""


@pytest.fixture(scope="session")
def settings() -> Settings:
    return load_settings(overrides=OFFLINE)


@pytest.fixture(scope="session")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    (folder / "benefits.md").write_text(LEAVE, encoding="utf-8")
    (folder / "prices.md").write_text(PRICES, encoding="utf-8")
    (folder / "travel.md").write_text(TRAVEL, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def indexed(documents: Path, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index folder; for reading only."""
    folder = tmp_path_factory.mktemp("index") / ".rag"
    with Rag.open(folder, settings=settings, create=True) as rag:
        report = rag.index([documents])
    assert report.failures == ()
    return folder


@pytest.fixture
def index(indexed: Path, tmp_path: Path) -> Path:
    """A copy of the index that a test may change."""
    return Path(shutil.copytree(indexed, tmp_path / "copied"))


@pytest.fixture(scope="session")
def rag(indexed: Path, settings: Settings) -> Iterator[Rag]:
    with Rag.open(indexed, settings=settings) as opened:
        yield opened


@pytest.fixture(scope="session")
def client(rag: Rag) -> Iterator[TestClient]:
    with TestClient(create_app(rag), base_url="http://127.0.0.1") as opened:
        yield opened


@pytest.fixture(scope="session")
def reticent(indexed: Path) -> Iterator[TestClient]:
    """A service that always abstains."""
    settings = load_settings(overrides={**OFFLINE, "generator.abstain_below": 1.0})
    with (
        Rag.open(indexed, settings=settings) as opened,
        TestClient(create_app(opened), base_url="http://127.0.0.1") as client,
    ):
        yield client


@pytest.fixture
def _clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings from the machine that runs the tests; the hashing embedder by environment."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("RAG_", "OPENAI_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("RAG_EMBEDDER__MODEL", "hashing")
    monkeypatch.setenv("RAG_GENERATOR__ABSTAIN_BELOW", "0")
