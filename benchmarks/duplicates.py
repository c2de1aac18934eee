"""`python -m benchmarks.duplicates [--corpus PATH]`: what noticing near-duplicates costs, and how well it is done.

Each document is joined by copies in which a share of the words is replaced; what the sketches say of each pair is held
against the exact share of runs of five words that the two texts have in common.
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path

import numpy as np

from benchmarks.systems import ROOT
from indexers.duplicates import ALIKE_FROM, SHINGLE_WORDS, Sketch, find_duplicates, likeness, sketch_text
from indexers.errors import LoadError
from indexers.load import LoadLimits, load_file, supported

SHARES = (0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1)
MANY = 20_000


def main() -> None:
    """Read the documents, sketch them and their copies, and compare."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--corpus", type=Path, default=ROOT / "examples" / "handbook")
    texts, reading = read(parser.parse_args().corpus)
    began = time.process_time()
    sketches = [sketch_text(name, text) for name, text in texts.items()]
    sketching = time.process_time() - began
    millions = sum(map(len, texts.values())) / 1e6
    print(f"{len(texts)} documents, {millions:.1f} million characters; processor seconds: ", end="")
    print(f"{reading:.2f} to read, {sketching:.2f} to sketch ({sketching / reading:.1%})")
    alike = [(pair.uri, pair.like, round(pair.likeness, 2)) for pair in find_duplicates(sketches)]
    print(f"alike among themselves: {alike}")
    print(f"{'words replaced':<15} {'pairs':>6} {'exact share':>12} {'mean error':>11} {'found':>6} {'of alike':>9}")
    for share in SHARES:
        compare(texts, sketches, share)
    many(sketches)


def read(corpus: Path) -> tuple[dict[str, str], float]:
    """The texts, and the processor seconds that reading took."""
    texts, began = {}, time.process_time()
    for path in sorted(path for path in corpus.rglob("*") if path.is_file() and supported(path)):
        try:
            texts[path.name] = load_file(path, uri=path.name, limits=LoadLimits(ocr=False)).document.text
        except LoadError as error:
            print(f"{path.name}: {error}")
    return texts, time.process_time() - began


def compare(texts: dict[str, str], sketches: list[Sketch], share: float) -> None:
    """A copy of each document with that share of its words replaced, against the original."""
    chosen = random.Random(0)  # noqa: S311  words, not secrets
    errors, exact, found, alike = [], [], 0, 0
    for sketch, text in zip(sketches, texts.values(), strict=True):
        words = text.lower().split()
        copy = [f"other{place}" if chosen.random() < share else word for place, word in enumerate(words)]
        same = exact_share(words, copy)
        other = sketch_text(f"{sketch.uri} copy", " ".join(copy))
        original = sketch_text(sketch.uri, " ".join(words))
        errors.append(abs(likeness(original.least, other.least) - same))
        exact.append(same)
        pairs = find_duplicates([original, other])
        found += bool(pairs)
        alike += same >= ALIKE_FROM
    print(f"{share:<15.1%} {len(texts):>6} {np.mean(exact):>12.3f} {np.mean(errors):>11.3f} {found:>6} {alike:>9}")


def exact_share(one: list[str], other: list[str]) -> float:
    """The share of runs of words that two texts have in common, by the definition."""
    a, b = (
        {tuple(words[place : place + SHINGLE_WORDS]) for place in range(max(1, len(words) - SHINGLE_WORDS + 1))}
        for words in (one, other)
    )
    return len(a & b) / len(a | b)


def many(sketches: list[Sketch]) -> None:
    """How long a search takes among many documents: one new one, and all against all."""
    generator = np.random.default_rng(0)
    names = [f"other{number:06}" for number in range(MANY)]
    others = [
        Sketch(name, name.encode(), np.sort(generator.integers(0, 2**63, 128, dtype=np.uint64))) for name in names
    ]
    for name, of in (("one new document", {sketches[0].uri}), ("all of them", None)):
        began = time.monotonic()
        find_duplicates([*sketches, *others], of=of)
        print(f"among {MANY + len(sketches):,} documents, {name}: {time.monotonic() - began:.2f} s")


if __name__ == "__main__":
    main()
