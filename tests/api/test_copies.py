"""`rag snapshot`, `rag backup` and `rag restore` as people and scripts use them, under a running service too."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.cli import main
from api.rest import create_app
from rag import Rag
from rag.settings import Settings
from tests.api.commands import read_json

pytestmark = pytest.mark.usefixtures("_clean_environment")


def test_snapshots_by_command(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = ("--index", index)
    assert read_json(capsys, "snapshot", "list", *at) == {"snapshots": []}
    made = read_json(capsys, "snapshot", "create", "monday", *at)
    assert list(made) == ["name", "created_at", "generation", "documents", "chunks", "embedder", "bytes"]
    assert (made["name"], made["documents"]) == ("monday", 3)
    read_json(capsys, "rm", "travel.md", *at)
    assert read_json(capsys, "snapshot", "restore", "monday", *at)["documents"] == 3
    assert read_json(capsys, "status", *at)["documents"] == 3
    assert read_json(capsys, "search", "second class trains", *at)["hits"][0]["uri"].endswith("travel.md")
    assert read_json(capsys, "doctor", "--deep", *at)["healthy"]
    assert read_json(capsys, "snapshot", "list", *at)["snapshots"] == [
        {"name": "monday", "whole": True, **{k: made[k] for k in list(made)[1:]}}
    ]
    assert main(["snapshot", "create", "monday", "--index", str(index)]) == 2
    assert "already" in capsys.readouterr().err
    assert read_json(capsys, "snapshot", "remove", "monday", *at) == {"removed": "monday"}
    assert main(["snapshot", "restore", "monday", "--index", str(index)]) == 2
    assert main(["snapshot", "list", "--index", str(index)]) == 0
    assert "There are no snapshots." in capsys.readouterr().out


def test_backup_and_restore_by_command(index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "kept.tar"
    asked = ("search", "price of the blue anvil", "--index", index)
    found = read_json(capsys, *asked)
    assert read_json(capsys, "backup", file, "--index", index)["documents"] == 3
    shutil.rmtree(index)
    assert read_json(capsys, "restore", file, "--index", index)["documents"] == 3
    assert read_json(capsys, *asked) == found
    assert main(["restore", str(tmp_path / "none.tar"), "--index", str(index)]) == 2
    assert "hint: Check the name" in capsys.readouterr().err
    file.write_bytes(file.read_bytes()[:9000])
    assert main(["restore", str(file), "--index", str(index)]) == 2
    problem, hint = capsys.readouterr().err.splitlines()
    assert "cut short" in problem or "checksum" in problem
    assert "nothing was changed" in hint
    assert read_json(capsys, *asked) == found


def test_a_service_answers_from_what_was_put_in_its_place(
    index: Path, tmp_path: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    def uris(client: TestClient) -> list[str]:
        body = client.post("/v1/search", json={"question": "blue anvil trains", "limit": 9}).json()
        return sorted({hit["uri"].rpartition("/")[2] for hit in body["hits"]})

    with (
        Rag.open(index, settings=settings) as rag,
        TestClient(create_app(rag), base_url="http://127.0.0.1") as client,
    ):
        everything = uris(client)
        assert "travel.md" in everything
        read_json(capsys, "backup", tmp_path / "kept.tar", "--index", index)
        read_json(capsys, "rm", "travel.md", "--index", index)
        assert "travel.md" not in uris(client)
        read_json(capsys, "restore", tmp_path / "kept.tar", "--index", index)
        assert uris(client) == everything
        read_json(capsys, "rm", "travel.md", "--index", index)
        assert "travel.md" not in uris(client), "the same generation once more, with other contents"
        shutil.rmtree(index)
        assert client.post("/v1/search", json={"question": "blue anvil"}).status_code == 503
        read_json(capsys, "restore", tmp_path / "kept.tar", "--index", index)
        assert uris(client) == everything, "the whole folder was replaced"
