"""`rag rebuild`: build an index anew from the texts that it holds."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from api.options import ConfigOption, IndexOption, JsonOption, settings_for
from api.progress import counted
from api.terminal import json_line, say, visible


def rebuild(
    *,
    index: IndexOption = None,
    split: Annotated[
        bool, typer.Option("--split", help="Cut every text anew by the present settings; embed only what has changed")
    ] = False,
    embed: Annotated[
        bool, typer.Option("--embed", help="Embed everything by the settings' model, and go over to it when complete")
    ] = False,
    model: Annotated[
        str | None, typer.Option(metavar="NAME", help="With --embed: this model [else embedder.model]")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Build an index anew from its own texts; the documents' files are not needed.

    Without flags the sealed vectors and the lexical index are built. It may be stopped at any point and run again, and
    the index answers meanwhile: with --embed from the old model's vectors, until all of the new ones are there.
    """
    from rag.upkeep import rebuild as build

    if model is not None and not embed:
        raise typer.BadParameter("only with --embed", param_hint="--model")
    settings = settings_for(index, config, overrides={"embedder.model": model} if model else None)
    with counted("documents") as progress:
        rebuilt = build(settings, split=split, embed=embed, progress=progress)
    if as_json:
        say(json_line({"index": str(settings.index), **(asdict(rebuilt) if rebuilt else {})}))
    elif rebuilt is None:
        say("The sealed vectors and the lexical index are built again.")
    else:
        say(
            f"{rebuilt.documents:,} documents in {rebuilt.chunks:,} chunks; {rebuilt.embedded:,} texts were embedded"
            f" by {visible(settings.embedder.model)}."
        )
    if model is not None and not as_json:
        say(
            f"Set embedder.model to {visible(model)} in rag.toml (or RAG_EMBEDDER__MODEL): the index holds its vectors."
        )
