"""`rag index`: bring an index up to date with folders and files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.options import ConfigOption, IndexOption, JsonOption, open_with, settings_for
from api.progress import counted
from api.sync_text import report_json, show_preview, show_report
from api.terminal import json_line, say, tell
from indexers.roots import check_paths


def index(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", readable=False, help="Folders and files to keep in the index")
    ],
    *,
    index: IndexOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and do nothing; changed files are read for it")
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Index folders and files: what is new, changed or gone since last time; safe to stop and run again.

    Files that cannot be read are listed at the end, with the reason and what to do; the others are indexed. Files that
    a .ragignore names stay out of the index, or leave it.
    """
    settings = settings_for(index, config)
    check_paths(paths, index=settings.index)  # a mistyped path must not leave a new index behind
    if dry_run:
        from rag.indexing import preview_index

        with counted("files") as progress:
            report = preview_index(settings, paths, progress=progress)
    else:
        with open_with(settings, create=True) as rag, counted("files") as progress:
            report = rag.index(paths, progress=progress)
            due = rag.rebuild_due()
        if due is not None:
            tell(f"note: the chunks of this index {due}; run `rag rebuild --split`")
    if as_json:
        say(json_line({**report_json(report), "dry_run": dry_run}))
    elif dry_run:
        show_preview(report)
    else:
        show_report(report)
