"""The store at a million chunks: opening, searching, filtering, deleting, and what memory that takes.

``python -m benchmarks.million --corpus FOLDER [--corpus FOLDER ...] [--chunks 1000000] [--cache FOLDER]``: the chunks
of the corpora (folders of documents, or in BEIR's format) are embedded, and repeated with noise until there are so
many; the questions are the corpora's own (``queries.jsonl`` or ``cases.jsonl``). Everything goes through Store, Writer
and Snapshot. What is found is held against the inner products of all vectors in the catalogue. ``--cache`` keeps the
embedded corpora and the index; without it they are made in a temporary folder.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.measured import tree
from benchmarks.noisy_index import Noisy, build, embed_base
from indexers.embedders import open_embedder
from indexers.settings import EmbedderSettings
from indexers.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from indexers.embed import Matrix
    from indexers.store import Snapshot

QUESTIONS = 300
DELETIONS = 20
SHARES = (0.01, 0.1, 0.5)
"""What part of the documents a filter keeps."""

POLL_SECONDS = 0.02
BATCH_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table; ``target`` is what the figure is to stay below (or, a recall, above), if anything."""

    what: str
    value: float
    unit: str
    target: float | None = None


def main() -> None:
    """Build what is missing, then measure in a process of its own, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, action="append", required=True, help="documents, or BEIR's format")
    parser.add_argument("--chunks", type=int, default=1_000_000)
    parser.add_argument("--cache", type=Path, help="where the embedded corpora and the index are kept")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps([asdict(figure) for figure in measure(arguments.measure)]))
        return
    with tempfile.TemporaryDirectory() as scratch:
        cache = arguments.cache or Path(scratch)
        folder = cache / f"million-{arguments.chunks}"
        cache.mkdir(parents=True, exist_ok=True)
        figures = _build(arguments.corpus, cache / "corpora", folder, chunks=arguments.chunks)
        figures += _measured(
            folder, [sys.executable, "-m", "benchmarks.million", *sys.argv[1:], "--measure", str(folder)]
        )
    for figure in figures:
        target = "" if figure.target is None else f"   target {figure.target:g}"
        print(f"{figure.what:<58} {figure.value:>10.4g} {figure.unit:<4}{target}")


def _build(corpora: Sequence[Path], base_index: Path, folder: Path, *, chunks: int) -> list[Figure]:
    embedder = open_embedder(EmbedderSettings())
    base = embed_base(corpora, base_index, embedder)
    texts = questions_of(corpora)
    if not texts:
        raise SystemExit("no corpus has questions: queries.jsonl or cases.jsonl")
    began = time.monotonic()
    noisy = Noisy(base, embedder.identity.name)
    with Store.create(folder, embedder=noisy.identity, max_tokens=256) as store:
        build(store, noisy, chunks=chunks, told=lambda done: print(f"\r{done:,} chunks", end="", file=sys.stderr))
        written = time.monotonic()
        with store.writer(noisy) as writer:
            writer.seal()
        sealed = time.monotonic()
    np.save(folder.with_suffix(".questions.npy"), np.stack([embedder.embed_query(text) for text in texts]))
    return [
        Figure("base vectors of the corpora", len(base), ""),
        Figure("writing the documents (0 where they were there)", written - began, "s"),
        Figure("sealing them", sealed - written, "s"),
    ]


def questions_of(corpora: Iterable[Path]) -> list[str]:
    """Every question of the corpora, in an order that is the same every time."""
    found = []
    for folder in corpora:
        for name, key in (("queries.jsonl", "text"), ("cases.jsonl", "question")):
            if (folder / name).is_file():
                lines = (folder / name).read_text(encoding="utf-8").splitlines()
                found += [str(json.loads(line)[key]) for line in lines if line.strip()]
    random.Random(0).shuffle(found)  # noqa: S311  the same ones every time
    return found[:QUESTIONS]


def _measured(folder: Path, command: list[str]) -> list[Figure]:
    """Run the measuring process, and watch its memory from outside."""
    most = {"RssAnon": 0, "VmRSS": 0}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        over = threading.Event()

        def watch() -> None:
            while not over.wait(POLL_SECONDS):
                pids = tree(process.pid)
                for field in most:
                    most[field] = max(most[field], sum(_kib(pid, field) for pid in pids))

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        out, _ = process.communicate()
        over.set()
        watcher.join()
    if process.returncode:
        raise SystemExit("the measuring process has failed")
    figures = [Figure(**row) for row in json.loads(out.splitlines()[-1])]
    memory = [
        Figure("most anonymous memory while opening and searching", most["RssAnon"] / 1000, "MB", 600),
        Figure("most resident memory, mapped files included", most["VmRSS"] / 1000, "MB"),
    ]
    return figures + memory + check(folder) + change(folder)


def _kib(pid: int, field: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(field + ":"))
    except (OSError, StopIteration):
        return 0  # it has just ended


def measure(folder: Path) -> list[Figure]:
    """Open and search, and write what was found beside the index: in a process that does nothing else."""
    queries = np.load(folder.with_suffix(".questions.npy"))
    began = time.perf_counter()
    store = Store.open(folder)
    snapshot = store.snapshot()
    opened = time.perf_counter() - began
    snapshot.search(queries[0], limit=10)
    first = time.perf_counter() - began
    found: dict[str, list[list[str]]] = {}
    figures = [
        Figure("open", opened, "s", 3),
        Figure("open and answer the first question", first, "s"),
    ]
    for limit, target in ((10, 3), (100, None)):
        name = f"limit {limit}"
        found[name], middle, late = _timed(snapshot, queries, limit=limit, documents=None)
        figures.append(Figure(f"search, {name}: median", middle, "ms", target))
        figures.append(Figure(f"search, {name}: 95th of 100", late, "ms"))
    for share in SHARES:
        name = f"{share:.0%}"
        found[name], middle, late = _timed(snapshot, queries, limit=10, documents=chosen(snapshot, share))
        figures.append(Figure(f"search, a filter keeps {name}: median", middle, "ms", 6 if share <= 0.01 else None))
        figures.append(Figure(f"search, a filter keeps {name}: 95th of 100", late, "ms"))
    folder.with_suffix(".found.json").write_text(json.dumps(found))
    store.close()
    return figures


def chosen(snapshot: Snapshot, share: float) -> frozenset[str]:
    """The same documents every time."""
    names = sorted(entry.id for entry in snapshot.documents())
    return frozenset(random.Random(1).sample(names, max(1, round(share * len(names)))))  # noqa: S311


def _timed(
    snapshot: Snapshot, queries: Matrix, *, limit: int, documents: frozenset[str] | None
) -> tuple[list[list[str]], float, float]:
    """What was found, and the median and the 95th percentile in milliseconds, after one round to warm up."""
    found, times = [], []
    some = None if documents is None else snapshot.among(documents)
    for warm in (True, False):
        for query in queries:
            began = time.perf_counter()
            hits = snapshot.search(query, limit=limit, documents=some)
            if not warm:
                times.append(1000 * (time.perf_counter() - began))
                found.append([name for name, _ in hits])
    return found, float(np.median(times)), float(np.percentile(times, 95))


def check(folder: Path) -> list[Figure]:
    """Hold what was found against the inner products of all vectors in the catalogue."""
    queries = np.load(folder.with_suffix(".questions.npy"))
    found = json.loads(folder.with_suffix(".found.json").read_text())
    with Store.open(folder) as store:
        snapshot = store.snapshot()
        kept = {f"{share:.0%}": chosen(snapshot, share) for share in SHARES}
    wanted = {name: kept.get(name) for name in found}
    best = exact(folder, queries, wanted)
    figures = []
    for name, answers in found.items():
        limit = len(answers[0])
        shares = [len(set(got) & set(best[name][place][:limit])) / limit for place, got in enumerate(answers)]
        kind = f"recall@{limit}" if name.startswith("limit") else f"recall@{limit}, a filter keeps {name}"
        target = {"limit 10": 0.99, "1%": 1.0}.get(name, 0.99 if limit == 10 else None)
        figures.append(Figure(kind, float(np.mean(shares)), "", target))
    return figures


def exact(
    folder: Path, queries: Matrix, wanted: dict[str, frozenset[str] | None], *, limit: int = 100
) -> dict[str, list[list[str]]]:
    """The ids of the best chunks for each question, by float32 products over the rows of the catalogue."""
    scores = {name: np.full((len(queries), limit), -2, dtype=np.float32) for name in wanted}
    ids = {name: np.full((len(queries), limit), "", dtype="<U16") for name in wanted}
    query = "SELECT c.id, c.document_id, v.fp16 FROM chunks c JOIN vectors v ON v.id = c.vector ORDER BY c.row"
    with closing(sqlite3.connect(folder / "catalogue.sqlite3")) as connection:
        cursor = connection.execute(query)
        while rows := cursor.fetchmany(BATCH_ROWS):
            vectors = np.frombuffer(b"".join(row[2] for row in rows), dtype="<f2").reshape(len(rows), -1)
            products = queries @ vectors.astype(np.float32).T
            names = np.array([row[0] for row in rows])
            for name, documents in wanted.items():
                inside = (
                    slice(None) if documents is None else [at for at, row in enumerate(rows) if row[1] in documents]
                )
                _merge(scores[name], ids[name], products[:, inside], names[inside])
    return {name: held.tolist() for name, held in ids.items()}


def _merge(scores: Matrix, ids: NDArray[np.str_], new: Matrix, names: NDArray[np.str_]) -> None:
    """Keep the best of what is held and what is new, best first."""
    limit = scores.shape[1]
    if new.shape[1] > limit:
        places = np.argpartition(-new, limit - 1, axis=1)[:, :limit]
        new, new_ids = np.take_along_axis(new, places, axis=1), names[places]
    else:
        new_ids = np.broadcast_to(names, new.shape)
    both, both_ids = np.concatenate([scores, new], axis=1), np.concatenate([ids, new_ids], axis=1)
    order = np.argsort(-both, axis=1, kind="stable")[:, :limit]
    scores[:], ids[:] = np.take_along_axis(both, order, axis=1), np.take_along_axis(both_ids, order, axis=1)


def change(folder: Path) -> list[Figure]:
    """Delete documents, each durable, and let a reader catch up; then put them back."""
    base = np.eye(int(np.load(folder.with_suffix(".questions.npy")).shape[1]), dtype=np.float32)
    with Store.open(folder) as store:
        embedder = Noisy(base, store.embedder.name.removesuffix(" with noise"))
        snapshot = store.snapshot()
        entries = random.Random(2).sample(snapshot.documents(), DELETIONS)  # noqa: S311
        query = np.load(folder.with_suffix(".questions.npy"))[0]
        removing, following = [], []
        with store.writer(embedder) as writer:
            for entry in entries:
                began = time.perf_counter()
                writer.remove(entry.id)
                removed = time.perf_counter()
                gone = store.snapshot()
                following.append(1000 * (time.perf_counter() - removed))
                removing.append(1000 * (removed - began))
                if any(
                    hit.document_id == entry.id for hit in gone.chunks([n for n, _ in gone.search(query, limit=10)])
                ):
                    raise SystemExit("a removed document was found")
    return [
        Figure("delete a document of 100 chunks: median", float(np.median(removing)), "ms", 50),
        Figure("delete a document of 100 chunks: longest", max(removing), "ms"),
        Figure("a reader's new snapshot after it: median", float(np.median(following)), "ms"),
    ]


if __name__ == "__main__":
    main()
