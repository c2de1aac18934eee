"""Compare word search (tantivy, bm25s, SQLite FTS5) and dense search on folders in BEIR's format.

``python -m benchmarks.lexical --corpus FOLDER [--corpus FOLDER ...] [--embedder hashing]``: a table of nDCG@10 and
milliseconds a question. Each FOLDER holds ``corpus.jsonl``, ``queries.jsonl`` and ``qrels.tsv``.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sqlite3
import subprocess
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.systems import RIVALS, ROOT, make_rivals
from indexers.document import RECORD, Block, Document, document_id
from indexers.embedders import open_embedder
from indexers.settings import EmbedderSettings
from indexers.split import split_document
from indexers.store import Store
from retrievers.lexical.language import language_of
from retrievers.search import open_retriever
from retrievers.settings import RetrievalSettings
from retrievers.terms import STOP_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from indexers.embed import Embedder
    from retrievers.hit import Hit, Retriever

CANDIDATES = 100
Judgements = dict[str, dict[str, float]]


def main() -> None:
    """Measure every folder that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, action="append", required=True, help="a folder in BEIR's format")
    parser.add_argument("--embedder", default="minilm", choices=("minilm", "hashing"))
    arguments = parser.parse_args()
    embedder = open_embedder(EmbedderSettings.model_validate({"model": arguments.embedder}))
    for folder in arguments.corpus:
        with tempfile.TemporaryDirectory() as scratch:
            measure(folder, Path(scratch), embedder)


def measure(folder: Path, scratch: Path, embedder: Embedder) -> None:
    """Index one folder and print its table."""
    texts = {row["_id"]: f"{row.get('title', '')}\n\n{row['text']}".strip() for row in _lines(folder / "corpus.jsonl")}
    questions = {row["_id"]: row["text"] for row in _lines(folder / "queries.jsonl")}
    judged = _judgements(folder / "qrels.tsv")
    store = _indexed(texts, scratch / "index", embedder)
    started = time.perf_counter()
    settings = RetrievalSettings()
    lexical = open_retriever(store, embedder, settings, "lexical")
    print(f"{folder.name}: {len(texts)} texts, {store.snapshot().status().chunks} chunks, {len(judged)} questions")
    print(f"  lexical index built in {time.perf_counter() - started:.2f} s")
    uris = {document_id(f"{name}.md"): name for name in texts}
    dense = open_retriever(store, embedder, settings, "dense")
    _timed(lexical, questions, judged, uris)
    _timed(dense, questions, judged, uris)
    _fts5(texts, questions, judged)
    _bm25s(folder, judged, language_of(" ".join(list(texts.values())[:100])))
    store.close()


def _indexed(texts: dict[str, str], path: Path, embedder: Embedder) -> Store:
    store = Store.create(path, embedder=embedder.identity, max_tokens=embedder.identity.max_tokens)
    with store.writer(embedder) as writer:
        for name, text in texts.items():
            uri = f"{name}.md"
            blocks = (Block("paragraph", 0, len(text)),) if text else ()
            document = Document(document_id(uri), uri, "", RECORD, "v1", text, blocks)
            chunks = split_document(document, embedder, max_tokens=embedder.identity.max_tokens)
            writer.put(document, chunks, root="corpus", content_hash="v1")
        writer.seal()
    return store


def _timed(
    retriever: Retriever, questions: dict[str, str], judged: Judgements, uris: dict[str, str]
) -> dict[str, list[Hit]]:
    found: dict[str, list[Hit]] = {}
    milliseconds = []
    for query_id in judged:
        started = time.perf_counter()
        found[query_id] = retriever.retrieve(questions[query_id], limit=CANDIDATES)
        milliseconds.append((time.perf_counter() - started) * 1000)
    print(f"  {retriever.name:<20} nDCG@10 {_mean_ndcg(found, judged, uris):.3f}  {_percentiles(milliseconds)}")
    return found


def _fts5(texts: dict[str, str], questions: dict[str, str], judged: Judgements) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE texts USING fts5(name UNINDEXED, body, tokenize='porter unicode61')")
    connection.executemany("INSERT INTO texts VALUES (?, ?)", texts.items())
    find = "SELECT name FROM texts WHERE texts MATCH ? ORDER BY bm25(texts) LIMIT ?"
    scores, milliseconds = [], []
    for query_id, relevant in judged.items():
        words = [word for word in re.findall(r"\w+", questions[query_id].lower()) if word not in STOP_WORDS]
        started = time.perf_counter()
        match = " OR ".join(f'"{word}"' for word in words)
        names = [row[0] for row in connection.execute(find, (match, CANDIDATES))] if words else []
        milliseconds.append((time.perf_counter() - started) * 1000)
        scores.append(_ndcg(names, relevant))
    print(f"  {'SQLite FTS5':<20} nDCG@10 {sum(scores) / len(scores):.3f}  {_percentiles(milliseconds)}")
    connection.close()


def _bm25s(folder: Path, judged: Judgements, language: str) -> None:
    make_rivals()
    program = ROOT / "benchmarks" / "rivals" / "bm25s_search.py"
    command = [str(RIVALS / "bin" / "python"), str(program), str(folder), language]
    told = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout)
    scores = [_ndcg(told["found"][query_id], relevant) for query_id, relevant in judged.items()]
    mean = sum(scores) / len(scores)
    print(f"  {'bm25s':<20} nDCG@10 {mean:.3f}  {_percentiles(told['milliseconds'])}  built in {told['seconds']:.2f} s")


def _mean_ndcg(found: dict[str, list[Hit]], judged: Judgements, uris: dict[str, str]) -> float:
    scores = []
    for query_id, relevant in judged.items():
        names = list(dict.fromkeys(uris[hit.chunk.document_id] for hit in found[query_id]))
        scores.append(_ndcg(names, relevant))
    return sum(scores) / len(scores)


def _ndcg(names: Sequence[str], relevant: dict[str, float], depth: int = 10) -> float:
    """Source: Järvelin & Kekäläinen, TOIS 2002, with linear gains, as trec_eval has it."""
    gained = sum(relevant.get(name, 0) / math.log2(place + 1) for place, name in enumerate(names[:depth], start=1))
    ideal = sorted(relevant.values(), reverse=True)[:depth]
    return gained / sum(gain / math.log2(place + 1) for place, gain in enumerate(ideal, start=1))


def _percentiles(milliseconds: list[float]) -> str:
    ordered = sorted(milliseconds)
    return f"{ordered[len(ordered) // 2]:.2f} ms median, {ordered[int(len(ordered) * 0.95)]:.2f} ms p95"


def _judgements(path: Path) -> Judgements:
    judged: Judgements = defaultdict(dict)
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        query_id, name, grade = line.split("\t")
        if float(grade) > 0:
            judged[query_id][name] = float(grade)
    return dict(judged)


def _lines(path: Path) -> Iterable[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


if __name__ == "__main__":
    main()
