"""Search by meaning, by words and by both over a million distinct chunks of text.

``python -m benchmarks.million_search --corpus FOLDER [--corpus FOLDER ...] [--chunks 1000000] [--cache FOLDER]``: each
chunk is five sentences drawn from the corpora (folders of documents, or in BEIR's format), its vector that of a real
chunk with noise; the questions are the corpora's own, one at a time, embedded by the model each time. How the
vocabulary grows with the chunks is told, since drawn sentences bring no new words. ``--cache`` keeps the index, whose
building may be cut short and goes on in the next run.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.million import chosen, questions_of
from benchmarks.noisy_index import Noisy, build, drawn, embed_base, sentences_of
from indexers.embedders import open_embedder
from indexers.settings import EmbedderSettings
from indexers.store import Store
from retrievers.lexical import catch_up
from retrievers.scope import EVERYTHING, Scope
from retrievers.search import open_retriever
from retrievers.settings import RetrievalSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retrievers.hit import Retriever

LIMIT = 10
SHARES = (0.01, 0.5)
GROWTH = (1_000, 10_000, 100_000)


def main() -> None:
    """Build what is missing, then measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, action="append", required=True, help="documents, or BEIR's format")
    parser.add_argument("--chunks", type=int, default=1_000_000)
    parser.add_argument("--cache", type=Path, help="where the embedded corpora and the index are kept")
    parser.add_argument("--build-only", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        cache = arguments.cache or Path(scratch)
        cache.mkdir(parents=True, exist_ok=True)
        folder = cache / f"texts-{arguments.chunks}"
        _build(arguments.corpus, cache / "corpora", folder, chunks=arguments.chunks)
        if not arguments.build_only:
            _measure(folder, questions_of(arguments.corpus))


def _build(corpora: Sequence[Path], base_index: Path, folder: Path, *, chunks: int) -> None:
    embedder = open_embedder(EmbedderSettings())
    noisy = Noisy(embed_base(corpora, base_index, embedder), embedder.identity.name)
    with Store.open(base_index) as base:
        sentences = sentences_of(base)
    for size in GROWTH:
        words = {word for number in range(size) for word in drawn(number, sentences).casefold().split()}
        print(f"distinct words in the first {size:,} chunks: {len(words):,}")
    with Store.create(folder, embedder=noisy.identity, max_tokens=256) as store:
        began = time.monotonic()
        build(store, noisy, chunks=chunks, told=_told, sentences=sentences)
        written = time.monotonic()
        with store.writer(noisy) as writer:
            writer.seal()
        sealed = time.monotonic()
        catch_up(store)
        print(
            f"written in {written - began:.0f} s (0 where they were there), sealed in {sealed - written:.0f} s, words "
            f"indexed in {time.monotonic() - sealed:.0f} s; {_size(folder / 'lexical') / 2**20:.0f} MiB of postings"
        )


def _told(chunks: int) -> None:
    print(f"\r{chunks:,}", end="", file=sys.stderr)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _measure(folder: Path, questions: Sequence[str]) -> None:
    embedder = open_embedder(EmbedderSettings())
    embedder.prepare()
    with Store.open(folder) as store:
        began = time.perf_counter()
        retrievers = {
            mode: open_retriever(store, embedder, RetrievalSettings(), mode) for mode in ("dense", "lexical", "hybrid")
        }
        print(f"{store.snapshot().chunk_count:,} chunks, opened three times in {time.perf_counter() - began:.1f} s")
        scopes = {"": EVERYTHING}
        for share in SHARES:
            scopes[f", a filter keeps {share:.0%}"] = Scope(store.snapshot().among(chosen(store.snapshot(), share)))
        for name, scope in scopes.items():
            for mode, retriever in retrievers.items():
                middle, late = _timed(retriever, questions, scope)
                target = "   target 25, 60" if mode == "hybrid" and not name else ""
                print(f"{mode + name:<32} median {middle:6.1f} ms   95th of 100 {late:6.1f} ms{target}")


def _timed(retriever: Retriever, questions: Sequence[str], scope: Scope) -> tuple[float, float]:
    """Median and 95th percentile in milliseconds, after one round to warm up."""
    times = []
    for warm in (True, False):
        for question in questions:
            began = time.perf_counter()
            retriever.retrieve(question, limit=LIMIT, scope=scope)
            if not warm:
                times.append(1000 * (time.perf_counter() - began))
    return float(np.median(times)), float(np.percentile(times, 95))


if __name__ == "__main__":
    main()
