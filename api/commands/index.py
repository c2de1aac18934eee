"""`rag index`: bring an index up to date with folders and files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.options import ConfigOption, IndexOption, JsonOption, open_with, settings_for
from api.progress import counted
from api.terminal import json_line, say, visible
from indexers.roots import check_paths

if TYPE_CHECKING:
    from indexers.report import SyncReport

_LISTED = 1000


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
    if as_json:
        say(json_line({**report_json(report), "dry_run": dry_run}))
    elif dry_run:
        show_preview(report)
    else:
        show_report(report)


def report_json(report: SyncReport) -> dict[str, object]:
    """The report as scripts read it."""
    return {
        "documents": {
            "added": report.added,
            "changed": report.changed,
            "moved": report.moved,
            "removed": report.removed,
            "unchanged": report.unchanged,
            "access": report.access,
            "ignored": report.ignored,
            "failed": report.failed,
        },
        "chunks": report.chunks,
        "pages": report.pages,
        "embedded": report.embedded,
        "seconds": round(report.seconds, 3),
        "changes": [{"kind": change.kind, "uri": change.uri, "detail": change.detail} for change in report.changes],
        "failures": [{"uri": failure.uri, "error": failure.error, "hint": failure.hint} for failure in report.failures],
        "duplicates": [
            {"uri": pair.uri, "like": pair.like, "likeness": round(pair.likeness, 3), "exact": pair.exact}
            for pair in report.duplicates
        ],
    }


def show_report(report: SyncReport) -> None:
    """What was done, for a person: what one might not expect by name, the rest in numbers."""
    for root in report.moved_roots:
        say(f"moved     {visible(root.name)} is now read from {visible(str(root.path))}")
    for change in report.changes:
        if change.kind == "moved":
            say(f"moved     {visible(change.detail)} to {visible(change.uri)}")
        elif change.detail:
            say(f"{change.kind:<9} {visible(change.uri)}: {visible(change.detail)}")
    _show_duplicates(report)
    _show_failures(report)
    say(_counts(report))
    say(f"The index holds {report.chunks:,} chunks of {report.pages:,} pages ({report.seconds:.1f} seconds).")


def show_preview(report: SyncReport) -> None:
    """What would be done, document by document."""
    listed: Counter[str] = Counter()
    for change in report.changes:
        listed[change.kind] += 1
        if listed[change.kind] <= _LISTED:
            detail = f" (from {visible(change.detail)})" if change.kind == "moved" else f": {visible(change.detail)}"
            say(f"{change.kind:<9} {visible(change.uri)}{detail if change.detail else ''}")
    for kind, count in listed.items():
        if count > _LISTED:
            say(f"{kind:<9} … and {count - _LISTED:,} more; --json has them all")
    _show_duplicates(report)
    _show_failures(report)
    say(f"Would be: {_counts(report)}")
    say(f"{report.embedded:,} texts would be embedded; nothing was written ({report.seconds:.1f} seconds).")


def _show_duplicates(report: SyncReport) -> None:
    for pair in report.duplicates:
        how = "the same text as" if pair.exact else f"{pair.likeness:.0%} like"
        say(f"duplicate {visible(pair.uri)} is {how} {visible(pair.like)}")


def _show_failures(report: SyncReport) -> None:
    for failure in report.failures:
        say(f"failed    {visible(failure.uri)}: {visible(failure.error)}")
        say(f"          {visible(failure.hint)}")


def _counts(report: SyncReport) -> str:
    seldom = {"moved": report.moved, "with another access list": report.access, "ignored": report.ignored}
    more = "".join(f", {count} {name}" for name, count in seldom.items() if count)
    return (
        f"{report.added} added, {report.changed} changed, {report.removed} removed, {report.unchanged} unchanged, "
        f"{report.failed} failed{more}"
    )
