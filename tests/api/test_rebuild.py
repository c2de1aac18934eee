"""`rag rebuild` as people and scripts use it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from api.cli import main
from tests.api.commands import read_json

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("_clean_environment")


def test_an_index_is_built_again_without_its_files(
    index: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ("--index", index)
    asked = ("search", "price of the blue anvil", *at)
    found = read_json(capsys, *asked)
    for path in (index / "lexical" / "postings").iterdir():
        path.write_bytes(b"x")
    assert read_json(capsys, "rebuild", *at) == {"index": str(index)}
    assert read_json(capsys, *asked) == found
    monkeypatch.setenv("RAG_SPLIT__MAX_TOKENS", "32")
    assert main(["search", "anvil", "--index", str(index)]) == 0, "questions do not care how texts will be cut"
    done = read_json(capsys, "rebuild", "--split", *at)
    assert done["documents"] == 3
    assert done["chunks"] > 3
    assert read_json(capsys, "status", *at)["max_tokens"] == 32
    assert "250 EUR" in read_json(capsys, *asked)["hits"][0]["text"]
    shutil.rmtree(index / "lexical")
    assert "250 EUR" in read_json(capsys, *asked)["hits"][0]["text"]


def test_another_model(index: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    at = ("--index", str(index))
    monkeypatch.setenv("RAG_EMBEDDER__MODEL", "minilm")
    assert main(["search", "anvil", *at]) == 2
    assert "rag rebuild --embed" in capsys.readouterr().err
    assert main(["rebuild", *at]) == 0, "sealing needs no model"
    assert main(["rebuild", "--split", *at]) == 2
    assert main(["rebuild", "--model", "hashing", *at]) == 2
    assert "only with --embed" in capsys.readouterr().err
    done = read_json(capsys, "rebuild", "--embed", *at)
    assert done["embedded"] == done["chunks"]
    hit = read_json(capsys, "search", "What does the azure anvil cost?", "--mode", "dense", *at)["hits"][0]
    assert hit["uri"].endswith("prices.md")
    assert main(["rebuild", "--embed", "--model", "hashing", *at]) == 0
    assert "Set embedder.model to hashing" in capsys.readouterr().out
    monkeypatch.setenv("RAG_EMBEDDER__MODEL", "hashing")
    assert read_json(capsys, "doctor", "--deep", *at)["healthy"]
