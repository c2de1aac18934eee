"""The flags that every command has, and how they open the index."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rag import Rag
    from rag.settings import Settings

IndexOption = Annotated[
    Path | None,
    # readable=False: what may not be read is told by the core, with a hint; so it is for every path
    typer.Option(
        "--index", "-i", metavar="DIR", readable=False, help="Index folder [else RAG_INDEX, rag.toml, ./.rag]"
    ),
]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", readable=False, help="Settings file [else ./rag.toml where there is one]"),
]
BackendOption = Annotated[
    str | None,
    typer.Option("--backend", metavar="NAME", help="hermetic, model or cross-encoder [else verifier.backend]"),
]
FilterOption = Annotated[
    str | None,
    typer.Option("--filter", metavar="F", help="Only documents that fit: 'year >= 2019 and kind = \"pdf\"'"),
]
AsOption = Annotated[
    list[str] | None,
    typer.Option("--as", metavar="GROUP", help="Only what this group may see; may be repeated [else you, the owner]"),
]
AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", metavar="DATE", help="The versions that were current at the end of that day [else now]"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON for programs to standard output")]


def settings_for(index: Path | None, config: Path | None, *, overrides: Mapping[str, object] | None = None) -> Settings:
    """The settings with a command's flags laid over them; ``overrides`` by dotted name.

    Raises:
        SettingsError: A setting is unknown or out of range; names where it stands.
    """
    from rag.settings import load_settings

    flags = dict(overrides or {})
    if index is not None:
        flags["index"] = index
    return load_settings(config, flags)


def open_rag(
    index: Path | None, config: Path | None, *, overrides: Mapping[str, object] | None = None, create: bool = False
) -> Rag:
    """The index that the flags, the environment and the settings file name, opened.

    Raises:
        SettingsError: As for `settings_for`.
        StoreError: The folder is not an index, or not one that these settings can read.
    """
    return open_with(settings_for(index, config, overrides=overrides), create=create)


def open_with(settings: Settings, *, create: bool = False) -> Rag:
    """The index that ``settings`` name, opened; errors as for `open_rag`."""
    from rag import Rag

    return Rag.open(settings.index, settings=settings, create=create)


def typed_question(question: str) -> str:
    """A question as typed.

    Raises:
        QuestionError: It holds bytes that are no text in the terminal's encoding, which no model could read.
    """
    from rag.errors import QuestionError

    try:
        question.encode("utf-8")
    except UnicodeEncodeError as error:
        raise QuestionError(f"the question holds bytes that are not UTF-8 (at character {error.start + 1})") from error
    return question
