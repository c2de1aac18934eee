"""`kill -9` at every call by which a run writes: nothing acknowledged is lost, and the next run ends the same."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tests.torture import workload
from tests.torture.checking import check_after_fault, check_same_end
from tests.torture.forks import Ended, in_fork
from tests.torture.tracing import counted, traced
from tests.torture.trial import Budget, Result, scratch

if TYPE_CHECKING:
    from pathlib import Path

LEAST = 1000


def kill_trials(budget: Budget) -> Result:
    """Kill once before each call of the workload's thread that makes most of them."""
    result = Result("kills", LEAST)
    with scratch() as folder:
        undisturbed = folder / "undisturbed"
        calls = counted(lambda told: workload.run(undisturbed, told), folder / "log")
        points = [(call, number) for call, times in sorted(calls.items()) for number in range(1, times + 1)]
        result.figures["kill points"] = len(points)
        for call, number in budget.some(points):
            index = folder / f"{call}-{number}"
            found = _one(index, undisturbed, f"{call}:signal=SIGKILL:when={number}", result)
            if found:
                result.failed(f"killed before {call} number {number}: {found}")
            shutil.rmtree(index, ignore_errors=True)
    result.seconds = budget.elapsed
    return result


def _one(index: Path, undisturbed: Path, inject: str, result: Result) -> str:
    """What is wrong after this kill; nothing where the workload was over before it came."""
    ended = traced(lambda told: workload.run(index, told), inject=inject)
    result.trials += 1
    if ended.how == "returned":
        result.figures["not killed"] += 1
    elif ended.how != "killed":
        return f"the run {ended.how}: {ended.value}"
    return whats_wrong(index, undisturbed, ended.acknowledged)


def whats_wrong(index: Path, undisturbed: Path | None, acknowledged: int) -> str:
    """Check what a fault left, then run again to the end and hold that against an undisturbed run.

    Args:
        index: What the fault left.
        undisturbed: An index on which all of the workload was done; None: the workload is not run again.
        acknowledged: The steps that were, -1 where not even the making of the index was.
    """
    done = max(acknowledged, 0)
    allowed = workload.states()[done : done + 2]
    checked = in_fork(lambda _: check_after_fault(index, allowed, begun=acknowledged >= 0, kept=workload.kept(done)))
    if checked.how != "returned":
        return _told("after it", checked)
    if undisturbed is None:
        return ""
    again = in_fork(lambda told: workload.run(index, told, first=done))
    if again.how != "returned":
        return _told("the next run", again)
    end = in_fork(lambda _: check_same_end(index, undisturbed))
    return "" if end.how == "returned" else _told("in the end", end)


def _told(when: str, ended: Ended) -> str:
    return f"{when}: {ended.how} {ended.value}"
