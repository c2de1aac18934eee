"""The control: stores that are deliberately broken must be caught by the very same trials, or those prove nothing."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.torture import workload
from tests.torture.kills import whats_wrong
from tests.torture.power_cuts import plain_cuts, record, whats_left_wrong
from tests.torture.tracing import traced
from tests.torture.trial import Budget, Result, scratch

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.torture.forks import Told

STEPS = workload.STEPS[:13]
"""With a seal, a fold, and a close: enough for each of them to show."""


def unsynced_segments() -> None:
    """A segment is written and renamed, and never synced."""
    _skip_sync(lambda kind, path: stat.S_ISREG(kind) and "segments" in path)


def unsynced_folders() -> None:
    """The folder that holds a new name is not synced."""
    _skip_sync(lambda kind, _: stat.S_ISDIR(kind))


def unsynced_catalogue() -> None:
    """SQLite hands its pages to the system and does not wait."""
    _synchronous("OFF")


def synced_at_checkpoints() -> None:
    """SQLite syncs the log only before folding it into the catalogue (its `NORMAL`)."""
    _synchronous("NORMAL")


def renamed_before_sync() -> None:
    """A segment gets its final name, and is synced after that."""
    late: list[int] = []
    sync, rename, replace = os.fsync, os.rename, os.replace

    def sync_later(fd: Any) -> None:
        if "segments" in _path(fd) and stat.S_ISREG(os.fstat(fd).st_mode):
            late.append(os.dup(fd))
        else:
            sync(fd)

    def then_sync(move: Callable[..., None]) -> Callable[..., None]:
        def moved(*names: Any) -> None:
            move(*names)
            while late:
                descriptor = late.pop()
                sync(descriptor)
                os.close(descriptor)

        return moved

    os.fsync = sync_later
    os.rename, os.replace = then_sync(rename), then_sync(replace)


def _skip_sync(which: Callable[[int, str], bool]) -> None:
    sync = os.fsync

    def maybe(fd: Any) -> None:
        if not which(os.fstat(fd).st_mode, _path(fd)):
            sync(fd)

    os.fsync = maybe


def _path(descriptor: int) -> str:
    return str(Path(f"/proc/self/fd/{descriptor}").readlink())


def _synchronous(level: str) -> None:
    connect = sqlite3.connect

    class Careless(sqlite3.Connection):
        def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
            return super().execute(sql.replace("synchronous=FULL", f"synchronous={level}"), *values)

    def careless(*where: Any, **how: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*where, factory=Careless, **how)
        return connection

    sqlite3.connect = careless  # type: ignore[assignment]  # the same call, with another kind of connection


SABOTAGES: dict[str, Callable[[], None]] = {
    "segments not synced": unsynced_segments,
    "folders not synced": unsynced_folders,
    "catalogue not synced": unsynced_catalogue,
    "synchronous=NORMAL": synced_at_checkpoints,
    "renamed before the sync": renamed_before_sync,
}


def sabotage_trials(budget: Budget) -> Result:
    """Break the store in each way, in a child of its own, and see that the trials notice."""
    result = Result("sabotage", len(SABOTAGES) + 1)
    for name, spoil in SABOTAGES.items():
        _judge(result, name, _states_until_caught(spoil))
    _judge(result, "acknowledged before the commit", _kills_until_caught())
    result.seconds = budget.elapsed
    return result


def _judge(result: Result, name: str, tries: int) -> None:
    result.trials += 1
    if tries:
        result.figures[f"{name}: caught by state"] = tries
    else:
        result.failed(f"{name}: not caught")


def _states_until_caught(spoil: Callable[[], None]) -> int:
    """The number of the state after a power cut in which it shows, 0 where it never does."""

    def spoiled(index: Path, told: Told) -> None:
        spoil()
        workload.run(index, told, steps=STEPS)

    with scratch() as folder:
        log = record(folder, lambda told: spoiled(folder / "disk" / "index", told))
        for number, cut in enumerate(plain_cuts(log, folder / "disk"), start=1):
            if "Violation" in whats_left_wrong(cut, folder, None):
                return number
    return 0


def _kills_until_caught() -> int:
    """The number of the kill at which it shows that steps are acknowledged before they are done."""
    with scratch() as folder:
        for number in range(10, 400, 30):
            index = folder / str(number)
            call = f"pwrite64:signal=SIGKILL:when={number}"
            ended = traced(
                lambda told, index=index: workload.run(index, lambda done: told(done + 1), steps=STEPS),  # type: ignore[misc]
                inject=call,
            )
            if ended.how == "killed" and "Violation" in whats_wrong(index, None, ended.acknowledged):
                return number
            shutil.rmtree(index, ignore_errors=True)
    return 0
