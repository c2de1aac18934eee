"""The codes of late interaction as a user meets them: kept by `rag index`, told, mended."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from api.cli import main
from indexers.late.folder import FOLDER, names

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("_clean_environment")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    monkeypatch.setenv("RAG_EMBEDDER__MODEL", "minilm")
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "leave.md").write_text("# Leave\n\nEmployees may take 16 weeks of parental leave at full pay.\n")
    (documents / "travel.md").write_text("# Travel\n\nTrains are preferred to planes.\n")
    assert main(["index", str(documents), "--index", str(tmp_path / "index")]) == 0
    capsys.readouterr()
    return tmp_path / "index"


def told(capsys: pytest.CaptureFixture[str], command: str, index: Path, *flags: str) -> dict[str, Any]:
    main([command, "--index", str(index), "--json", *flags])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_indexing_keeps_codes_and_says_so(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = told(capsys, "status", index)
    assert status["late"] == {"state": "current", "behind": 0}
    assert status["disk"]["late"] > 0
    assert told(capsys, "doctor", index, "--deep") == {"healthy": True, "findings": []}


def test_codes_that_are_gone_or_damaged_are_found_and_mended(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (name,) = names(index / FOLDER)
    whole = (index / FOLDER / name).read_bytes()
    (index / FOLDER / name).write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
    assert told(capsys, "doctor", index)["healthy"], "codes themselves are read by --deep"
    (finding,) = told(capsys, "doctor", index, "--deep")["findings"]
    assert (finding["part"], finding["repairable"]) == ("late", True)
    assert told(capsys, "doctor", index, "--repair")["healthy"]
    assert told(capsys, "doctor", index, "--deep")["healthy"]
    assert [(index / FOLDER / one).read_bytes() for one in names(index / FOLDER)] == [whole]
    shutil.rmtree(index / FOLDER)
    assert told(capsys, "status", index)["late"] == {"state": "behind", "behind": 2}
    assert told(capsys, "search", index, "parental leave")["hits"], "a search goes on without"
    assert main(["index", str(index.parent / "documents"), "--index", str(index)]) == 0
    capsys.readouterr()
    assert told(capsys, "status", index)["late"]["state"] == "current"


def test_switched_off_nothing_is_kept(
    index: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAG_RANKING__LATE_INTERACTION", "false")
    assert main(["index", str(index.parent / "documents"), "--index", str(index)]) == 0
    capsys.readouterr()
    assert told(capsys, "status", index)["late"]["state"] == "off"
    assert not (index / FOLDER).exists()
    assert told(capsys, "doctor", index)["healthy"]


def test_a_backup_does_not_hold_the_codes_and_what_is_restored_gets_them_again(
    index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with_codes = tmp_path / "with"
    assert main(["backup", str(with_codes), "--index", str(index)]) == 0
    shutil.rmtree(index / FOLDER)
    without = tmp_path / "without"
    assert main(["backup", str(without), "--index", str(index)]) == 0
    assert abs(with_codes.stat().st_size - without.stat().st_size) < 200
