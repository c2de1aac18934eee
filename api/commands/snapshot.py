"""`rag snapshot`: states of an index kept under names, and brought back."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from api.options import ConfigOption, IndexOption, JsonOption, settings_for
from api.terminal import json_line, say, tell, visible

if TYPE_CHECKING:
    from indexers.store.whole_copy import Manifest

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Letters, digits, `.`, `_` and `-`")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first (asked on a terminal only)")]


def snapshot_create(
    name: NameArgument, *, index: IndexOption = None, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Keep the index as it is now under a name; it may be read and written meanwhile.

    A snapshot shares its sealed vectors with the index. It also keeps what is removed from the index later on.
    """
    from indexers.store.named import create_snapshot

    manifest = create_snapshot(settings_for(index, config).index, name)
    if as_json:
        say(json_line({"name": name, **copy_json(manifest)}))
    else:
        say(f"Kept {described(manifest)} as {name!r}.")


def snapshot_list(*, index: IndexOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the snapshots, oldest first."""
    from indexers.store.migrate import open_catalogue
    from indexers.store.named import snapshots

    folder = settings_for(index, config).index
    found = snapshots(folder)
    if not found:
        open_catalogue(folder).close()  # says so where there is no index
    if as_json:
        listed = [
            {"name": name, "whole": manifest is not None, **(copy_json(manifest) if manifest else {})}
            for name, manifest in found.items()
        ]
        say(json_line({"snapshots": listed}))
        return
    for name, manifest in found.items():
        say(
            f"{visible(name)}  {described(manifest)}, {visible(manifest.created_at)}"
            if manifest
            else f"{visible(name)}  damaged"
        )
    if not found:
        say("There are no snapshots.")


def snapshot_restore(
    name: NameArgument,
    *,
    index: IndexOption = None,
    yes: YesOption = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring the index back to a snapshot, which is kept; what was indexed since then is gone from it.

    Everything is checked first. Readers see the old index or the snapshot, never a mixture.
    """
    from indexers.store.named import check_snapshot
    from rag.upkeep import restore_name

    settings = settings_for(index, config)
    manifest = check_snapshot(settings.index, name)
    if not agreed(f"Bring the index back to {described(manifest)} of {visible(manifest.created_at)}?", yes=yes):
        return
    restore_name(settings, name)
    if as_json:
        say(json_line({"name": name, **copy_json(manifest)}))
    else:
        say(f"The index is {name!r} again: {described(manifest)}.")


def snapshot_remove(
    name: NameArgument,
    *,
    index: IndexOption = None,
    yes: YesOption = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove a snapshot; the index itself stays as it is."""
    from indexers.store.named import SnapshotNotFound, remove_snapshot, snapshots

    folder = settings_for(index, config).index
    if name not in snapshots(folder):
        raise SnapshotNotFound(name=name)
    if not agreed(f"Remove the snapshot {name!r}?", yes=yes):
        return
    remove_snapshot(folder, name)
    say(json_line({"removed": name}) if as_json else f"Removed the snapshot {name!r}.")


def copy_json(manifest: Manifest) -> dict[str, object]:
    """What a copy of an index holds, as scripts read it."""
    return {
        "created_at": manifest.created_at,
        "generation": manifest.generation,
        "documents": manifest.documents,
        "chunks": manifest.chunks,
        "embedder": manifest.embedder,
        "bytes": manifest.bytes,
    }


def described(manifest: Manifest) -> str:
    """What a copy holds, in a few words."""
    return f"{manifest.documents:,} documents, {manifest.chunks:,} chunks ({manifest.bytes / 2**20:,.1f} MiB)"


def agreed(question: str, *, yes: bool) -> bool:
    """Whether to go on: asked where somebody sits at the terminal, unless ``--yes`` was given."""
    if yes or not sys.stdin.isatty() or typer.confirm(question, err=True):
        return True
    tell("Nothing was changed.")
    return False
