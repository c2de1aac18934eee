"""One writer and 32 readers: every answer is the exact answer of the generation that the reader held."""

from __future__ import annotations

import hashlib
import json
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from indexers.document import document_id
from indexers.errors import DocumentNotFound
from indexers.store import Store
from tests.indexers.store.pieces import put
from tests.torture import workload
from tests.torture.forks import begin
from tests.torture.oracle import check_hits
from tests.torture.trial import Budget, Result, scratch
from tests.torture.violation import Violation, demand

if TYPE_CHECKING:
    from pathlib import Path

    from indexers.store import Snapshot

PROCESSES, THREADS = 4, 8
LONG_SECONDS = 600.0
LEAST = 10_000
WORDS = ("red", "green", "blue", "apple", "pear", "plum", "line", "report", "item", "secret", "yellow", "one", "two")
QUERIES = ("red apple", "line of a report", "yellow secret item", "two plum")
LIMITS = (1, 5, 200)
URIS = tuple(f"root/{number:02}" for number in range(24))
SOME = frozenset(URIS[::3])
CLOSE_EVERY = 40

Asked = tuple[int, int, int, bool]
"""Generation, query, limit, and whether only SOME may be found."""


def reader_trials(budget: Budget) -> Result:
    """Write and read at once for the budget's seconds, ten minutes without one; then check all that was answered."""
    result = Result("readers", LEAST)
    seconds = LONG_SECONDS if budget.seconds is None else budget.seconds
    with scratch() as folder:
        index = folder / "index"
        Store.create(index, embedder=workload.EMBEDDER.identity, max_tokens=workload.MAX_TOKENS).close()
        end = time.monotonic() + seconds
        children = [
            begin(lambda _, number=number: _read(index, end, budget.seed + number, folder / f"answers-{number}"))  # type: ignore[misc]
            for number in range(PROCESSES)
        ]
        writer = begin(lambda _: _write(index, end, budget.seed, folder / "changes"))
        for name, child in [("the writer", writer), *((f"reader {child.pid}", child) for child in children)]:
            ended = child.end(seconds=seconds + 60)
            if ended.how != "returned":
                result.failed(f"{name} {ended.how}: {ended.value}")
            else:
                result.figures.update(ended.value)
        if not result.failures:
            _check(result, folder)
    result.trials = result.figures["answers"]
    result.seconds = budget.elapsed
    return result


def _write(index: Path, end: float, seed: int, changes: Path) -> dict[str, int]:
    """Change documents at random, and write down what each generation holds that is not what the last one held."""
    chance = random.Random(seed)  # noqa: S311  no secret
    held: set[str] = set()
    made = 0
    with changes.open("w") as log:
        while time.monotonic() < end:
            with (
                Store.open(index) as store,
                store.writer(workload.EMBEDDER, settings=workload.SETTINGS) as writer,
            ):
                for _ in range(CLOSE_EVERY):
                    uri = chance.choice(URIS)
                    text = _text(chance) if uri not in held or chance.random() < 0.7 else None
                    if text is not None:
                        put(writer, uri, text)
                        held.add(uri)
                    else:
                        writer.remove(document_id(uri))
                        held.discard(uri)
                    log.write(json.dumps([store.snapshot().generation, uri, text]) + "\n")
                    made += 1
                    if chance.random() < 0.3:
                        writer.seal()
    return {"changes": made}


def _text(chance: random.Random) -> str:
    return "\n".join(" ".join(chance.choices(WORDS, k=chance.randrange(1, 5))) for _ in range(chance.randrange(1, 6)))


@dataclass(slots=True)
class _Notes:
    """What the threads of one process were answered; a question of one generation has one answer."""

    answers: dict[Asked, list[tuple[str, float]]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    number: int = 0
    gone: int = 0
    wrong: list[str] = field(default_factory=list)


def _read(index: Path, end: float, seed: int, answers: Path) -> dict[str, int]:
    notes = _Notes()
    with Store.open(index) as store:
        threads = [
            threading.Thread(target=_ask_on, args=(store, end, seed * THREADS + number, notes))
            for number in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if notes.wrong:
        raise Violation("; ".join(notes.wrong[:5]))
    answers.write_text(json.dumps(list(notes.answers.items())))
    return {"answers": notes.number, "texts gone before they were read": notes.gone}


def _ask_on(store: Store, end: float, seed: int, notes: _Notes) -> None:
    chance = random.Random(seed)  # noqa: S311  no secret
    try:
        while not notes.number or time.monotonic() < end:  # each process asks once however slow the machine is
            snapshot = store.snapshot()
            for _ in range(chance.randrange(1, 20)):  # a snapshot that is held goes on answering the same
                _ask(snapshot, chance, notes)
    except Exception as error:  # noqa: BLE001  a thread's failure must reach the trial
        notes.wrong.append(f"{type(error).__name__}: {error}")


def _ask(snapshot: Snapshot, chance: random.Random, notes: _Notes) -> None:
    query, limit, some = chance.randrange(len(QUERIES)), chance.choice(LIMITS), chance.random() < 0.3
    allowed = snapshot.among([document_id(uri) for uri in SOME]) if some else None
    hits = snapshot.search(workload.EMBEDDER.embed_query(QUERIES[query]), limit=limit, documents=allowed)
    with notes.lock:
        notes.number += 1
        before = notes.answers.setdefault((snapshot.generation, query, limit, some), hits)
    demand(before == hits, f"two answers to one question of generation {snapshot.generation}")
    if hits:
        try:
            chunk = snapshot.chunk(chance.choice(hits)[0])
            document = snapshot.document(chunk.document_id, version=chunk.version)
        except DocumentNotFound:
            with notes.lock:
                notes.gone += 1
            return
        whole = hashlib.sha256(document.text.encode()).hexdigest() == chunk.version == document.version
        demand(whole, "a text that is not the chunk's version")


def _check(result: Result, folder: Path) -> None:
    """Hold all answers against the texts of their generations."""
    answers: dict[int, list[tuple[Asked, Any]]] = {}
    for number in range(PROCESSES):
        for asked, hits in json.loads((folder / f"answers-{number}").read_text()):
            answers.setdefault(asked[0], []).append((tuple(asked), hits))
    result.figures["generations read"] = len(answers)
    for generation, texts in _generations(folder / "changes"):
        for (_, query, limit, some), hits in answers.pop(generation, []):
            try:
                check_hits(hits, texts, QUERIES[query], limit=limit, uris=SOME if some else None)
            except Violation as wrong:
                result.failed(f"generation {generation}: {wrong}")
    if answers:
        result.failed(f"generations {sorted(answers)[:5]} were never committed")


def _generations(changes: Path) -> Iterator[tuple[int, dict[str, str]]]:
    texts: dict[str, str] = {}
    yield 0, texts
    with changes.open() as lines:
        for line in lines:
            generation, uri, text = json.loads(line)
            if text is None:
                del texts[uri]
            else:
                texts[uri] = text
            yield generation, texts
