"""Embedding: sentence-transformers as it comes, its own bfloat16, and our engine, in interleaved rounds of one process.

``python -m benchmarks.embedding [--corpus PATH] [--texts N] [--rounds N]``: tokens a second (of the wall, and of the
processors' time, which other programs disturb less), the median ratio of a round to the default's, the cosine to the
default's vectors, and the median milliseconds of a question. Every system is given the same strings: N chunks of
exactly 256 tokens, special tokens included, and then as many chunks as the splitter makes them, of all lengths.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.corpus import open_corpus
from indexers.context import embedded_text
from indexers.errors import LoadError
from indexers.load import load_file
from indexers.minilm import MiniLM, minilm_folder
from indexers.split import split_document

if TYPE_CHECKING:
    from indexers.document import Document
    from indexers.embed import Matrix

DEFAULT = "sentence-transformers"
QUESTIONS = (
    "How many weeks of parental leave do employees get?",
    "What was the total revenue in fiscal year 2022?",
    "Who approves travel expenses above 2,000 euros?",
    "quick ratio",
    "Which segments did the company report, and what was the operating margin of the largest of them in 2019?",
)
ASKED = 60


@dataclass(slots=True)
class System:
    """One way to embed; ``seconds`` and ``busy_seconds`` (of all processors) by round."""

    name: str
    embed: Callable[[list[str]], Matrix]
    seconds: list[float] = field(default_factory=list)
    busy_seconds: list[float] = field(default_factory=list)
    vectors: Matrix | None = None


def main() -> None:
    """Measure and print a table for each kind of chunk, and one for questions."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.embedding", description=__doc__)
    parser.add_argument("--corpus", type=Path, help="a folder of documents; default: the sample handbook")
    parser.add_argument("--texts", type=int, default=64, help="chunks of each kind")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    model = MiniLM()
    documents = list(itertools.islice(_documents(open_corpus(arguments.corpus).documents), 40))
    systems = _systems(model)
    whole, split = _whole_chunks(documents, model, arguments.texts), _split_chunks(documents, model, arguments.texts)
    for title, texts in (("chunks of 256 tokens", whole), ("chunks as the splitter makes them", split)):
        tokens = sum(min(len(model.pieces(text)) + 2, 256) for text in texts)
        _measure(systems, texts, rounds=arguments.rounds)
        _report(f"{len(texts)} {title}, {tokens} tokens, {arguments.rounds} rounds", systems, tokens)
    _ask(systems)


def _systems(model: MiniLM) -> list[System]:
    import torch
    from sentence_transformers import SentenceTransformer

    folder, exact = str(minilm_folder()), MiniLM(precision="f32")
    default = SentenceTransformer(folder, device="cpu", local_files_only=True)
    halved = SentenceTransformer(folder, device="cpu", local_files_only=True, model_kwargs={"dtype": torch.bfloat16})

    def encode(model: SentenceTransformer) -> Callable[[list[str]], Matrix]:
        def run(texts: list[str]) -> Matrix:
            rows = model.encode(texts, normalize_embeddings=True, show_progress_bar=False, convert_to_tensor=True)
            found: Matrix = rows.float().numpy()
            return found

        return run

    return [
        System(DEFAULT, encode(default)),
        System(f"{DEFAULT}, bfloat16", encode(halved)),
        System("plumbline, f32", lambda texts: exact.embed_passages(texts, cut=True)),
        System("plumbline", lambda texts: model.embed_passages(texts, cut=True)),
    ]


def _documents(folder: Path) -> Sequence[Document]:
    found: list[Document] = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file())[:40]:
        try:
            found.extend(load_file(path, uri=path.name).documents)
        except LoadError as error:
            print(f"- left out: {error}")
    return found


def _whole_chunks(documents: Sequence[Document], model: MiniLM, count: int) -> list[str]:
    """``count`` slices of all text, from the beginning again at its end; every system cuts them off at 256 tokens.

    A slice has some pieces more, since one that begins inside a word may fall into fewer than it was counted as.
    """
    text = " ".join(document.text for document in documents)
    pieces = model.pieces(text)
    most = model.identity.max_tokens + 8
    slices = [pieces[at : at + most] for at in range(0, len(pieces) - most + 1, most)] or [pieces]
    return [text[chosen[0, 0] : chosen[-1, 1]] for chosen in itertools.islice(itertools.cycle(slices), count)]


def _split_chunks(documents: Sequence[Document], model: MiniLM, count: int) -> list[str]:
    most = model.identity.max_tokens
    texts = [
        embedded_text(document, chunk, model)
        for document in documents
        for chunk in split_document(document, model, max_tokens=most)
    ]
    return list(itertools.islice(itertools.cycle(texts), count))


def _measure(systems: Sequence[System], texts: list[str], *, rounds: int) -> None:
    for system in systems:
        system.vectors = system.embed(texts)  # the round that prepares shapes and threads does not count
        system.seconds, system.busy_seconds = [], []
    for _ in range(rounds):
        for system in systems:
            wall, busy = time.perf_counter(), time.process_time()
            system.embed(texts)
            system.seconds.append(time.perf_counter() - wall)
            system.busy_seconds.append(time.process_time() - busy)


def _report(title: str, systems: Sequence[System], tokens: int) -> None:
    default = systems[0]
    print(f"\n{title}:\n")
    print("| system | tokens/s | times the default | by processor time | cosine mean | least |")
    print("|---|---|---|---|---|---|")
    for system in systems:
        ratio = statistics.median(a / b for a, b in zip(default.seconds, system.seconds, strict=True))
        busy = statistics.median(a / b for a, b in zip(default.busy_seconds, system.busy_seconds, strict=True))
        assert system.vectors is not None  # noqa: S101  # measured above
        assert default.vectors is not None  # noqa: S101  # likewise
        cosines = np.sum(system.vectors * default.vectors, axis=1) / np.linalg.norm(system.vectors, axis=1)
        print(
            f"| {system.name} | {tokens / statistics.median(system.seconds):,.0f} | {ratio:.2f} | {busy:.2f} "
            f"| {cosines.mean():.6f} | {cosines.min():.6f} |"
        )


def _ask(systems: Sequence[System]) -> None:
    print(f"\nOne question, median of {ASKED}:\n\n| system | ms |\n|---|---|")
    questions = list(itertools.islice(itertools.cycle(QUESTIONS), ASKED))
    milliseconds: dict[str, list[float]] = {system.name: [] for system in systems}
    for question in questions:
        for system in systems:
            began = time.perf_counter()
            system.embed([question])
            milliseconds[system.name].append((time.perf_counter() - began) * 1000)
    for name, taken in milliseconds.items():
        print(f"| {name} | {statistics.median(taken):.2f} |")


if __name__ == "__main__":
    main()
