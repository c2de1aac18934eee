"""`rag rm`: take documents out of the index; the files themselves are not touched."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from api.options import ConfigOption, IndexOption, JsonOption, open_rag
from api.terminal import json_line, say, tell, visible

if TYPE_CHECKING:
    from indexers.store import DocumentEntry
    from rag import Rag


def rm(
    documents: Annotated[list[str], typer.Argument(metavar="DOCUMENT...", help="URIs, unique file names, or ids")],
    *,
    index: IndexOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first (asked on a terminal only)")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove documents from the index, with their old versions; the files stay where they are.

    A removed document whose file is still in an indexed folder comes back with the next `rag index` of that folder.
    """
    with open_rag(index, config) as rag:
        entries = _resolve(rag, documents)
        if not yes and sys.stdin.isatty() and not _agreed(entries):
            tell("Nothing was removed.")
            return
        for entry in entries:
            rag.remove(entry.id)
    if as_json:
        say(json_line({"removed": [{"id": entry.id, "uri": entry.uri} for entry in entries]}))
    else:
        for entry in entries:
            say(f"removed {visible(entry.uri)}")


def _resolve(rag: Rag, names: list[str]) -> list[DocumentEntry]:
    """Every name before anything is removed: a mistyped one must not leave the work half done."""
    snapshot = rag.snapshot()
    wanted = {snapshot.entry(name).id for name in names}  # by the list alone: a damaged text must not keep its document
    return [entry for entry in snapshot.documents() if entry.id in wanted]


def _agreed(entries: list[DocumentEntry]) -> bool:
    for entry in entries:
        tell(f"  {visible(entry.uri)} ({entry.chunks} chunks)")
    return typer.confirm(f"Remove {len(entries)} document(s) from the index?", err=True)
