"""`kill -9` at every call by which a sync writes: what it said is done stays, and the next sync ends the same."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from indexers.settings import ParserSettings
from indexers.store import Store
from indexers.sync import SyncOptions, sync_paths
from tests.torture.checking import check_catalogue, check_same_end, check_segments
from tests.torture.forks import in_fork
from tests.torture.tracing import counted, traced
from tests.torture.trial import Budget, Result, scratch
from tests.torture.violation import demand
from tests.torture.workload import EMBEDDER, MAX_TOKENS, SETTINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.torture.forks import Told

LEAST = 200
OPTIONS = SyncOptions(parser=ParserSettings(workers=0), store=SETTINGS)
"""Read in this process: what becomes of killed readers is tried elsewhere, and strace would follow each of them."""

BEFORE = {
    f"{folder}/{name}.md": f"# {name}\n\nFirst words of {name} in {folder}.\n" for folder in "xy" for name in "abcd"
}
CHANGED = {
    "x/a.md": "# a\n\nOther words altogether.\n\nAnd a second paragraph.\n",
    "y/b.md": "# b\n\nFirst words of b in y.\n\nOne more line.\n",
    "x/new.md": "# new\n\nA line of a report about an item.\n",
    "z/new.md": "# new\n\nA red apple and a green pear.\n",
    "z/moved.md": BEFORE["y/d.md"],
}
GONE = ("x/c.md", "y/d.md")


@dataclass(frozen=True, slots=True)
class _Case:
    """The folders of the trial, what the index holds before the sync and after it, and the files in reading order."""

    docs: Path
    indexed: Path
    undisturbed: Path
    before: Mapping[str, str]
    after: Mapping[str, str]
    order: list[str]


def sync_trials(budget: Budget) -> Result:
    """Index eight files; edit, add, move and delete some, and kill the sync that follows before each of its calls."""
    result = Result("sync", LEAST)
    with scratch() as folder:
        case = _prepared(folder)
        calls = counted(lambda told: _sync(_copy(case.indexed, folder / "traced"), case.docs, told), folder / "log")
        points = [(call, number) for call, times in sorted(calls.items()) for number in range(1, times + 1)]
        result.figures["kill points"] = len(points)
        for call, number in budget.some(points):
            index = _copy(case.indexed, folder / "killed")
            found = _one(index, case, f"{call}:signal=SIGKILL:when={number}")
            result.trials += 1
            if found:
                result.failed(f"killed before {call} number {number}: {found}")
            shutil.rmtree(index)
    result.seconds = budget.elapsed
    return result


def _prepared(folder: Path) -> _Case:
    docs, indexed, undisturbed = folder / "docs", folder / "indexed", folder / "undisturbed"
    _write(docs, BEFORE)
    before = _value(lambda: _synced(indexed, docs)[1])
    for name in GONE:
        (docs / name).unlink()
    _write(docs, CHANGED)
    _copy(indexed, undisturbed)
    order, after = _value(lambda: _synced(undisturbed, docs))
    return _Case(docs, indexed, undisturbed, before, after, order)


def _one(index: Path, case: _Case, inject: str) -> str:
    killed = traced(lambda told: _sync(index, case.docs, told), inject=inject)
    if killed.how not in ("killed", "returned"):
        return f"the sync {killed.how}: {killed.value}"
    done = case.order[: max(killed.acknowledged, 0)]
    steps: dict[str, Callable[[], Any]] = {
        "after it": lambda: _check(index, case, done),
        "the next sync": lambda: _sync(index, case.docs, _unheard),
        "in the end": lambda: check_same_end(index, case.undisturbed),
    }
    for when, step in steps.items():
        ended = in_fork(lambda _, step=step: step())  # type: ignore[misc]
        if ended.how != "returned":
            return f"{when}: {ended.how} {ended.value}"
    return ""


def _check(index: Path, case: _Case, done: list[str]) -> None:
    """Every document is as before the sync or as after it, and as after it where that was said."""
    with Store.open(index) as store:
        held = _texts(store)
    for uri in case.before.keys() | case.after.keys() | held.keys():
        now, old, new = held.get(uri), case.before.get(uri), case.after.get(uri)
        demand(now in (old, new), f"{uri} is neither the old nor the new one")
        demand(now == new or uri not in done, f"{uri} was said to be done")
    check_segments(index)
    check_catalogue(index)


def _sync(index: Path, docs: Path, told: Told) -> list[str]:
    """Sync the folder; tells how many files have been read and put; returns them in order."""
    order: list[str] = []

    def progress(_done: int, _total: int, uri: str) -> None:
        told(len(order))
        order.append(uri)

    with Store.create(index, embedder=EMBEDDER.identity, max_tokens=MAX_TOKENS) as store:
        report = sync_paths(store, [docs], embedder=EMBEDDER, options=OPTIONS, progress=progress)
    demand(report.failed == 0, f"files failed: {report.failures}")
    return order[:-1]


def _synced(index: Path, docs: Path) -> tuple[list[str], dict[str, str]]:
    order = _sync(index, docs, _unheard)
    with Store.open(index) as store:
        return order, _texts(store)


def _texts(store: Store) -> dict[str, str]:
    snapshot = store.snapshot()
    return {entry.uri: snapshot.document(entry.id).text for entry in snapshot.documents()}


def _value(work: Callable[[], Any]) -> Any:
    ended = in_fork(lambda _: work())
    if ended.how != "returned":
        raise AssertionError(f"the undisturbed sync {ended.how}: {ended.value}")
    return ended.value


def _unheard(_: int) -> None:
    """For a run whose progress nobody follows."""


def _write(docs: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (docs / name).parent.mkdir(parents=True, exist_ok=True)
        (docs / name).write_text(text)


def _copy(index: Path, to: Path) -> Path:
    shutil.copytree(index, to)
    return to
