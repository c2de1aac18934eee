"""`rag init`: a commented rag.toml, written from the settings themselves so that it cannot fall behind them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.errors import SettingsFileExists
from api.terminal import say, visible
from indexers.errors import SettingsError

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

_INTRODUCTION = """\
# Settings of Plumbline. Every line is optional: what stands behind a # is the default.
# The environment goes before this file (RAG_GENERATOR__MODEL=gpt-4o-mini), and flags go before both.
# Keys of models never stand here: set OPENAI_API_KEY, or OPENAI_API_KEY_FILE to a file that holds it.
"""


def init(
    directory: Annotated[
        Path, typer.Argument(metavar="[DIR]", readable=False, help="Folder of the new rag.toml")
    ] = Path(),
) -> None:
    """Write a commented rag.toml; an existing one is left alone."""
    from rag.settings import SETTINGS_FILE

    path = directory / SETTINGS_FILE
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(commented_settings())
    except FileExistsError as error:
        raise SettingsFileExists(path) from error
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}") from error
    say(f"Wrote {visible(str(path))}. Next: `rag index FOLDER`, then `rag ask QUESTION`.")


def commented_settings() -> str:
    """The text of a rag.toml in which every setting stands at its default, commented out, with what it is for."""
    from indexers.settings import SettingsGroup
    from rag.settings import Settings

    groups, lines = [], [_INTRODUCTION]
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, SettingsGroup):
            groups.append((name, type(field.default)))
        else:
            lines += [_setting(name, field), ""]
    for name, group in groups:
        lines += [f"[{name}]", *(_setting(key, field) for key, field in group.model_fields.items()), ""]
    return "\n".join(lines)


def _setting(name: str, field: FieldInfo) -> str:
    # TOML has no null: a setting that is unset by default is shown without a value
    line = f"# {name} (unset)" if field.default is None else f"# {name} = {_toml(field.default)}"
    return f"{line.ljust(40)}  # {field.description}"


def _toml(value: object) -> str:
    """A TOML value; JSON writes booleans, numbers, strings and arrays as TOML reads them."""
    return json.dumps(str(value) if isinstance(value, Path) else value)
