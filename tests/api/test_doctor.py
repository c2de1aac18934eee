"""`rag doctor` as people and scripts use it."""

from __future__ import annotations

import json
import shutil
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from api.cli import main

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("_clean_environment")


def doctor(capsys: pytest.CaptureFixture[str], index: Path, *flags: str) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = main(["doctor", "--index", str(index), "--json", *flags])
    told = capsys.readouterr()
    assert told.err == ""
    return code, json.loads(told.out)


def test_a_healthy_index_is_said_to_be_so(indexed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor(capsys, indexed, "--deep") == (0, {"healthy": True, "findings": []})
    assert main(["doctor", "--index", str(indexed)]) == 0
    assert "is healthy" in capsys.readouterr().out


def test_a_lost_catalogue_names_a_way_without_a_backup_too(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (index / "catalogue.sqlite3").open("r+b") as file:
        file.write(bytes(4096))
    assert main(["doctor", "--index", str(index)]) == 1
    assert "mend with: rag restore FILE, or index into a new folder" in capsys.readouterr().out


def test_damage_is_named_with_its_command_and_mended(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with sqlite3.connect(index / "catalogue.sqlite3") as connection:
        connection.execute("UPDATE vectors SET fp16 = zeroblob(9) WHERE id = 1")
    connection.close()
    shutil.rmtree(index / "lexical" / "postings")
    code, told = doctor(capsys, index, "--deep")
    assert code == 1
    assert [(one["part"], one["mend"]) for one in told["findings"]] == [
        ("vector", "rag doctor --repair"),
        ("lexical", "rag doctor --repair"),
    ]
    assert main(["doctor", "--index", str(index), "--deep"]) == 1
    told_people = capsys.readouterr().out
    assert "mend with: rag doctor --repair" in told_people
    assert f"--index {index}" in told_people, "or the command would mend another index"
    code, told = doctor(capsys, index, "--repair")
    assert (code, told["healthy"], told["repaired"]["dropped"]) == (0, True, [])
    assert len(told["repaired"]["done"]) == 2


def test_a_lexical_index_that_is_behind(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = shutil.copytree(index / "lexical", index.parent / "lexical")
    assert main(["rm", "travel.md", "--index", str(index)]) == 0
    shutil.rmtree(index / "lexical")
    copy.rename(index / "lexical")
    code, told = doctor(capsys, index)
    assert (code, [one["part"] for one in told["findings"]]) == (1, ["lexical"])
    assert doctor(capsys, index, "--repair")[0] == 0


def test_what_is_no_index_cannot_be_examined(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--index", str(tmp_path)]) == 2
    assert main(["doctor", "--index", str(tmp_path), "--drop"]) == 2
    assert "only with --repair" in capsys.readouterr().err
