"""`rag index`: bring an index up to date with folders and files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.options import ConfigOption, IndexOption, JsonOption, open_with, settings_for
from api.progress import counted
from api.terminal import json_line, say, visible
from indexers.roots import check_paths

if TYPE_CHECKING:
    from indexers.sync import SyncReport


def index(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", readable=False, help="Folders and files to keep in the index")
    ],
    *,
    index: IndexOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Index folders and files: what is new, changed or gone since last time; safe to stop and run again.

    Files that cannot be read are listed at the end, with the reason and what to do; the others are indexed.
    """
    settings = settings_for(index, config)
    check_paths(paths, index=settings.index)  # a mistyped path must not leave a new index behind
    with open_with(settings, create=True) as rag, counted("files") as progress:
        report = rag.index(paths, progress=progress)
    if as_json:
        say(json_line(report_json(report)))
    else:
        _show(report)


def report_json(report: SyncReport) -> dict[str, object]:
    """The report as scripts read it."""
    return {
        "documents": {
            "added": report.added,
            "changed": report.changed,
            "removed": report.removed,
            "unchanged": report.unchanged,
            "failed": report.failed,
        },
        "chunks": report.chunks,
        "pages": report.pages,
        "seconds": round(report.seconds, 3),
        "failures": [{"uri": failure.uri, "error": failure.error, "hint": failure.hint} for failure in report.failures],
    }


def _show(report: SyncReport) -> None:
    for root in report.moved:
        say(f"moved     {visible(root.name)} is now read from {visible(str(root.path))}")
    for failure in report.failures:
        say(f"failed    {visible(failure.uri)}: {visible(failure.error)}")
        say(f"          {visible(failure.hint)}")
    say(
        f"{report.added} added, {report.changed} changed, {report.removed} removed, {report.unchanged} unchanged, "
        f"{report.failed} failed"
    )
    say(f"The index holds {report.chunks:,} chunks of {report.pages:,} pages ({report.seconds:.1f} seconds).")
