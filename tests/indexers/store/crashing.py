"""A workload that kills itself at its Nth event, and what must be true afterwards; run by test_crash in a process.

Events are SQL statements, fsyncs, renames and unlinks: between two of them nothing that outlives a process changes.
One process with the heavy imports forks a fresh child for every trial.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import faiss  # noqa: F401  imported once, before the forks

from indexers.document import document_id
from indexers.errors import NotAnIndex
from indexers.hashing import HashingEmbedder
from indexers.settings import StoreSettings
from indexers.store import Store
from tests.indexers.store.pieces import contents, put

EMBEDDER = HashingEmbedder(dimension=16)
STEPS: list[tuple[str, str]] = [
    ("a", "one\ntwo\nthree"),
    ("b", "four\nfive"),
    ("seal", ""),
    ("a", "one\ntwo and more\nthree"),
    ("b", ""),
    ("c", "four\nsix"),
    ("d", "seven\neight\nnine"),
    ("seal", ""),
    ("a", "ten"),
]
"""A document with its text ("" removes it), or a sealing of the tail."""


def states() -> list[dict[str, str]]:
    """What the index must hold after each number of steps."""
    held: dict[str, str] = {}
    found = [dict(held)]
    for name, text in STEPS:
        if text:
            held[name] = text
        elif name != "seal":
            held.pop(name, None)
        found.append(dict(held))
    return found


def work(folder: Path, acknowledged: Path, *, early: bool) -> None:
    """Do every step, and note each in ``acknowledged``: when it is done, or (the control) before."""
    with (
        Store.create(folder, embedder=EMBEDDER.identity, max_tokens=99) as store,
        store.writer(EMBEDDER, settings=StoreSettings(seal_rows=3, keep_versions=1)) as writer,
        acknowledged.open("a", buffering=1) as notes,
    ):
        for name, text in STEPS:
            if early:
                notes.write("done\n")
            if name == "seal":
                writer.seal()
            elif text:
                put(writer, name, text)
            elif any(entry.uri == name for entry in writer.entries()):
                writer.remove(document_id(name))
            if not early:
                notes.write("done\n")


def die_at(event: int) -> None:
    """From now on count events, and be killed at this one."""
    seen = 0

    def tick(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == event:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **named: Any) -> Any:
            tick()
            return call(*args, **named)

        return counted

    def connect(*args: Any, **named: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect_for_real(*args, **named)
        connection.set_trace_callback(tick)
        return connection

    connect_for_real = sqlite3.connect
    sqlite3.connect = connect  # type: ignore[assignment]  # the same call, counted
    os.fsync = before(os.fsync)
    Path.rename = before(Path.rename)  # type: ignore[method-assign]  # likewise
    Path.unlink = before(Path.unlink)  # type: ignore[method-assign]  # likewise


def check(folder: Path, steps_done: int, *, last: bool = False) -> None:
    """What was acknowledged is there, what was in flight is there or not, and search finds exactly that."""
    allowed = states()[steps_done : steps_done + (1 if last else 2)]
    try:
        store = Store.open(folder)
    except NotAnIndex:
        assert steps_done == 0, "an acknowledged document is lost with its index"
        return
    with store:
        held = contents(store)
        assert held in allowed, f"after {steps_done} steps: {held}"
        snapshot = store.snapshot()
        chunks = list(snapshot.all_chunks())
        assert len(chunks) == sum(text.count("\n") + 1 for text in held.values())
        found = snapshot.search(EMBEDDER.embed_query("two"), limit=99)
        assert {name for name, _ in found} == {chunk.id for chunk in chunks}
    connection = sqlite3.connect(folder / "catalogue.sqlite3")
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    orphans = "SELECT count(*) FROM vectors WHERE id NOT IN (SELECT vector FROM chunks)"
    assert connection.execute(orphans).fetchone() == (0,)
    connection.close()


def finish(folder: Path, acknowledged: Path) -> None:
    """The same work again, to its end."""
    work(folder, acknowledged, early=False)
    check(folder, len(STEPS), last=True)
    with Store.open(folder) as store:
        named = {path.name for path in (folder / "segments").iterdir()}
        assert named == set(store.snapshot().loaded.segments), "a killed writer's files are cleared away"


def in_child(call: Callable[[], None]) -> int:
    """Run in a fork; the exit status as ``os.waitpid`` gives it."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    try:
        call()
    except BaseException as error:  # noqa: BLE001  whatever it is, it is a failed trial
        os.write(2, f"{error!r}\n".encode())
        os._exit(1)
    os._exit(0)


def trial(folder: Path, event: int, *, early: bool) -> tuple[bool, bool]:
    """Whether the workload was killed, and whether all held afterwards."""
    acknowledged = folder / "acknowledged"
    index = folder / "index"
    folder.mkdir()
    acknowledged.touch()

    def killed_work() -> None:
        die_at(event)
        work(index, acknowledged, early=early)

    status = in_child(killed_work)
    steps_done = len(acknowledged.read_text().split())
    held = in_child(lambda: check(index, steps_done)) == 0 and in_child(lambda: finish(index, acknowledged)) == 0
    return os.WIFSIGNALED(status), held


def main(folder: Path, first: int, step: int, control: str) -> None:
    """Kill at every ``step``th event until the workload gets through; tell the number of trials and which failed."""
    event, failed, trials = first, [], 0
    while True:
        killed, held = trial(folder / str(event), event, early=control == "early")
        trials += 1
        if not held:
            failed.append(event)
        if not killed:
            break
        event += step
    json.dump({"trials": trials, "failed": failed}, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
