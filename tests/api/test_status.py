"""What `rag status` says of how an index stands."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from api.cli import main
from indexers.hashing import HashingEmbedder
from indexers.settings import StoreSettings
from indexers.store import Writer, meta

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("_clean_environment")


def status(capsys: pytest.CaptureFixture[str], index: Path) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["status", "--index", str(index), "--json"]) == 0
    value: dict[str, Any] = json.loads(capsys.readouterr().out)
    return value


def shown(capsys: pytest.CaptureFixture[str], index: Path) -> str:
    capsys.readouterr()
    assert main(["status", "--index", str(index)]) == 0
    return capsys.readouterr().out


def test_a_fresh_index(indexed: Path, documents: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = status(capsys, indexed)
    assert told["roots"] == [
        {"name": documents.name, "path": str(documents), "state": "there", "documents": 3},
    ]
    assert (told["lexical"], told["rebuild_due"], told["rebuild_unfinished"]) == (
        {"state": "current", "behind": 0},
        None,
        None,
    )
    assert (told["failed"], told["snapshots"], told["writer"], told["segments"]) == (0, [], None, 0)
    assert told["unsealed"] == told["chunks"]
    assert told["bytes_on_disk"] == sum(told["disk"].values()) > 0


def test_what_is_not_as_it_should_be(index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "empty.md").touch()
    (tmp_path / "docs" / "good.md").write_text("# Good\n\nGood words.")
    main(["index", str(tmp_path / "docs"), "--index", str(index)])
    shutil.rmtree(tmp_path / "docs")
    shutil.rmtree(index / "lexical")
    with Writer(index, HashingEmbedder(), StoreSettings()) as writer:
        with writer._catalogue.writing() as connection:
            meta.put_index(connection, replace(meta.read(connection), splitter="1"))
        told = status(capsys, index)
        assert told["writer"] == os.getpid()
        assert f"process {os.getpid()} is writing" in shown(capsys, index)
    assert (told["failed"], told["lexical"]["state"]) == (1, "unusable")
    assert {root["name"]: root["state"] for root in told["roots"]}["docs"] == "gone"
    assert "splitter 1" in told["rebuild_due"]
    out = shown(capsys, index)
    assert "run `rag rebuild --split`" in out
    assert "docs: " in out
    assert "(gone), 1 document\n" in out
    assert "not indexed as they now are: 1 file; --failures lists what and why" in out


def test_a_snapshot_that_shares_its_segments_costs_no_second_room(
    documents: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAG_STORE__SEAL_ROWS", "1")
    main(["index", str(documents), "--index", str(tmp_path / "i")])
    before = status(capsys, tmp_path / "i")["disk"]
    main(["snapshot", "create", "monday", "--index", str(tmp_path / "i")])
    told = status(capsys, tmp_path / "i")
    assert told["snapshots"] == ["monday"]
    assert told["disk"]["segments"] == before["segments"] > 0
    assert 0 < told["disk"]["snapshots"] <= before["catalogue"] + 2000
