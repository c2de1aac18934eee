"""The packed window beside the top hits appended until full: whose window holds the evidence, and with how many tokens.

``python -m benchmarks.packing --corpus FOLDER [--corpus ...] [--cache DIR] [--size TOKENS ...] [--questions N]``: each
FOLDER holds ``cases.jsonl`` (with ``pdfs`` or documents beside it) or is in BEIR's format. What is appended is the bare
text of hits, parted by blank lines, without headers, names and labels, until one does not fit; what is packed is
counted as sent. ``found`` are the hits of `rag search` (pages take turns; its first 150), ``ranked`` the ranking that
the packer is given. Intervals are bootstraps over questions, each held against itself.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.corpus import open_corpus
from benchmarks.held import Asked, asked_of_cases, asked_of_collection, held
from evals.intervals import gain_interval
from evals.search.collection import load_collection
from evals.search.collection_index import index_collection
from indexers.tokens import count_tokens
from rag import Rag
from rag.settings import Settings
from retrievers.choice import Limits, Problem
from retrievers.greedy import choose

if TYPE_CHECKING:
    from benchmarks.held import Shown
    from indexers.document import Document
    from retrievers.hit import Hit

SIZES = (2000, 4000, 8000, 16000, 32000, 128000)
MOST_HITS = 1000
FOUND_HITS, FOUND_SIZE = 150, 16_000
"""`rag search` looks at each pair of hits, and 16,000 tokens take about 90 of them."""

MEASURES = ("page", "line", "text")
SEED = 7


@dataclass(slots=True)
class Side:
    """One way to fill a window of one size: what each question's window holds, and its tokens."""

    tokens: list[int] = field(default_factory=list)
    held: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in MEASURES})

    def add(self, tokens: int, figures: dict[str, float]) -> None:
        """Note one question's window."""
        self.tokens.append(tokens)
        for name, figure in figures.items():
            self.held[name].append(figure)

    def mean(self, name: str) -> float:
        """Over the questions."""
        return statistics.fmean(self.held[name])


def main() -> None:
    """Measure every folder that is named, and the time of a large choice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, action="append", required=True)
    parser.add_argument("--cache", type=Path, help="where the indexes stay, a folder each")
    parser.add_argument("--size", type=int, action="append", help=f"[{', '.join(map(str, SIZES))}]")
    parser.add_argument("--questions", type=int, help="of each folder, drawn with a fixed seed [all]")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for folder in arguments.corpus:
            index = (arguments.cache or Path(scratch)) / folder.resolve().name
            measure(folder, index, arguments.size or SIZES, arguments.questions)
    time_choice()


def measure(folder: Path, index: Path, sizes: tuple[int, ...], most: int | None) -> None:
    """Index one folder, unless it is, and print its table."""
    is_collection = (folder / "corpus.jsonl").is_file()
    with _opened(folder, index, is_collection=is_collection) as rag:
        snapshot = rag.snapshot()
        cases = open_corpus(folder).cases if not is_collection else None
        asked = asked_of_cases(cases, snapshot) if cases else asked_of_collection(folder, snapshot)
        if most is not None and most < len(asked):
            asked = random.Random(SEED).sample(asked, most)  # noqa: S311  # a sample, not a secret
        print(f"{folder.name}: {len(asked)} questions, {snapshot.status().chunks} chunks")
        found = {size: Side() for size in sizes if size <= FOUND_SIZE}
        ranked = {size: Side() for size in sizes}
        packed = {size: Side() for size in sizes}
        documents: dict[str, Document] = {}
        for question in asked:
            searched = rag.search(question.text, limit=FOUND_HITS)
            hits = rag.evidence(question.text, limit=MOST_HITS)
            for name in (
                *(hit.chunk.document_id for hit in (*searched, *hits)),
                *(i.document_id for i in question.items),
            ):
                if name not in documents:
                    documents[name] = snapshot.document(name)
            for size, side in found.items():
                side.add(*_append(question, searched, documents, size))
            for size, side in ranked.items():
                side.add(*_append(question, hits, documents, size))
            _pack(question, rag, documents, packed)
    _print("found", found, packed)
    _print("ranked", ranked, packed)


def _opened(folder: Path, index: Path, *, is_collection: bool) -> Rag:
    if is_collection:
        index_collection(load_collection(folder), index, settings=Settings())
        return Rag.open(index, settings=Settings())
    rag = Rag.open(index, settings=Settings(), create=not index.exists())
    if not rag.documents():
        rag.index([open_corpus(folder).documents])
    return rag


def _pack(question: Asked, rag: Rag, documents: dict[str, Document], packed: dict[int, Side]) -> None:
    for size, side in packed.items():
        window = rag.window(question.text, token_budget=size)
        shown: Shown = {}
        for source in window.sources:
            spans = shown.setdefault(source.document_id, [])
            spans.extend((sentence.start, sentence.end) for sentence in source.sentences)
        side.add(window.tokens_used, held(question, shown, documents))


def _append(
    question: Asked, hits: list[Hit], documents: dict[str, Document], size: int
) -> tuple[int, dict[str, float]]:
    """The bare texts of the best hits until one does not fit; counted a part at a time, with the blank line."""
    used = 0
    shown: Shown = {}
    for hit in hits:
        chunk = hit.chunk
        tokens = count_tokens(documents[chunk.document_id].text[chunk.start : chunk.end] + "\n\n")
        if used + tokens > size:
            break
        used += tokens
        shown.setdefault(chunk.document_id, []).append((chunk.start, chunk.end))
    return used, held(question, shown, documents)


def _print(name: str, appended: dict[int, Side], packed: dict[int, Side]) -> None:
    print(f"  {name} hits appended until full -> packed")
    for size, before in appended.items():
        after = packed[size]
        tokens = f"tokens {statistics.fmean(before.tokens):7.0f} -> {statistics.fmean(after.tokens):7.0f}"
        print(f"  {size:>7}  {tokens}  " + "  ".join(_gain(measure, before, after) for measure in MEASURES))
    print("  tokens for what the appended window of each size holds (packed: the smallest window that holds as much)")
    for size, before in appended.items():
        print(f"  {size:>7}  " + "  ".join(f"{each} {_tokens_for(each, before, packed)}" for each in MEASURES))


def _gain(name: str, before: Side, after: Side) -> str:
    low, high = gain_interval(before.held[name], after.held[name])
    return f"{name} {before.mean(name):.3f} -> {after.mean(name):.3f} ({low:+.3f} to {high:+.3f})"


def _tokens_for(name: str, before: Side, packed: dict[int, Side]) -> str:
    enough = [side for side in packed.values() if side.mean(name) >= before.mean(name)]
    needed = statistics.fmean(before.tokens)
    if not enough:
        return f"{needed:.0f} -> none"
    least = min(statistics.fmean(side.tokens) for side in enough)
    return f"{needed:.0f} -> {least:.0f} ({least / needed:.2f})"


def time_choice(*, spans: int = 1000, units_a_span: int = 5, room: int = 128_000, rounds: int = 5) -> None:
    """Milliseconds to choose among made spans of about 128 tokens, counting of tokens apart."""
    dice = random.Random(SEED)  # noqa: S311  # made figures, not secrets
    units = spans * units_a_span
    problem = Problem(
        worth=[dice.random() / units for _ in range(units)],
        tokens=[dice.randint(10, 42) for _ in range(units)],
        opening=[12] * units,
        follows=[bool(unit % units_a_span) for unit in range(units)],
        places=[unit // (units_a_span * 2) for unit in range(units)],
        documents=[unit // (units_a_span * 10) for unit in range(units)],
        document_tokens=[12] * (units // (units_a_span * 10)),
        areas=[(first, first + units_a_span) for first in range(0, units, units_a_span)],
    )
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        choose(problem, Limits(room=room))
        times.append((time.perf_counter() - started) * 1000)
    print(f"choosing among {spans} spans for {room} tokens: {statistics.median(times):.0f} ms (median of {rounds})")


if __name__ == "__main__":
    main()
