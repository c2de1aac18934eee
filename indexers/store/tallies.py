"""How many documents and roots there are, kept apart from them: a damaged page may hide a row, or show it twice.

Every row carries its digest, but a row that is not seen is not checked: one flipped bit in the head of a page of an
index is enough for SQLite to read no document at all, and to find nothing wrong.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from indexers.errors import StoreDamaged
from indexers.store import meta

if TYPE_CHECKING:
    import sqlite3

SUMMED = {"documents": "touched", "roots": "mounted"}
"""The tables that are counted, with the column that is summed beside: generations tell one list from another."""


class Tallies:
    """Counts what a connection writes, whoever writes it, by triggers that live with the connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Watch a connection that is in no transaction."""
        self._rows: Counter[str] = Counter()
        self._sums: Counter[str] = Counter()
        connection.create_function("tally", 3, self._count)
        connection.execute("PRAGMA recursive_triggers=ON")  # or REPLACE deletes unseen
        for table, column in SUMMED.items():
            for event, rows, total in (
                ("INSERT", 1, f"NEW.{column}"),
                ("DELETE", -1, f"-OLD.{column}"),
                ("UPDATE", 0, f"NEW.{column} - OLD.{column}"),
            ):
                body = f"SELECT tally('{table}', {rows}, {total})"
                connection.execute(f"CREATE TEMP TRIGGER {table}_{event} AFTER {event} ON {table} BEGIN {body}; END")

    def _count(self, table: str, rows: int, total: int) -> None:
        self._rows[table] += rows
        self._sums[table] += total

    def begin(self) -> None:
        """Forget what a transaction counted that was rolled back."""
        self._rows.clear()
        self._sums.clear()

    def write(self, connection: sqlite3.Connection) -> None:
        """Bring the tallies up to what this transaction did, before it ends."""
        for table in self._rows.keys() | self._sums.keys():
            before = expected(connection, table)
            if before is None:
                _recount(connection, table)
            else:
                _put(connection, table, before[0] + self._rows[table], before[1] + self._sums[table])


def expected(connection: sqlite3.Connection, table: str) -> tuple[int, int] | None:
    """The rows of the table and the sum of its column; None where an earlier version counted nothing."""
    value = meta.get(connection, f"tally {table}")
    if value is None:
        return None
    try:
        rows, total = map(int, value.split())
    except ValueError as error:
        raise StoreDamaged(f"the catalogue's count of {table} is none") from error
    return rows, total


def check(connection: sqlite3.Connection, table: str, *, rows: int, total: int) -> None:
    """Hold what was read of a table against its tally.

    Raises:
        StoreDamaged: Rows are hidden, or come twice.
    """
    should = expected(connection, table)
    if should is not None and should != (rows, total):
        raise StoreDamaged(f"the catalogue shows {rows} {table} where there are {should[0]}: its pages are damaged")


def check_all(connection: sqlite3.Connection, table: str) -> None:
    """Hold the table, and each of its indexes, against its tally; errors as in ``check``."""
    names = [row[1] for row in connection.execute(f"PRAGMA index_list({table})")]
    for how in ("NOT INDEXED", *(f'INDEXED BY "{name}"' for name in names)):
        query = f"SELECT count(*), coalesce(sum({SUMMED[table]}), 0) FROM {table} {how}"  # noqa: S608  constants
        rows, total = connection.execute(query).fetchone()
        check(connection, table, rows=int(rows), total=int(total))


def hidden(connection: sqlite3.Connection) -> bool:
    """Whether rows of a table are hidden or come twice."""
    try:
        for table in SUMMED:
            check_all(connection, table)
    except StoreDamaged:
        return True
    return False


def recount(connection: sqlite3.Connection) -> None:
    """Take what there is for what there should be, after a repair."""
    for table in SUMMED:
        _recount(connection, table)


def _recount(connection: sqlite3.Connection, table: str) -> None:
    query = f"SELECT count(*), coalesce(sum({SUMMED[table]}), 0) FROM {table} NOT INDEXED"  # noqa: S608  constants
    rows, total = connection.execute(query).fetchone()
    _put(connection, table, int(rows), int(total))


def _put(connection: sqlite3.Connection, table: str, rows: int, total: int) -> None:
    meta.put(connection, f"tally {table}", f"{rows} {total}")
