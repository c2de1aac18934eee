from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.cli import main
from api.commands.init import commented_settings
from rag.settings import Settings, load_settings


def test_init_writes_a_file_that_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(tmp_path / "new")]) == 0
    assert "rag index FOLDER" in capsys.readouterr().out
    assert load_settings(tmp_path / "new" / "rag.toml") == Settings()


def test_every_line_can_be_uncommented_and_holds_the_default(tmp_path: Path) -> None:
    path = tmp_path / "rag.toml"
    path.write_text(re.sub(r"^# (?=\w+ = )", "", commented_settings(), flags=re.MULTILINE))
    assert "\nmax_tokens = " in path.read_text()
    loaded = load_settings(path)
    assert loaded.model_dump(exclude={"index"}) == Settings().model_dump(exclude={"index"})
    assert loaded.index == tmp_path / ".rag"


def test_every_setting_is_named() -> None:
    written = set(re.findall(r"^# (\w+) (?:=|\(unset\))", commented_settings(), flags=re.MULTILINE))
    defaults = Settings().model_dump()
    expected = {name for name, value in defaults.items() if not isinstance(value, dict)}
    expected |= {key for value in defaults.values() if isinstance(value, dict) for key in value}
    assert written == expected


def test_init_leaves_a_file_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rag.toml").write_text("# mine\n")
    assert main(["init", str(tmp_path)]) == 2
    assert (tmp_path / "rag.toml").read_text() == "# mine\n"
    assert "rag.toml exists" in capsys.readouterr().err


def test_init_where_no_folder_can_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main(["init", str(tmp_path / "file" / "below")]) == 2
    assert "cannot be written: Not a directory" in capsys.readouterr().err
