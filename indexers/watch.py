"""Keep folders in step with the index: a sync when something in them has changed, and now and then in any case."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from indexers.errors import RagError

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence
    from pathlib import Path

    from indexers.report import SyncReport

RETRY_SECONDS = 5.0
TICK_MS = 250
LONGEST_SETTLING = 20
"""After so many quiet times a folder that never is quiet counts as changed all the same."""

Events = Iterable[frozenset[str]]
"""Each item is the paths that changed in one go; an empty one says that it is time for a look in any case."""


def keep_in_step(
    sync: Callable[[], SyncReport],
    events: Events,
    *,
    done: Callable[[SyncReport], None],
    failed: Callable[[RagError], None],
    pause: Callable[[float], bool],
) -> None:
    """Sync at every event, until the events end.

    What refuses the first sync is raised: a person is there to mend it. Later ones that are refused (another writer is
    at work, a folder is away, the model does not answer) are told and tried again a little later.

    Args:
        sync: One whole sync; a file that did not change costs it no more than a look.
        events: When to sync; the first is due at once.
        done: Told of each sync.
        failed: Told why a sync was refused, once for each reason.
        pause: Waits so many seconds before the next attempt; True says that the watch is over.

    Raises:
        RagError: The first sync was refused.
    """
    for number, _ in enumerate(events):
        told = ""
        while True:
            try:
                report = sync()
            except RagError as error:
                if number == 0:
                    raise
                if str(error) != told:  # a volume that is away for a night is said once
                    failed(error)
                    told = str(error)
                if pause(RETRY_SECONDS):
                    return
            else:
                done(report)
                break


def folder_events(
    paths: Sequence[Path],
    *,
    without: Path,
    settle_ms: int,
    full_seconds: float,
    stop: threading.Event,
) -> Iterator[frozenset[str]]:
    """Changes as the system reports them; where it does not, nothing is lost but time.

    The first event comes once the folders are watched, so that no change falls between a sync and the watch. Where
    they cannot be watched (too many folders for the system), an empty event comes every few seconds: a sync that finds
    nothing changed is cheap.

    Args:
        paths: Folders and files.
        without: The index folder, whose own changes are none.
        settle_ms: A change counts when nothing more has changed for so long.
        full_seconds: An empty event comes at least this often: network folders report nothing, others may lose events.
        stop: Ends the iteration from another thread.
    """
    while not stop.is_set():
        watched = {path: _identity(path) for path in paths}
        last, first = time.monotonic(), True
        for found in _watch(watched, without=without, settle_ms=settle_ms, stop=stop):
            # The system watches the folder that was there; another one at its place has to be watched anew.
            replaced = any(_identity(path) != identity for path, identity in watched.items())
            if found or first or replaced or time.monotonic() - last >= full_seconds:
                last, first = time.monotonic(), False
                yield found
            if replaced:
                break
        else:
            if not stop.wait(min(full_seconds, RETRY_SECONDS)):
                yield frozenset()


def _watch(
    watched: dict[Path, tuple[int, int] | None], *, without: Path, settle_ms: int, stop: threading.Event
) -> Iterator[frozenset[str]]:
    """What changed, and an empty set four times a second; ends where nothing is there or can be watched."""
    import watchfiles

    def counts(_: object, path: str) -> bool:
        return not _is_below(path, str(without))

    present = [path for path, identity in watched.items() if identity]
    if not present:
        return
    changes = watchfiles.watch(
        *present,
        watch_filter=counts,
        step=settle_ms,
        debounce=LONGEST_SETTLING * settle_ms,
        rust_timeout=TICK_MS,
        yield_on_timeout=True,
        stop_event=stop,
        ignore_permission_denied=True,
    )
    try:
        for found in changes:
            yield frozenset(path for _, path in found)
    except (OSError, RuntimeError):  # RuntimeError: what the library in Rust makes of a limit
        return


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + os.sep)
