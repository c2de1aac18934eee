"""`rag status`: how much the index holds, and which documents."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from api.options import ConfigOption, IndexOption, JsonOption, open_with, settings_for
from api.sync_text import duplicate_json, failure_json, show_duplicates, show_failures
from api.terminal import json_line, say, visible
from api.wire import entry_json
from indexers.access import groups_text

if TYPE_CHECKING:
    from indexers.store import DocumentEntry, StoreStatus


def status(
    *,
    index: IndexOption = None,
    documents: Annotated[bool, typer.Option("--documents", help="List every document")] = False,
    failures: Annotated[bool, typer.Option("--failures", help="List what could not be indexed, and why")] = False,
    duplicates: Annotated[
        bool, typer.Option("--duplicates", help="List documents that say nearly what another one says")
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how much the index holds, and on request what, what is missing, and what is there twice."""
    settings = settings_for(index, config)
    with open_with(settings) as rag:
        facts = rag.status()
        entries = rag.documents() if documents else None
        failed = rag.failures() if failures else None
        pairs = rag.duplicates() if duplicates else None
    if as_json:
        own = [{**entry_json(one), "root": one.root, "access": one.access or ()} for one in entries or []]
        listed: dict[str, object] = {} if entries is None else {"entries": own}
        listed |= {} if failed is None else {"failures": [failure_json(one) for one in failed]}
        listed |= {} if pairs is None else {"duplicates": [duplicate_json(one) for one in pairs]}
        say(json_line({"index": str(settings.index), **asdict(facts), **listed}))
        return
    _show(str(settings.index), facts)
    for entry in entries or []:
        _show_entry(entry)
    if failed is not None:
        show_failures(failed)
        if not failed:
            say("Every file that was found is indexed.")
    if pairs is not None:
        show_duplicates(pairs)
        if not pairs:
            say("No documents say nearly the same.")


def _show(folder: str, facts: StoreStatus) -> None:
    say(f"index       {visible(folder)}, {facts.bytes_on_disk / 2**20:.1f} MiB, made {facts.created_at}")
    say(f"documents   {facts.documents:,}, {facts.pages:,} pages, {facts.chunks:,} chunks")
    say(f"vectors     {facts.vectors:,} of {facts.dimension} numbers, {facts.segments} sealed segments")
    say(f"embedder    {visible(facts.embedder)}, at most {facts.max_tokens} tokens a chunk")


def _show_entry(entry: DocumentEntry) -> None:
    pages = f", {entry.pages} pages" if entry.pages else ""
    seen_by = visible(groups_text(entry.access))
    say(f"{entry.id}  {visible(entry.uri)}  ({entry.chunks} chunks{pages}, indexed {entry.indexed_at}, for {seen_by})")
