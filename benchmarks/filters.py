"""What a filter costs: reading it, compiling it to a set of documents, and searching within it.

python -m benchmarks.filters --index DIR [--rounds 50]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from indexers.embedders import open_embedder
from indexers.store import Store
from rag.settings import load_settings
from retrievers.filters.grammar import parse_filter
from retrievers.lexical import LexicalRetriever, open_lexical
from retrievers.scopes import Scopes

FILTERS = ('kind = "pdf"', "year >= 2020", 'year = 2022 and path like "*a*"', "pages > 100 or not has author")
_Asked = TypeVar("_Asked")
QUESTIONS = ("What was the total revenue?", "How many employees are there?", "Which risks are named?")


def main() -> None:
    """Print a line of milliseconds for each filter."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=50)
    arguments = parser.parse_args()
    settings = load_settings()
    embedder = open_embedder(settings.embedder)
    with Store.open(arguments.index) as store:
        snapshot = store.snapshot()
        words = LexicalRetriever(snapshot, open_lexical(store))
        vectors = [embedder.embed_query(question) for question in QUESTIONS]
        print(f"{len(snapshot.documents())} documents, {snapshot.chunk_count} chunks; medians in ms")
        for text in (None, *FILTERS):
            condition = None if text is None else parse_filter(text)
            began = time.perf_counter()
            scopes = Scopes(snapshot)
            scope = scopes.scope(condition)
            first = 1000 * (time.perf_counter() - began)
            documents = scope.documents
            kept = snapshot.chunk_count if documents is None else documents.chunks
            dense = _median(partial(snapshot.search, limit=10, documents=documents), vectors, arguments.rounds)
            lexical = _median(partial(words.ranking, limit=10, scope=scope), QUESTIONS, arguments.rounds)
            again = _median(scopes.scope, [condition], arguments.rounds)
            print(
                f"{text or 'no filter'}: {kept} chunks, compiled first {first:.2f}, again {again:.4f}, "
                f"dense {dense:.2f}, lexical {lexical:.2f}"
            )


def _median(search: Callable[[_Asked], object], asked: Sequence[_Asked], rounds: int) -> float:
    times = []
    for _round in range(rounds):
        for one in asked:
            began = time.perf_counter()
            search(one)
            times.append(1000 * (time.perf_counter() - began))
    return float(np.median(times))


if __name__ == "__main__":
    main()
