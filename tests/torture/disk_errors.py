"""The disk fails or is full at any call: a clear error, nothing acknowledged lost, and the next run is fine."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tests.torture import workload
from tests.torture.kills import whats_wrong
from tests.torture.tracing import counted, traced
from tests.torture.trial import Budget, Result, scratch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

LEAST = 500
STEP = 3
"""Writes of pages are many and alike: every third is failed, for each error and way."""

ERRORS = {
    "write": ("ENOSPC", "EIO"),
    "pwrite64": ("ENOSPC", "EIO"),
    "fsync": ("EIO", "ENOSPC"),
    "fdatasync": ("EIO", "ENOSPC"),
    "ftruncate": ("EIO",),
    "rename": ("EIO", "ENOSPC"),
    "renameat": ("EIO", "ENOSPC"),
    "unlink": ("EIO",),
    "mkdir": ("ENOSPC",),
    "openat": ("EIO", "ENOSPC", "EMFILE"),
}
ONCE, FROM_THEN_ON = "", "+"


def disk_error_trials(budget: Budget) -> Result:
    """Fail each call once (the step is tried again by the same writer), and from there on for good."""
    result = Result("errors", LEAST)
    with scratch() as folder:
        undisturbed = folder / "undisturbed"
        calls = counted(lambda told: workload.run(undisturbed, told), folder / "log")
        points = list(_points(calls))
        result.figures["fault points"] = len(points)
        for call, error, number, lasting in budget.some(points):
            index = folder / "index"
            found = _one(index, undisturbed, f"{call}:error={error}:when={number}{lasting}", lasting, result)
            if found:
                result.failed(f"{error} at {call} number {number}{lasting}: {found}")
            shutil.rmtree(index, ignore_errors=True)
    result.seconds = budget.elapsed
    return result


def _points(calls: Mapping[str, int]) -> Iterator[tuple[str, str, int, str]]:
    for call, errors in ERRORS.items():
        for place, error in enumerate(errors):
            for number in range(1, calls.get(call, 0) + 1):
                many = calls[call] > 100
                if not many or number % (2 * STEP) == place:
                    yield call, error, number, ONCE
                if not many or number % (2 * STEP) == place + STEP:
                    yield call, error, number, FROM_THEN_ON


def _one(index: Path, undisturbed: Path, inject: str, lasting: str, result: Result) -> str:
    tries = 1 if lasting else 2
    ended = traced(lambda told: workload.run(index, told, tries=tries), inject=inject)
    result.trials += 1
    if ended.how == "returned":
        result.figures["refused, then done" if ended.value else "not noticed"] += 1
    elif ended.how == "refused":
        result.figures["refused"] += 1
    else:
        return f"the run {ended.how}: {ended.value}"
    return whats_wrong(index, undisturbed, ended.acknowledged)
