from __future__ import annotations

from pathlib import Path

import pytest

from indexers.errors import SettingsError
from rag.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(text: str, name: str = "rag.toml") -> Path:
    path = Path(name)
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_send_nothing_anywhere() -> None:
    settings = load_settings()
    assert settings == Settings()
    assert settings.generator.model == "extractive"
    assert settings.index == Path(".rag")


def test_each_layer_goes_over_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    write('[generator]\nmodel = "from-file"\nmax_sentences = 2\ntemperature = 0.5\n')
    monkeypatch.setenv("RAG_GENERATOR__MODEL", "from-environment")
    monkeypatch.setenv("RAG_GENERATOR__TEMPERATURE", "0.7")
    generator = load_settings(overrides={"generator.model": "from-flag"}).generator
    assert (generator.max_sentences, generator.temperature, generator.model) == (2, 0.7, "from-flag")


def test_index_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    path = write('index = "store"\n', "sub/rag.toml")
    assert load_settings(path).index == Path("sub/store")
    monkeypatch.setenv("RAG_INDEX", "elsewhere")
    assert load_settings(path).index == Path("elsewhere")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("[generator]\nmodle = 'x'\n", r"rag\.toml: unknown key 'generator\.modle'", id="unknown-key"),
        pytest.param("[generater]\n", r"rag\.toml: unknown key 'generater'", id="unknown-group"),
        pytest.param("generator = 3\n", r"rag\.toml: generator is a group", id="group-as-value"),
        pytest.param("[generator\n", r"rag\.toml is not TOML: .*line 1", id="malformed-names-the-line"),
        pytest.param("[split]\nmax_tokens = 3\n", r"rag\.toml: split\.max_tokens is 3: ", id="out-of-range"),
        pytest.param("[split]\nmax_tokens = 'x'\n", r"rag\.toml: split\.max_tokens is 'x': ", id="wrong-type"),
        pytest.param("index = []\n", r"rag\.toml: index is ", id="index-not-a-path"),
    ],
)
def test_a_bad_file_is_named_with_its_key(text: str, says: str) -> None:
    write(text)
    with pytest.raises(SettingsError, match=says):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        pytest.param("RAG_GENERATOR__MODLE", "x", r"the environment: unknown key 'generator\.modle'", id="unknown"),
        pytest.param("RAG_GENERATR__MODEL", "x", "RAG_GENERATR__MODEL names an unknown group", id="unknown-group"),
        pytest.param("RAG_GENERATOR_MODEL", "x", "write RAG_GENERATOR__MODEL", id="one-underscore"),
        pytest.param("RAG_GENERATOR", "x", "the environment: ", id="group-without-field"),
        pytest.param("RAG_SPLIT__MAX_TOKENS", "many", r"the environment: split\.max_tokens is 'many'", id="type"),
    ],
)
def test_a_bad_variable_is_named(name: str, value: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=says):
        load_settings()


def test_other_programs_variables_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_TIME_ORCHESTRA", "Joplin")
    assert load_settings() == Settings()


def test_a_bad_flag_is_named() -> None:
    with pytest.raises(SettingsError, match=r"a flag: unknown key 'generator\.modle'"):
        load_settings(overrides={"generator.modle": "x"})


def test_a_fusion_that_weighs_nothing_is_refused() -> None:
    with pytest.raises(SettingsError, match="both 0"):
        load_settings(overrides={"fusion.dense_weight": 0.0, "fusion.lexical_weight": 0.0})


def test_a_named_file_must_exist() -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.toml cannot be read"):
        load_settings(Path("nowhere.toml"))


def test_groups_stay_small() -> None:
    for name, group in Settings.model_fields.items():
        fields = getattr(group.annotation, "model_fields", {})
        assert len(fields) <= 10, name


def test_access_rules_are_read_in_their_order(tmp_path: Path) -> None:
    file = tmp_path / "rag.toml"
    file.write_text('[[access]]\npath = "**"\ngroups = ["public"]\n\n[[access]]\npath = "hr/**"\ngroups = []\n')
    assert [(rule.path, rule.groups) for rule in load_settings(file).access] == [("**", ("public",)), ("hr/**", ())]
    assert Settings().access == ()


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        pytest.param('path = "[z-a]"\ngroups = ["x"]', r"rag.toml line 5: access rule 2: the path", id="pattern"),
        pytest.param('path = "x"\ngroups = ["x "]', r"rag.toml line 5: access rule 2: 'x ' is not", id="group"),
        pytest.param('path = "x"', r"rag.toml line 5: access.2.groups is .*required", id="no-groups"),
        pytest.param('path = "x"\ngroups = "hr"', r"rag.toml line 5: access.2.groups is 'hr'", id="no-list"),
        pytest.param('path = "x"\ngroup = ["hr"]', r"rag.toml line 5: access.2.group", id="misspelt"),
    ],
)
def test_a_malformed_access_rule_is_refused_with_file_and_line(tmp_path: Path, rule: str, message: str) -> None:
    file = tmp_path / "rag.toml"
    file.write_text(f'[[access]]\npath = "**"\ngroups = ["*"]\n\n[[access]]  # ours\n{rule}\n')
    with pytest.raises(SettingsError, match=message):
        load_settings(file)


def test_access_rules_do_not_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_ACCESS", '[{"path": "**", "groups": ["*"]}]')
    with pytest.raises(SettingsError, match=r"RAG_ACCESS is not read; access rules stand in rag.toml alone"):
        load_settings()
