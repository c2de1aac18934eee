"""What a sync did, in words and as JSON."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from api.terminal import amount, say, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexers.duplicates import Duplicate
    from indexers.report import Failure, SyncReport

_LISTED = 1000
"""Of each kind of change, by name in a preview."""


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
        "failures": [failure_json(failure) for failure in report.failures],
        "duplicates": [duplicate_json(pair) for pair in report.duplicates],
    }


def failure_json(failure: Failure) -> dict[str, object]:
    """A failure as scripts read it."""
    return {"uri": failure.uri, "error": failure.error, "hint": failure.hint}


def duplicate_json(pair: Duplicate) -> dict[str, object]:
    """A near-duplicate as scripts read it."""
    return {"uri": pair.uri, "like": pair.like, "likeness": round(pair.likeness, 3), "exact": pair.exact}


def show_report(report: SyncReport) -> None:
    """What was done, for a person: what one might not expect by name, the rest in numbers."""
    for root in report.moved_roots:
        say(f"moved     {visible(root.name)} is now read from {visible(str(root.path))}")
    for change in report.changes:
        if change.kind == "moved":
            say(f"moved     {visible(change.detail)} to {visible(change.uri)}")
        elif change.detail:
            say(f"{change.kind:<9} {visible(change.uri)}: {visible(change.detail)}")
    show_duplicates(report.duplicates)
    show_failures(report.failures)
    say(_counts(report))
    pages = f", {amount(report.pages, 'page')}" if report.pages else ""
    say(f"The index holds {amount(report.chunks, 'chunk')}{pages} ({report.seconds:.1f} seconds).")


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
    show_duplicates(report.duplicates)
    show_failures(report.failures)
    say(f"Would be: {_counts(report)}")
    say(f"{report.embedded:,} texts would be embedded; nothing was written ({report.seconds:.1f} seconds).")


def show_duplicates(pairs: Sequence[Duplicate]) -> None:
    """Each document that says nearly what another one says, on a line."""
    for pair in pairs:
        how = "the same text as" if pair.exact else f"{pair.likeness:.0%} like"
        say(f"duplicate {visible(pair.uri)} is {how} {visible(pair.like)}")


def show_failures(failures: Sequence[Failure]) -> None:
    """Each failure on a line, with what to do on the next."""
    for failure in failures:
        say(f"failed    {visible(failure.uri)}: {visible(failure.error)}")
        say(f"          {visible(failure.hint)}")


def _counts(report: SyncReport) -> str:
    seldom = {"moved": report.moved, "with another access list": report.access, "ignored": report.ignored}
    more = "".join(f", {count} {name}" for name, count in seldom.items() if count)
    return (
        f"{report.added} added, {report.changed} changed, {report.removed} removed, {report.unchanged} unchanged, "
        f"{report.failed} failed{more}"
    )
