"""Every setting of the product: defaults < `rag.toml` < environment < overrides, resolved once and handed on as values.

The environment names a setting by its group and field: ``RAG_GENERATOR__MODEL=gpt-4o-mini``. Keys of models are no
settings: they come from ``OPENAI_API_KEY`` or ``OPENAI_API_KEY_FILE`` alone and are never written down.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from pydantic import ConfigDict, Field, ValidationError

from indexers.access import AccessRule, AccessRules
from indexers.errors import SettingsError
from indexers.settings import (
    EmbedderSettings,
    LoaderSettings,
    OcrSettings,
    ParserSettings,
    SettingsGroup,
    SplitSettings,
    StoreSettings,
    SyncSettings,
)
from retrievers.settings import (
    AdapterSettings,
    DiversitySettings,
    FusionSettings,
    RankingSettings,
    RetrievalSettings,
    WindowSettings,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_settings import BaseSettings

SETTINGS_FILE = "rag.toml"
_ACCESS_TABLE = re.compile(r"\s*\[\[\s*access\s*\]\]")


class GeneratorSettings(SettingsGroup):
    """[generator]: who writes the answer. Nothing leaves the machine unless a model is named here."""

    model: str = Field("extractive", min_length=1, description="extractive (offline), or a model's name")
    base_url: str | None = Field(None, description="the endpoint; unset: OPENAI_BASE_URL, else OpenAI's")
    allow_private_base_url: bool = Field(False, description="permit endpoints at private and link-local addresses")
    temperature: float = Field(0.0, ge=0.0, le=2.0, description="sent where the model takes one")
    max_output_tokens: int = Field(1024, ge=16, le=131_072, description="the longest answer; reserved in the window")
    window_tokens: int = Field(8192, ge=1024, description="window of a model that has no profile")
    deadline_seconds: float = Field(60.0, gt=0.0, le=600.0, description="for the whole answer, retries included")
    max_sentences: int = Field(3, ge=1, le=10, description="most sentences of an extractive answer")
    abstain_below: float = Field(
        0.2, ge=0.0, le=1.0, description="extractive: least chance that the evidence answers, else it abstains"
    )
    withhold_below: float = Field(
        0.0, ge=0.0, le=1.0, description="a model: likewise, and it is not asked; 0 asks it always, and warns"
    )


class ExpansionSettings(SettingsGroup):
    """[expansion]: what the model is asked for before the search, by one more request; all off."""

    rewrite: bool = Field(False, description="in a conversation, the question as it stands alone")
    decompose: bool = Field(False, description="the simpler questions that it is made of, searched for as well")
    wordings: int = Field(0, ge=0, le=8, description="so many other wordings, searched for as well")
    hypothetical: bool = Field(False, description="a made-up passage that would answer it, searched for as well")
    max_output_tokens: int = Field(400, ge=16, le=4096, description="the longest expansion")
    deadline_seconds: float = Field(10.0, gt=0.0, le=600.0, description="later, the plain question is searched for")


class VerifierSettings(SettingsGroup):
    """[verifier]: when a sentence counts as borne out by what it cites."""

    backend: Literal["hermetic", "model", "cross-encoder"] = Field(
        "hermetic",
        description="hermetic (hard checks and a scorer, offline), model (asked as a judge) or cross-encoder",
    )
    supported_from: float = Field(0.5, ge=0.0, le=1.0, description="score from which a claim is supported")
    partial_from: float = Field(0.35, ge=0.0, le=1.0, description="score from which a claim is partly supported")
    model: str | None = Field(None, min_length=1, description="the judge's name, or a cross-encoder by folder or name")
    base_url: str | None = Field(None, description="the judge's endpoint; unset: OPENAI_BASE_URL, else OpenAI's")
    allow_private_base_url: bool = Field(False, description="permit judges at private and link-local addresses")
    window_tokens: int = Field(8192, ge=1024, description="window of a judge that has no profile")
    deadline_seconds: float = Field(60.0, gt=0.0, le=600.0, description="for the judge's word on a claim, with retries")
    allow_download: bool = Field(False, description="fetch a cross-encoder that is named and not yet on this machine")


class AccessRuleSettings(SettingsGroup):
    """[[access]]: who may see the documents at a path; of several rules that match, the last decides."""

    path: str = Field(
        min_length=1, description="below a root, as in .ragignore: hr/**, *.pdf; it may begin with the root"
    )
    groups: tuple[str, ...] = Field(description='names of groups; "*" or "public" is everybody, none only the owner')


class Settings(SettingsGroup):
    """All groups. ``Settings()`` is the defaults alone; `load_settings` reads the file and the environment."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    index: Path = Field(Path(".rag"), description="the index folder; --index and RAG_INDEX come first")
    access: tuple[AccessRuleSettings, ...] = Field(
        (),
        description='who may see what, else only the owner; write [[access]] tables: path = "hr/**", groups = ["hr"]',
    )
    embedder: EmbedderSettings = EmbedderSettings()
    split: SplitSettings = SplitSettings()
    store: StoreSettings = StoreSettings()
    loader: LoaderSettings = LoaderSettings()
    ocr: OcrSettings = OcrSettings()
    sync: SyncSettings = SyncSettings()
    parser: ParserSettings = ParserSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    fusion: FusionSettings = FusionSettings()
    ranking: RankingSettings = RankingSettings()
    adapter: AdapterSettings = AdapterSettings()
    diversity: DiversitySettings = DiversitySettings()
    window: WindowSettings = WindowSettings()
    generator: GeneratorSettings = GeneratorSettings()
    expansion: ExpansionSettings = ExpansionSettings()
    verifier: VerifierSettings = VerifierSettings()


def load_settings(path: Path | None = None, overrides: Mapping[str, object] | None = None) -> Settings:
    """Resolve the settings.

    Args:
        path: A settings file that must exist; None reads ``./rag.toml`` where there is one.
        overrides: Values by dotted name (``{"generator.model": "gpt-4o-mini"}``), as from flags; laid over all else.

    Raises:
        SettingsError: The file is missing or malformed, or a key is unknown or out of range; names file and key.
    """
    file = path if path is not None else Path(SETTINGS_FILE)
    from_file = _read_file(file) if path is not None or _exists(file) else {}
    layers = [
        (str(file), from_file),
        ("the environment", _read_environment()),
        ("a flag", _nested(overrides or {})),
    ]
    merged: dict[str, Any] = {}
    for origin, layer in layers:
        _refuse_unknown(origin, layer)
        _merge(merged, layer)
    try:
        settings = Settings(**merged)
    except ValidationError as error:
        raise SettingsError(_worded(error, layers, file)) from error
    AccessRules(
        [
            AccessRule(rule.path, rule.groups, origin=f"{file}{_line_of(file, number)}: access rule {number + 1}")
            for number, rule in enumerate(settings.access)
        ]
    )
    return settings


def _exists(file: Path) -> bool:
    try:
        return file.is_file()
    except OSError as error:
        raise SettingsError(f"{file} cannot be looked for in this folder: {error.strerror}") from error


def _read_file(path: Path) -> dict[str, Any]:
    try:
        content = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise SettingsError(f"{path} cannot be read: {reason}") from error
    try:
        values = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not TOML: {error}") from error
    if isinstance(values.get("index"), str):
        values["index"] = path.parent / values["index"]
    return values


def _read_environment() -> dict[str, Any]:
    if not any(name.upper().startswith("RAG_") for name in os.environ):
        return {}
    from pydantic_settings import EnvSettingsSource  # 50 ms, and few set such a variable
    from pydantic_settings.exceptions import SettingsError as EnvironmentMalformed

    groups = cast("type[BaseSettings]", Settings)  # of which the source reads fields alone
    try:
        values = EnvSettingsSource(groups, env_prefix="RAG_", env_nested_delimiter="__")()
    except EnvironmentMalformed as error:
        raise SettingsError(f"the environment: {error}") from error
    for name in os.environ:
        if name.upper().startswith("RAG_"):
            _refuse_misnamed(name)
    return values


def _refuse_misnamed(name: str) -> None:
    group, separator, _field = name.upper().removeprefix("RAG_").partition("__")
    if group == "ACCESS":
        raise SettingsError(f"the environment: {name} is not read; access rules stand in {SETTINGS_FILE} alone")
    known = group.lower() in Settings.model_fields and group != "INDEX"
    if separator and not known:  # without the two underscores it is some other program's name
        groups = ", ".join(Settings.model_fields)
        raise SettingsError(f"the environment: {name} names an unknown group; there are {groups}")
    written = name.upper().removeprefix("RAG_").lower()
    for group_name in Settings.model_fields:
        if not separator and written.startswith(f"{group_name}_"):
            field = written.removeprefix(f"{group_name}_")
            meant = f"RAG_{group_name.upper()}__{field.upper()}"
            raise SettingsError(f"the environment: {name} is not read; write {meant} (two underscores)")
    if known and not separator:
        raise SettingsError(f"the environment: {name} names a group; write {name}__FIELD")


def _nested(overrides: Mapping[str, object]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for name, value in overrides.items():
        group, separator, field = name.partition(".")
        if separator:
            nested.setdefault(group, {})[field] = value
        else:
            nested[group] = value
    return nested


def _merge(into: dict[str, Any], layer: Mapping[str, Any]) -> None:
    for name, value in layer.items():
        if isinstance(value, dict):
            into.setdefault(name, {}).update(value)
        else:
            into[name] = value


def _refuse_unknown(origin: str, layer: Mapping[str, Any]) -> None:
    for name, value in layer.items():
        if name not in Settings.model_fields:
            raise SettingsError(f"{origin}: unknown key {name!r}; there are {', '.join(Settings.model_fields)}")
        group = Settings.model_fields[name].annotation
        if not (isinstance(group, type) and issubclass(group, SettingsGroup)):
            continue
        if not isinstance(value, dict):
            raise SettingsError(f"{origin}: {name} is a group; write {name}.FIELD")
        for field in value:
            if field not in group.model_fields:
                raise SettingsError(
                    f"{origin}: unknown key '{name}.{field}'; there are {', '.join(group.model_fields)}"
                )


def _worded(error: ValidationError, layers: list[tuple[str, dict[str, Any]]], file: Path) -> str:
    first = error.errors(include_url=False)[0]
    location = [str(part) for part in first["loc"]]
    origin = next((name for name, layer in reversed(layers) if _holds(layer, location)), "the settings")
    if location[0] == "access" and len(location) > 1:
        origin += _line_of(file, int(location[1]))
        location[1] = str(int(location[1]) + 1)
    return f"{origin}: {'.'.join(location)} is {first['input']!r}: {first['msg']}"


def _line_of(file: Path, rule: int) -> str:
    """Where an access rule begins, for an error: tomllib says what it read, not where."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        return ""
    begins = [number for number, line in enumerate(lines, start=1) if _ACCESS_TABLE.match(line)]
    return f" line {begins[rule]}" if rule < len(begins) else ""


def _holds(layer: Mapping[str, Any], location: list[str]) -> bool:
    value: Any = layer
    for part in location:
        if not isinstance(value, dict) or part not in value:
            return value is not layer and not isinstance(value, dict)
        value = value[part]
    return True
