"""When each kept version of a document was the current one: noted in its record, and read back for one moment."""

from __future__ import annotations

import contextlib
import json
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from indexers.errors import StoreDamaged
from indexers.store.rows import VERSION_COLUMNS, check_row, metadata_of, signed

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from indexers.store.rows import DocumentEntry, Row

MOST_PERIODS = 100
"""Of a version that came back again and again only the last times are remembered."""

Period = tuple[str, str | None]
"""From when until when, ISO 8601 in UTC; None where it has not ended."""


@dataclass(frozen=True, slots=True)
class History:
    """When a version was the current one, and since when its document has been in the index ("" where unknown)."""

    periods: tuple[Period, ...]
    first: str


def moment_text(moment: datetime) -> str:
    """A moment as periods have it: in UTC, so that the order of the texts is that of time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def begin_version(connection: sqlite3.Connection, document_id: str, version: str) -> History:
    """The history of the version that is about to become the current one; the one before it ends now.

    A version that is written again (cut otherwise, under another access list) goes on as it was.
    """
    now = moment_text(datetime.now(UTC))
    found = connection.execute("SELECT version FROM documents WHERE id = ?", (document_id,)).fetchone()
    if found is None:
        return History(((now, None),), now)
    former = str(found[0])
    first = ""
    with contextlib.suppress(StoreDamaged):  # what is damaged is replaced by what is written now, without its history
        row = _row(connection, document_id, former)
        ended = _history(json.loads(row[3]))
        first = ended.first
        if former == version:
            return ended
        closed = tuple((since, until or now) for since, until in ended.periods)
        _write(connection, row, History(closed, first))
    carried: tuple[Period, ...] = ()
    with contextlib.suppress(StoreDamaged):
        carried = _history(json.loads(_row(connection, document_id, version)[3])).periods
    return History((*carried, (now, None))[-MOST_PERIODS:], first)


def entries_at(
    connection: sqlite3.Connection, entries: Sequence[DocumentEntry], moment: datetime, *, generation: int
) -> tuple[tuple[DocumentEntry, ...], tuple[DocumentEntry, ...]]:
    """The documents as they were at a moment, and those of which the version of then is not kept, both by URI.

    Args:
        connection: Inside a transaction.
        entries: The documents as they are.
        moment: Past or present.
        generation: Versions that came later are passed over.

    Raises:
        StoreDamaged: The row of a version fails its check.
    """
    kept: defaultdict[str, list[Row]] = defaultdict(list)
    for row in connection.execute(f"SELECT {VERSION_COLUMNS} FROM versions ORDER BY generation"):  # noqa: S608  constants
        values = check_row("versions", row)
        if values[2] <= generation:
            kept[values[0]].append(values)
    at = moment_text(moment)
    then, missing = [], []
    for entry in entries:
        found = _version_at(kept[entry.id], at)
        if found is not None:
            then.append(_entry_of(entry, found))
        elif _was_there(kept[entry.id], at):
            missing.append(entry)
    return tuple(then), tuple(missing)


def history_json(history: History) -> dict[str, Any]:
    """What of a history stands in a version's record."""
    return {"periods": history.periods, "first": history.first}


def _row(connection: sqlite3.Connection, document_id: str, version: str) -> Row:
    find = f"SELECT {VERSION_COLUMNS} FROM versions WHERE document_id = ? AND version = ?"  # noqa: S608  constants
    row = connection.execute(find, (document_id, version)).fetchone()
    if row is None:
        raise StoreDamaged(f"the catalogue has no version {version[:12]}")
    return check_row("versions", row)


def _write(connection: sqlite3.Connection, row: Row, history: History) -> None:
    document_id, version, generation, record, *rest = row
    renewed = json.dumps({**json.loads(record), **history_json(history)})
    values = signed("versions", document_id, version, generation, renewed, *rest)
    connection.execute(
        "UPDATE versions SET record = ?, digest = ? WHERE document_id = ? AND version = ?",
        (renewed, values[-1], document_id, version),
    )


def _history(record: dict[str, Any], *, until: str | None = None) -> History:
    """The history in a record; of one that an earlier version of Plumbline wrote, as far as it can be told."""
    if "periods" in record:
        return History(tuple((since, ended) for since, ended in record["periods"]), record["first"])
    since = moment_text(datetime.fromisoformat(record["indexed_at"]))
    return History(((since, until),), "")


def _histories(versions: Sequence[Row]) -> list[History]:
    """The histories of versions in the order in which they came."""
    records = [json.loads(row[3]) for row in versions]
    ends = [moment_text(datetime.fromisoformat(later["indexed_at"])) for _one, later in pairwise(records)]
    return [_history(record, until=until) for record, until in zip(records, [*ends, None], strict=True)]


def _version_at(versions: Sequence[Row], at: str) -> Row | None:
    """The last of the versions that was the current one at the moment; a version without chunks cannot be searched."""
    for row, history in zip(reversed(versions), reversed(_histories(versions)), strict=True):
        if row[5] and any(since <= at and (until is None or at < until) for since, until in history.periods):
            return row
    return None


def _was_there(versions: Sequence[Row], at: str) -> bool:
    """Whether the document was in the index, or may have been."""
    return any(history.first <= at for history in _histories(versions))


def _entry_of(entry: DocumentEntry, version: Row) -> DocumentEntry:
    _, name, generation, record_json, first_row, chunks, _, _ = version
    record = json.loads(record_json)
    return replace(
        entry,
        title=record["title"],
        media_type=record["media_type"],
        version=name,
        chunks=chunks,
        pages=record["page_count"],
        indexed_at=record["indexed_at"],
        generation=generation,
        first_row=first_row,
        metadata=metadata_of(record),
    )
