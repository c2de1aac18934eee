"""`rag rm`: take documents, old versions or roots out of the index; the files themselves are not touched."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.snapshot import agreed
from api.options import ConfigOption, IndexOption, JsonOption, open_with, settings_for
from api.terminal import json_line, say, tell, visible
from indexers.errors import DocumentNotFound

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from indexers.store import DocumentEntry, Snapshot
    from rag import Rag


@dataclass(frozen=True, slots=True)
class _Leaving:
    """What is to go: documents by URI, those of the roots among them."""

    entries: tuple[DocumentEntry, ...]
    roots: tuple[str, ...]


def rm(
    documents: Annotated[
        list[str] | None,
        typer.Argument(metavar="[DOCUMENT...]", help="URIs, unique file names, ids, or patterns over URIs ('*.md')"),
    ] = None,
    *,
    index: IndexOption = None,
    root: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Forget a root, with its documents; may be repeated")
    ] = None,
    version: Annotated[
        str | None,
        typer.Option(metavar="V", help="Of one document only this old version, or the beginning of its name"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be removed, and remove nothing")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first (asked on a terminal only)")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove documents from the index, with their old versions; the files stay where they are.

    A removed document whose file is still in an indexed folder comes back with the next `rag index` of that folder,
    unless a .ragignore names it. Snapshots keep what they hold until they are removed.
    """
    names, roots = documents or [], root or []
    if not names and not roots:
        raise typer.BadParameter("name a document, or a root with --root", param_hint="DOCUMENT")
    if version is not None and (len(names) != 1 or roots):
        raise typer.BadParameter("an old version is of one document", param_hint="--version")
    settings = settings_for(index, config)
    with open_with(settings) as rag:
        if version is not None:
            _rm_version(rag, names[0], version, dry_run=dry_run, yes=yes, as_json=as_json)
        else:
            _rm(rag, _leaving(rag, names, roots), dry_run=dry_run, yes=yes, as_json=as_json)
    kept = _snapshots(settings.index)
    if kept and not as_json and not dry_run:
        tell(f"note: snapshots keep what they hold: {', '.join(kept)}")


def _rm(rag: Rag, leaving: _Leaving, *, dry_run: bool, yes: bool, as_json: bool) -> None:
    if not dry_run and not _agreed(leaving, yes=yes):
        return
    if not dry_run:
        rag.remove_all([entry.id for entry in leaving.entries], roots=leaving.roots)
    if as_json:
        removed = [{"id": entry.id, "uri": entry.uri} for entry in leaving.entries]
        say(json_line({"removed": removed, "roots": leaving.roots, "dry_run": dry_run}))
        return
    did = "would remove" if dry_run else "removed"
    for entry in leaving.entries:
        say(f"{did} {visible(entry.uri)}")
    for name in leaving.roots:
        say(f"{did} the root {visible(name)}")


def _rm_version(rag: Rag, name: str, prefix: str, *, dry_run: bool, yes: bool, as_json: bool) -> None:
    entry = rag.snapshot().entry(name)
    version = rag.snapshot().version(entry, prefix)
    if not dry_run:
        if not agreed(f"Remove version {version[:12]} of {visible(entry.uri)}?", yes=yes):
            return
        rag.remove_version(entry.id, version)
    if as_json:
        removed = [{"id": entry.id, "uri": entry.uri, "version": version}]
        say(json_line({"removed": removed, "roots": (), "dry_run": dry_run}))
    else:
        say(f"{'would remove' if dry_run else 'removed'} version {version[:12]} of {visible(entry.uri)}")


def _leaving(rag: Rag, names: Sequence[str], roots: Sequence[str]) -> _Leaving:
    """Every name before anything is removed: a mistyped one must not leave the work half done."""
    from indexers.store.removal import RemovalRefused

    known = {one.name for one in rag.roots()}
    for name in roots:
        if name not in known:
            raise RemovalRefused(f"the index has no root {name!r}")
    snapshot = rag.snapshot()
    wanted = {entry.id for name in names for entry in _named(snapshot, name)}
    entries = [entry for entry in snapshot.documents() if entry.id in wanted or entry.root in roots]
    return _Leaving(tuple(entries), tuple(dict.fromkeys(roots)))


def _named(snapshot: Snapshot, name: str) -> list[DocumentEntry]:
    """By the list alone: a damaged text must not keep its document. A name goes before a pattern.

    What lies inside a document, such as the files attached to a message, goes with it.
    """
    try:
        entry = snapshot.entry(name)
        return [entry, *snapshot.inside(entry)]
    except DocumentNotFound:
        found = [entry for entry in snapshot.documents() if set(name) & set("*?[") and fnmatchcase(entry.uri, name)]
        if not found:
            raise
        return found


def _agreed(leaving: _Leaving, *, yes: bool) -> bool:
    if not yes and sys.stdin.isatty():
        for entry in leaving.entries:
            tell(f"  {visible(entry.uri)} ({entry.chunks} chunks)")
    roots = f" and {len(leaving.roots)} root(s)" if leaving.roots else ""
    return agreed(f"Remove {len(leaving.entries)} document(s){roots} from the index?", yes=yes)


def _snapshots(folder: Path) -> list[str]:
    from indexers.store.named import snapshots

    return [visible(name) for name in snapshots(folder)]
