"""Milliseconds to check 200 sentences against their sources, on one processor: the verifier as answers use it.

``python -m benchmarks.verifier_speed [--corpus PATH] [--sentences 200] [--rounds 7]``: PATH is a folder in BEIR's
format (corpus.jsonl); without it the sample handbook is read. Two ways to check: against the sentences that each one
cites, as an answer is checked while it is written, and against all of a window of sources, as `POST /v1/verify` does.
Half of the sentences stand in a source with words changed, half come from elsewhere. Every round reads the evidence
anew; the first one, which loads what is needed, does not count. The process holds to one processor and its libraries to
one thread, and processor time is what is told.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from indexers.sentences import sentence_spans

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rag.verify.evidence import Sentence
    from rag.verify.verifier import DescribedVerifier

    Check = Callable[["Sequence[Claimed]", DescribedVerifier], None]

HANDBOOK = Path(__file__).resolve().parent.parent / "examples" / "handbook"
ANSWER_SENTENCES = 10
WINDOW_SOURCES = 6
SOURCE_CHARS = 1200
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A sentence, what it cites, and the window of its answer."""

    text: str
    cited: tuple[str, ...]
    window: tuple[str, ...]


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.verifier_speed", description=__doc__)
    parser.add_argument("--corpus", type=Path, help="a folder with corpus.jsonl; default: the sample handbook")
    parser.add_argument("--sentences", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))  # before the libraries that read them are imported
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    from rag.verify.verifier import HermeticVerifier

    claims = _claims(_texts(arguments.corpus), arguments.sentences)
    chars = sum(len(text) for window in {claim.window for claim in claims} for text in window)
    print(f"{len(claims)} sentences, {len({claim.window for claim in claims})} windows of {chars} characters in all\n")
    print("| evidence | median ms | fastest | slowest | ms a sentence |\n|---|---|---|---|---|")
    for name, against in (("what each cites", _against_cited), ("its window", _against_window)):
        taken = sorted([_seconds(against, claims, HermeticVerifier()) for _ in range(arguments.rounds + 1)][1:])
        middle = 1e3 * statistics.median(taken)
        print(f"| {name} | {middle:.0f} | {1e3 * taken[0]:.0f} | {1e3 * taken[-1]:.0f} | {middle / len(claims):.2f} |")


def _seconds(against: Check, claims: Sequence[Claimed], verifier: DescribedVerifier) -> float:
    began = time.process_time()
    against(claims, verifier)
    return time.process_time() - began


def _against_cited(claims: Sequence[Claimed], verifier: DescribedVerifier) -> None:
    """One by one, the texts that an answer's sentences share read once, as `rag.assembly` does."""
    from rag.verify.evidence import Evidence

    for first in range(0, len(claims), ANSWER_SENTENCES):
        read: dict[str, tuple[Sentence, ...]] = {}
        for claim in claims[first : first + ANSWER_SENTENCES]:
            verifier.verify(claim.text, Evidence.of(claim.cited, read))


def _against_window(claims: Sequence[Claimed], verifier: DescribedVerifier) -> None:
    """An answer's sentences together, against all its sources."""
    from rag.verify.evidence import Evidence

    for first in range(0, len(claims), ANSWER_SENTENCES):
        evidence = Evidence.of(claims[first].window)
        verifier.verify_many([(claim.text, evidence) for claim in claims[first : first + ANSWER_SENTENCES]])


def _claims(texts: Sequence[str], count: int) -> list[Claimed]:
    """Sentences in a fixed order: every second one of an answer from its window, changed, the others from elsewhere."""
    pieces = [text[at : at + SOURCE_CHARS] for text in texts for at in range(0, len(text), SOURCE_CHARS)]
    pieces = [piece for piece in pieces if len(piece) > SOURCE_CHARS // 3]
    claims: list[Claimed] = []
    for answer in range(-(-count // ANSWER_SENTENCES)):
        window = tuple(pieces[(answer * WINDOW_SOURCES + at) % len(pieces)] for at in range(WINDOW_SOURCES))
        elsewhere = pieces[(answer * WINDOW_SOURCES + len(pieces) // 2) % len(pieces)]
        own = [said for text in window for said in _sentences(text)]
        other = _sentences(elsewhere)
        for at in range(ANSWER_SENTENCES):
            said = own[(7 * at) % len(own)] if at % 2 == 0 else other[at % len(other)]
            cited = tuple(own[(7 * at + step) % len(own)] for step in (0, 1, 5))
            claims.append(Claimed(_changed(said), cited, window))
    return claims[:count]


def _changed(sentence: str) -> str:
    """With its third word gone and its end said in other words, so that nothing is verbatim."""
    words = sentence.rstrip(".").split()
    return " ".join([*words[:2], *words[3:], "as", "well"]) + "."


def _sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text) if end - start > 30] or [text]


def _texts(corpus: Path | None) -> list[str]:
    if corpus is None:
        return [path.read_text(encoding="utf-8") for path in sorted(HANDBOOK.rglob("*.md"))]
    with (corpus / "corpus.jsonl").open(encoding="utf-8") as lines:
        return [record["text"] for record in map(json.loads, lines) if record.get("text")]


if __name__ == "__main__":
    main()
