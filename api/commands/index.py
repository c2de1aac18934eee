"""`rag index`: bring an index up to date with folders and files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.options import ConfigOption, IndexOption, JsonOption, open_with, settings_for
from api.progress import counted
from api.sync_text import report_json, show_preview, show_report
from api.terminal import json_line, say, tell, tell_problem
from indexers.roots import check_paths

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from indexers.report import SyncReport
    from rag import Rag
    from rag.settings import Settings


def index(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", readable=False, help="Folders and files to keep in the index")
    ],
    *,
    index: IndexOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and do nothing; changed files are read for it")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Stay, and index what changes as it changes, until Ctrl-C")
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Index folders and files: what is new, changed or gone since last time; safe to stop and run again.

    Files that cannot be read are listed at the end, with the reason and what to do; the others are indexed. Files that
    a .ragignore names stay out of the index, or leave it.
    """
    if dry_run and watch:
        raise typer.BadParameter("a dry run does not stay; leave out one of the two", param_hint="--watch")
    settings = settings_for(index, config)
    check_paths(paths, index=settings.index)  # a mistyped path must not leave a new index behind
    if dry_run:
        from rag.indexing import preview_index

        with counted("files") as progress:
            report = preview_index(settings, paths, progress=progress)
        if as_json:
            _json(report, dry_run=True)
        else:
            show_preview(report)
        return
    with open_with(settings, create=True) as rag:
        if watch:
            _watch(rag, settings, paths, show=_json if as_json else show_report)
            return
        with counted("files") as progress:
            report = rag.index(paths, progress=progress)
            due = rag.rebuild_due()
        if due is not None:
            tell(f"note: the chunks of this index {due}; run `rag rebuild --split`")
    (_json if as_json else show_report)(report)


def _json(report: SyncReport, *, dry_run: bool = False) -> None:
    say(json_line({**report_json(report), "dry_run": dry_run}))


def _watch(rag: Rag, settings: Settings, paths: Sequence[Path], *, show: Callable[[SyncReport], None]) -> None:
    """Sync at every change until a person says that it is enough; a sync that changed nothing is not shown."""
    import threading

    from indexers.watch import folder_events, keep_in_step

    stop = threading.Event()
    shown: list[SyncReport] = []

    def sync() -> SyncReport:
        with counted("files") as progress:
            return rag.index(paths, progress=progress)

    def done(report: SyncReport) -> None:
        news = not shown or report.changes or report.failures != shown[-1].failures
        shown[:] = [report]
        if news:
            show(report)

    events = folder_events(
        paths,
        without=settings.index.resolve(),
        settle_ms=settings.sync.watch_settle_ms,
        full_seconds=settings.sync.watch_full_seconds,
        stop=stop,
    )
    tell("rag: watching; Ctrl-C ends it")
    try:
        keep_in_step(sync, events, done=done, failed=tell_problem, pause=stop.wait)
    except KeyboardInterrupt:
        tell("\nrag: stopped watching; everything that was said to be indexed is")
