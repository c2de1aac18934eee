from __future__ import annotations

from pathlib import Path

import pytest

from indexers.errors import SettingsError
from rag.settings import load_settings
from rag.settings_file import edited, write

WRITTEN = """\
# what we agreed on
index = "here"  # the shared one

[fusion]  # as measured in May
# dense_weight = 1.0
lexical_weight = 0.5  # low

[retrieval]
limit = 7
"""


def test_a_value_changes_and_all_else_stays_to_the_letter(tmp_path: Path) -> None:
    path = tmp_path / "rag.toml"
    path.write_text(WRITTEN)
    path.chmod(0o640)
    write(edited(path, {"fusion.lexical_weight": 1.6}))
    assert path.read_text() == WRITTEN.replace("lexical_weight = 0.5", "lexical_weight = 1.6")
    assert path.stat().st_mode & 0o777 == 0o640
    assert load_settings(path).fusion.lexical_weight == 1.6
    assert [one.name for one in tmp_path.iterdir()] == ["rag.toml"]


def test_a_group_that_is_not_there_is_added_and_a_file_that_is_not_there_is_made(tmp_path: Path) -> None:
    path = tmp_path / "rag.toml"
    edit = edited(path, {"fusion.lexical_weight": 2.4})
    assert edit.before == ""
    assert "+lexical_weight = 2.4" in edit.diff
    write(edit)
    assert load_settings(path).fusion.lexical_weight == 2.4
    path.write_text(WRITTEN.replace("[fusion]", "[window]").replace("lexical_weight = 0.5", "share = 0.5"))
    write(edited(path, {"fusion.lexical_weight": 2.4}))
    assert load_settings(path).fusion.lexical_weight == 2.4
    assert load_settings(path).window.share == 0.5


def test_nothing_to_change_is_no_diff(tmp_path: Path) -> None:
    path = tmp_path / "rag.toml"
    path.write_text(WRITTEN)
    assert edited(path, {"fusion.lexical_weight": 0.5}).diff == ""
    assert edited(path, {}).diff == ""


def test_a_file_that_was_changed_meanwhile_or_is_no_toml_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "rag.toml"
    path.write_text(WRITTEN)
    edit = edited(path, {"fusion.lexical_weight": 1.6})
    path.write_text(WRITTEN + "# more\n")
    with pytest.raises(SettingsError, match="changed meanwhile"):
        write(edit)
    assert path.read_text() == WRITTEN + "# more\n"
    path.write_text("fusion = [\n")
    with pytest.raises(SettingsError, match="not TOML"):
        edited(path, {"fusion.lexical_weight": 1.6})
    path.write_text("fusion = 3\n")
    with pytest.raises(SettingsError, match="can be written into"):
        edited(path, {"fusion.lexical_weight": 1.6})
