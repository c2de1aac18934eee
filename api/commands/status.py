"""`rag status`: how much the index holds, and which documents."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from api.options import ConfigOption, IndexOption, JsonOption, open_with, settings_for
from api.terminal import json_line, say, visible
from api.wire import entry_json

if TYPE_CHECKING:
    from indexers.store import DocumentEntry, StoreStatus


def status(
    *,
    index: IndexOption = None,
    documents: Annotated[bool, typer.Option("--documents", help="List every document")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how much the index holds, and with --documents what."""
    settings = settings_for(index, config)
    with open_with(settings) as rag:
        facts = rag.status()
        entries = rag.documents() if documents else None
    if as_json:
        listed = {} if entries is None else {"entries": [{**entry_json(one), "root": one.root} for one in entries]}
        say(json_line({"index": str(settings.index), **asdict(facts), **listed}))
        return
    _show(str(settings.index), facts)
    for entry in entries or []:
        _show_entry(entry)


def _show(folder: str, facts: StoreStatus) -> None:
    say(f"index       {visible(folder)}, {facts.bytes_on_disk / 2**20:.1f} MiB, made {facts.created_at}")
    say(f"documents   {facts.documents:,}, {facts.pages:,} pages, {facts.chunks:,} chunks")
    say(f"vectors     {facts.vectors:,} of {facts.dimension} numbers, {facts.segments} sealed segments")
    say(f"embedder    {visible(facts.embedder)}, at most {facts.max_tokens} tokens a chunk")


def _show_entry(entry: DocumentEntry) -> None:
    pages = f", {entry.pages} pages" if entry.pages else ""
    say(f"{entry.id}  {visible(entry.uri)}  ({entry.chunks} chunks{pages}, indexed {entry.indexed_at})")
