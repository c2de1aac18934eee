"""`rag backup` and `rag restore`: a whole index as one file, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands.snapshot import YesOption, agreed, copy_json, described
from api.options import ConfigOption, IndexOption, JsonOption, settings_for
from api.terminal import json_line, say, visible


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", readable=False, help="The backup to write")],
    *,
    index: IndexOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the whole index into one file; it may be read and written meanwhile.

    The file is a tar archive that only you may read. It is checked row by row, and it is there whole or not at all; an
    earlier backup of that name is replaced by it, any other file is left alone.
    """
    from indexers.store.backup import write_backup

    manifest = write_backup(settings_for(index, config).index, file)
    if as_json:
        say(json_line({"file": str(file), **copy_json(manifest)}))
    else:
        say(f"Wrote {described(manifest)} to {visible(str(file))}.")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", readable=False, help="A backup that `rag backup` wrote")],
    *,
    index: IndexOption = None,
    yes: YesOption = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an index of a backup, in a new place or over the index that is there, even a damaged one.

    Everything in the file is checked before anything is replaced. Readers see the old index or the new one.
    """
    from indexers.store.backup import read_backup
    from rag.upkeep import restore_file

    settings = settings_for(index, config)
    folder = settings.index
    manifest = read_backup(file)
    taken = visible(manifest.created_at)
    question = f"Put {described(manifest)} of {taken} in the place of the index in {visible(str(folder))}?"
    if folder.exists() and not agreed(question, yes=yes):
        return
    restore_file(settings, file)
    if as_json:
        say(json_line({"index": str(folder), **copy_json(manifest)}))
    else:
        say(f"{visible(str(folder))} holds {described(manifest)}, as of {taken}.")
