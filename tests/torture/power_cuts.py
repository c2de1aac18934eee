"""The power fails at any moment: every state of the disk that this may leave holds all that was acknowledged."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.torture import workload
from tests.torture.cut_disk import VARIANTS, CutDisk, Variant, without_shared_memory
from tests.torture.forks import in_fork
from tests.torture.kills import whats_wrong
from tests.torture.strace_log import REPLAYED, calls_in
from tests.torture.tracing import traced
from tests.torture.trial import FEWEST, Budget, Result, scratch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tests.torture.forks import Told
    from tests.torture.strace_log import Call

LEAST = 200
RESUMED = 10
"""Every so many states the next run is done as well."""

STATES_A_SECOND = 12
"""A guess at how many can be checked, for drawing them evenly where time is short."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What a power cut may leave: the files by path, and the steps acknowledged before it (-1: not even the making)."""

    moment: str
    acknowledged: int
    files: dict[str, bytes]


def power_cut_trials(budget: Budget) -> Result:
    """Check every different state that a power cut may leave of the workload."""
    result = Result("cuts", LEAST)
    with scratch() as folder:
        undisturbed = folder / "undisturbed"
        in_fork(lambda told: workload.run(undisturbed, told))
        log = record(folder, lambda told: workload.run(folder / "disk" / "index", told))
        for number, cut in enumerate(some_cuts(log, folder / "disk", budget)):
            found = whats_left_wrong(cut, folder, undisturbed if number % RESUMED == 0 else None)
            result.trials += 1
            result.figures["run again"] += number % RESUMED == 0
            if found:
                result.failed(f"power cut {cut.moment}, {cut.acknowledged} steps acknowledged: {found}")
    result.seconds = budget.elapsed
    return result


def record(folder: Path, work: Callable[[Told], Any]) -> Path:
    """Do the work, whose index lies in ``folder/disk``, once; the log of its calls."""
    root = folder / "disk"
    root.mkdir()
    log = folder / "log"
    ended = traced(work, calls=REPLAYED, log=log)
    if ended.how != "returned":
        raise AssertionError(f"the workload {ended.how}: {ended.value}")
    return log


def some_cuts(log: Path, root: Path, budget: Budget) -> Iterator[Cut]:
    """The different states in the order of time: all of them, or evenly drawn ones where time is short."""
    calls = list(calls_in(log))
    if budget.seconds is None:
        yield from _cuts(calls, str(root), _all)
        return
    share = min(1.0, budget.seconds * STATES_A_SECOND / (len(calls) * len(VARIANTS)))
    drawn = random.Random(budget.seed)  # noqa: S311  no secret
    for number, cut in enumerate(_cuts(calls, str(root), lambda _: drawn.random() < share)):
        if budget.spent and number >= FEWEST:
            return
        yield cut


def plain_cuts(log: Path, root: Path) -> Iterator[Cut]:
    """The states in which nothing but names reached the disk without a sync: the most that is lost."""
    return _cuts(calls_in(log), str(root), VARIANTS[:2].__contains__)


def _all(_: Variant) -> bool:
    return True


def _cuts(calls: Iterable[Call], root: str, wanted: Callable[[Variant], bool]) -> Iterator[Cut]:
    disk = CutDisk(root)
    acknowledged = -1
    seen: set[bytes] = set()
    for number, call in enumerate(calls):
        if call.name == "sendto":
            for line in call.data.split(b"\n"):
                acknowledged = max(acknowledged, json.loads(line).get("acknowledged", -1) if line else -1)
        elif not disk.follow(call):
            continue
        for variant in filter(wanted, VARIANTS):
            chance = random.Random(f"{number} {variant}")  # noqa: S311  no secret
            files = disk.left(variant, chance)
            digest = _digest(files, acknowledged)
            if digest not in seen:
                seen.add(digest)
                moment = f"after call {number} ({call.name}), {variant}"
                yield Cut(moment, acknowledged, without_shared_memory(files, chance))


def _digest(files: dict[str, bytes], acknowledged: int) -> bytes:
    state = hashlib.sha256(str(acknowledged).encode())
    for path, data in sorted(files.items()):
        if not path.endswith("-shm"):
            state.update(f"{path} {len(data)} ".encode() + data)
    return state.digest()


def whats_left_wrong(cut: Cut, folder: Path, undisturbed: Path | None) -> str:
    """Lay the state out and check it; with ``undisturbed`` also run again to the end."""
    root = folder / "disk"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    for path, data in cut.files.items():
        if path.endswith("/"):
            Path(path).mkdir()
        else:
            Path(path).write_bytes(data)
    return whats_wrong(root / "index", undisturbed, cut.acknowledged)
