"""What the context buys: evidence found with and without the line (name, headings) that stands before each chunk.

``python -m benchmarks.context --corpus PATH [--context with|none] [--index DIR]``: the corpus is indexed each way, and
its questions are asked by meaning alone and by both retrievers. The chunks are the same either way; without context,
the embedder is handed what follows the first line, in this benchmark alone. The lexical half knows the names as ever.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.corpus import open_corpus
from benchmarks.recall import CUTOFFS, Found, recall
from indexers.minilm import MiniLM
from indexers.store import Store
from indexers.sync import sync_paths
from retrievers.search import open_retriever
from retrievers.settings import Mode, RetrievalSettings

if TYPE_CHECKING:
    from benchmarks.corpus import Corpus
    from indexers.chunk import Chunk
    from indexers.embed import Embedder, Matrix

MODES: tuple[Mode, ...] = ("dense", "hybrid")


class WithoutContext(MiniLM):
    """MiniLM, but of a passage only what follows its first line."""

    def embed_passages(
        self, texts: Sequence[str], *, progress: Callable[[int], None] | None = None, cut: bool = False
    ) -> Matrix:
        """One unit row a text."""
        return super().embed_passages([text.split("\n", 1)[-1] for text in texts], progress=progress, cut=cut)


def main() -> None:
    """Index and ask each way that is wanted, and print one table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.context", description=__doc__)
    parser.add_argument("--corpus", type=Path, help="a folder of documents, with cases.jsonl; default: the examples")
    parser.add_argument("--context", choices=("with", "none"), help="one way only; default: both")
    parser.add_argument("--index", type=Path, help="keep the indexes below here instead of in a temporary folder")
    arguments = parser.parse_args()
    corpus = open_corpus(arguments.corpus)
    ways: dict[str, Embedder] = {"with": MiniLM(), "none": WithoutContext()}
    print(f"`{corpus.name}`, {len(corpus.questions)} questions\n\n| context | retriever | @1 | @5 | @10 | 95% |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="plumbline-bench-") as scratch:
        for way in [arguments.context] if arguments.context else list(ways):
            _measure(corpus, way, ways[way], (arguments.index or Path(scratch)) / way)


def _measure(corpus: Corpus, way: str, embedder: Embedder, folder: Path) -> None:
    with Store.create(folder, embedder=embedder.identity, max_tokens=embedder.identity.max_tokens) as store:
        sync_paths(store, [corpus.documents], embedder=embedder)
        for mode in MODES:
            retriever = open_retriever(store, embedder, RetrievalSettings(), mode)
            found = {}
            for question in corpus.questions:
                hits = retriever.retrieve(question.text, limit=max(CUTOFFS))
                found[question.id] = [_found(store, hit.chunk) for hit in hits]
            figures = recall(corpus.questions, found)
            row = " | ".join(f"{figures[f'recall@{cutoff}']:.2f}" for cutoff in (1, 5, 10))
            interval = f"{figures['recall@10 low']:.2f} to {figures['recall@10 high']:.2f}"
            print(f"| {way} | {mode} | {row} | {interval} |", flush=True)


def _found(store: Store, chunk: Chunk) -> Found:
    document = store.snapshot().document(chunk.document_id, version=chunk.version)
    return Found(Path(document.uri).name, chunk.page, document.text[chunk.start : chunk.end])


if __name__ == "__main__":
    main()
