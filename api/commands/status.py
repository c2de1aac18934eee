"""`rag status`: how much the index holds, and which documents."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from api.options import ConfigOption, IndexOption, JsonOption, open_with, settings_for
from api.sync_text import duplicate_json, failure_json, show_duplicates, show_failures
from api.terminal import amount, json_line, say, visible
from api.wire import entry_json
from indexers.access import groups_text

if TYPE_CHECKING:
    from indexers.store import DocumentEntry, StoreStatus
    from indexers.store.overview import Overview
    from rag.upkeep import LateStanding, LexicalStanding


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
    from indexers.store.overview import overview_of
    from rag.upkeep import late_standing, lexical_standing

    settings = settings_for(index, config)
    with open_with(settings) as rag:
        facts, loaded = rag.status(), rag.snapshot().loaded
        entries = rag.documents() if documents else None
        failed = rag.failures() if failures else None
        pairs = rag.duplicates() if duplicates else None
    overview, lexical = overview_of(settings.index), lexical_standing(settings.index)
    late = late_standing(settings)
    coded = sum(segment.codes is not None for segment in loaded.segments.values())
    if as_json:
        own = [{**entry_json(one), "root": one.root, "access": one.access or ()} for one in entries or []]
        listed: dict[str, object] = {} if entries is None else {"entries": own}
        listed |= {} if failed is None else {"failures": [failure_json(one) for one in failed]}
        listed |= {} if pairs is None else {"duplicates": [duplicate_json(one) for one in pairs]}
        sealed = {"segments_with_codes": coded, "unsealed": len(loaded.tail.rows)}
        sealed["bytes_on_disk"] = sum(overview.disk.values())
        said = {
            **asdict(facts),
            **sealed,
            **overview_json(overview),
            "lexical": asdict(lexical),
            "late": asdict(late),
            **listed,
        }
        say(json_line({"index": str(settings.index), **said}))
        return
    _show(str(settings.index), facts, size=sum(overview.disk.values()), coded=coded, unsealed=len(loaded.tail.rows))
    _show_overview(overview, lexical, late)
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


def overview_json(overview: Overview) -> dict[str, object]:
    """How an index stands, as scripts read it."""
    return {
        "schema": overview.schema,
        "splitter": overview.splitter,
        "rebuild_due": overview.due,
        "rebuild_unfinished": overview.unfinished,
        "roots": [{**asdict(root), "path": str(root.path)} for root in overview.roots],
        "failed": overview.failed,
        "disk": dict(overview.disk),
        "snapshots": list(overview.snapshots),
        "writer": overview.writer,
    }


def _show(folder: str, facts: StoreStatus, *, size: int, coded: int, unsealed: int) -> None:
    sealed = f"{facts.segments} sealed segments" + (f" ({coded} with codes)" if coded else "")
    say(f"index       {visible(folder)}, {size / 2**20:.1f} MiB, made {facts.created_at}")
    say(f"documents   {facts.documents:,}, {facts.pages:,} pages, {facts.chunks:,} chunks")
    say(f"vectors     {facts.vectors:,} of {facts.dimension} numbers, {sealed}, {unsealed:,} chunks unsealed")
    say(f"embedder    {visible(facts.embedder)}, at most {facts.max_tokens} tokens a chunk")


def _show_overview(overview: Overview, lexical: LexicalStanding, late: LateStanding) -> None:
    behind = f", {lexical.behind:,} changes" if lexical.behind else ""
    say(f"words       the lexical index is {lexical.state}{behind}")
    if late.state in ("current", "behind"):
        lacking = f", {late.behind:,} texts; `rag index` computes the rest" if late.behind else ""
        say(f"pieces      the codes of late interaction are {late.state}{lacking}")
    used = (f"{part} {size / 2**20:,.1f} MiB" for part, size in overview.disk.items() if size)
    say(f"disk        {', '.join(used)}")
    for root in overview.roots:
        state = "" if root.state == "there" else f" ({root.state})"
        say(f"root        {visible(root.name)}: {visible(str(root.path))}{state}, {amount(root.documents, 'document')}")
    if overview.snapshots:
        say(f"snapshots   {', '.join(map(visible, overview.snapshots))}")
    if overview.failed:
        say(
            f"failed      not indexed as they now are: {amount(overview.failed, 'file')}; --failures lists what and why"
        )
    if overview.writer is not None:
        say(f"writing     process {overview.writer or 'unknown'} is writing to the index")
    if overview.due is not None:
        say(f"due         the chunks {overview.due}; run `rag rebuild --split`")
    if overview.unfinished is not None:
        say(f"due         a rebuild was begun and not finished; run `{visible(overview.unfinished)}`")


def _show_entry(entry: DocumentEntry) -> None:
    pages = f", {amount(entry.pages, 'page')}" if entry.pages else ""
    chunks = amount(entry.chunks, "chunk")
    seen_by = visible(groups_text(entry.access))
    say(f"{entry.id}  {visible(entry.uri)}  ({chunks}{pages}, indexed {entry.indexed_at}, for {seen_by})")
