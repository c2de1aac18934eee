"""Milliseconds from a question to its ten chunks, one question at a time: Plumbline beside other libraries.

``python -m benchmarks.search_speed --index DIR --corpus PATH [--rounds 3] [--only NAME ...]``: DIR is an index of the
corpus, PATH its folder with cases.jsonl or queries.jsonl. Every rival holds the same chunks with the same vectors, and
embeds the questions by the same model in its usual way. Each system is a process of its own; every question is put to
one after the other, so that what else the machine does falls on all of them. The first round does not count.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.million import questions_of
from benchmarks.systems import RIVALS, ROOT, make_rivals
from indexers.store import Store

Taken = dict[str, list[list[tuple[float, float]]]]
"""A list a round, of the milliseconds of each question: by the clock, and of the processors."""

LIMIT = 10
OURS: dict[str, dict[str, str]] = {
    "plumbline": {},
    "plumbline without late interaction": {"RAG_RANKING__LATE_INTERACTION": "false"},
    "plumbline dense": {"RAG_RETRIEVAL__MODE": "dense"},
}
OFFLINE = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "ANONYMIZED_TELEMETRY": "False"}
THEIRS = ("langchain", "chroma", "txtai", "llamaindex", "haystack")


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search_speed", description=__doc__)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--questions", type=int, default=45, help="how many of them")
    parser.add_argument("--only", nargs="+", choices=(*OURS, *THEIRS), default=(*OURS, *THEIRS))
    parser.add_argument("--answer", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.answer:
        _answer(arguments.index)
        return
    questions = questions_of([arguments.corpus])[: arguments.questions]
    if set(arguments.only) & set(THEIRS):
        make_rivals()
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        _export(arguments.index, Path(scratch))
        systems = {name: stack.enter_context(_System(name, arguments.index, Path(scratch))) for name in arguments.only}
        taken: Taken = {name: [] for name in systems}
        for number in range(arguments.rounds + 1):
            times: dict[str, list[tuple[float, float]]] = {name: [] for name in systems}
            for question in questions:
                for name in random.Random(question).sample(sorted(systems), len(systems)):  # noqa: S311  a fixed order
                    times[name].append(systems[name].ask(question))
            for name in systems if number else ():
                taken[name].append(times[name])
    _print(taken)


class _System:
    """A process that answers."""

    def __init__(self, name: str, index: Path, scratch: Path) -> None:
        command = [sys.executable, "-m", "benchmarks.search_speed", "--index", str(index), "--corpus", ".", "--answer"]
        if name in THEIRS:
            program = ROOT / "benchmarks" / "rivals" / f"search_{name}.py"
            command = [str(RIVALS / "bin" / "python"), str(program), str(scratch)]
        kept = {key: value for key, value in os.environ.items() if name not in THEIRS or key != "PYTHONPATH"}
        environment = {**kept, **OFFLINE, **OURS.get(name, {})}
        pipe = subprocess.PIPE
        self._name = name
        self._process = subprocess.Popen(
            command, text=True, env=environment, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL
        )
        self._answers = iter(self._process.stdout or ())
        self._read()

    def ask(self, question: str) -> tuple[float, float]:
        """The milliseconds that it took by its own clock, and those of the processors."""
        print(json.dumps(question), file=self._process.stdin, flush=True)
        taken, busy, found = self._read()
        if len(found) != LIMIT:
            raise SystemExit(f"{self._name} found {len(found)} chunks")
        return float(taken), float(busy)

    def _read(self) -> Any:  # noqa: ANN401  # as the process wrote it
        line = next(self._answers, "")
        if not line:
            raise SystemExit(f"{self._name} has ended")
        return json.loads(line)

    def __enter__(self) -> _System:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


def _answer(index: Path) -> None:
    """What `rivals/asked.py` does, by Plumbline: the texts are read, too, since the rivals' hits have them."""
    from rag.engine import Rag

    with Rag.open(index) as rag:
        print(json.dumps("ready"), flush=True)
        for line in sys.stdin:
            question = json.loads(line)
            began, busy = time.perf_counter(), time.process_time()
            found = [rag.hit_text(hit) for hit in rag.search(question, limit=LIMIT)]
            busy, taken = time.process_time() - busy, time.perf_counter() - began
            print(json.dumps([1000 * taken, 1000 * busy, found]), flush=True)


def _export(index: Path, scratch: Path) -> None:
    texts = []
    with Store.open(index) as store:
        snapshot = store.snapshot()
        ids = []
        for chunk in snapshot.all_chunks():
            texts.append(snapshot.document(chunk.document_id).text[chunk.start : chunk.end])
            ids.append(chunk.id)
    query = "SELECT c.id, v.fp16 FROM chunks c JOIN vectors v ON v.id = c.vector"
    with closing(sqlite3.connect(index / "catalogue.sqlite3")) as connection:
        vectors = {name: np.frombuffer(half, dtype="<f2") for name, half in connection.execute(query)}
    np.save(scratch / "vectors.npy", np.stack([vectors[name] for name in ids]).astype(np.float32))
    (scratch / "texts.json").write_text(json.dumps(texts))


def _print(taken: Taken) -> None:
    times = {name: np.array(rounds) for name, rounds in taken.items()}  # round, question, which clock
    middles = {name: np.median(each, axis=1) for name, each in times.items()}
    rivals = [name for name in middles if name in THEIRS]
    fastest = min(rivals, key=lambda name: float(np.median(middles[name][:, 0])), default=None)
    print(
        "| system | median ms | 95th of 100 | of the fastest rival's | processors' ms, median |\n|---|---|---|---|---|"
    )
    for name, each in times.items():
        ratio = "" if fastest is None else f"{np.median(middles[name][:, 0] / middles[fastest][:, 0]):.2f}"
        middle, late, busy = np.median(each[..., 0]), np.percentile(each[..., 0], 95), np.median(each[..., 1])
        print(f"| {name} | {middle:.1f} | {late:.1f} | {ratio} | {busy:.1f} |")


if __name__ == "__main__":
    main()
