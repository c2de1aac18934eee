"""Every retriever on judged collections, beside the textbook's, in one run.

``python -m benchmarks.retrieval --corpus FOLDER [--corpus ...] [--apart FOLDER ...]``: nDCG@10 on each folder (in
BEIR's format): BM25, MiniLM, reciprocal ranks, fixed weights and the best of them for each folder, then the product's
own. The means are over ``--corpus``; what is ``--apart`` is measured with the same setting, and is in no mean. Raw
figures go to benchmarks/out/retrieval.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.textbook import WEIGHTS, Textbook
from evals.intervals import gain_interval, mean_of_means_interval
from evals.search.collection import load_collection
from evals.search.collection_index import index_collection
from evals.search.contenders import CONTENDERS, chosen_contenders
from evals.search.retrieval import measure_retriever, ranking_scores
from indexers.embedders import open_embedder
from rag import Rag
from rag.settings import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evals.search.collection import Collection

OUT = Path(__file__).resolve().parent / "out"
MEASURE = "ndcg@10"
OURS = "hybrid"
FIXED = tuple(f"W {weight}" for weight in WEIGHTS)


@dataclass(frozen=True, slots=True)
class Measured:
    """A collection: nDCG@10 of every question for each retriever, and the median milliseconds of the product's."""

    name: str
    scores: dict[str, tuple[float, ...]]
    median_ms: dict[str, float]

    def mean(self, retriever: str) -> float:
        """Over the questions."""
        return statistics.fmean(self.scores[retriever])

    @property
    def best_fixed(self) -> str:
        """The fixed weight that is best for this collection, which nobody knows beforehand."""
        return max(FIXED, key=self.mean)

    @property
    def best_single(self) -> str:
        """The best retriever without any fusion, the product's own among them."""
        return max(("BM25", "MiniLM", "dense", "lexical"), key=self.mean)


def main() -> None:
    """Measure every folder, print the tables, keep the raw figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.retrieval", description=__doc__)
    parser.add_argument("--corpus", type=Path, action="append", required=True, help="a folder in BEIR's format")
    parser.add_argument("--apart", type=Path, action="append", default=[], help="likewise, but in no mean")
    parser.add_argument("--index", type=Path, help="keep the indexes below here instead of in a temporary folder")
    parser.add_argument("--retriever", action="append", default=[], help="of the product, these alone; default: all")
    arguments = parser.parse_args()
    wanted = {"dense", "lexical", OURS, *arguments.retriever} if arguments.retriever else set()
    with tempfile.TemporaryDirectory(prefix="plumbline-bench-") as scratch:
        folder = arguments.index or Path(scratch)
        counted, apart = (
            [_measure(load_collection(path), folder / path.resolve().name, sorted(wanted)) for path in paths]
            for paths in (arguments.corpus, arguments.apart)
        )
    _report(counted, apart)


def _measure(collection: Collection, index: Path, wanted: Sequence[str]) -> Measured:
    settings = load_settings(overrides={"index": index})
    embedder = open_embedder(settings.embedder)
    scores: dict[str, list[float]] = {}
    textbook = Textbook(collection, embedder)
    for question, grades in collection.grades.items():
        for name, ranking in textbook.rankings(collection.questions[question]).items():
            scores.setdefault(name, []).append(ranking_scores(ranking, grades)[MEASURE])
    embedder.close()
    index_collection(collection, index, settings=settings)
    kept = {name: tuple(values) for name, values in scores.items()}
    median_ms = {}
    for contender in chosen_contenders(wanted):
        own: Settings = load_settings(overrides={"index": index, **dict(contender.overrides)})
        with Rag.open(index, settings=own) as rag:
            result = measure_retriever(rag, collection, name=contender.name, mode=contender.mode)
        kept[contender.name] = result.scores[MEASURE]
        median_ms[contender.name] = statistics.median(result.milliseconds)
    return Measured(collection.name, kept, median_ms)


def _report(counted: Sequence[Measured], apart: Sequence[Measured]) -> None:
    ours = [contender.name for contender in CONTENDERS if contender.name in counted[0].scores]
    columns = ["BM25", "MiniLM", "RRF", *FIXED, *ours]
    print(f"{MEASURE} | " + " | ".join([*columns, "best fixed"]))
    print("|".join(["---"] * (len(columns) + 2)))
    for one in [*counted, *apart]:
        means = [one.mean(name) for name in (*columns, one.best_fixed)]
        print(f"{one.name} | " + " | ".join(f"{mean:.4f}" for mean in means))
    if len(counted) > 1:
        rows = [[one.mean(name) for name in (*columns, one.best_fixed)] for one in counted]
        print("mean | " + " | ".join(f"{statistics.fmean(column):.4f}" for column in zip(*rows, strict=True)))
    print(f"\n{OURS} against | best fixed | 95% | best single | 95% | median ms\n---|---|---|---|---|---")
    for one in [*counted, *apart]:
        cells = [_gain(one, one.best_fixed), _gain(one, one.best_single), f"{one.median_ms[OURS]:.1f}"]
        print(f"{one.name} ({one.best_fixed}; {one.best_single}) | " + " | ".join(cells))
    gains = [_gains(one, one.best_fixed) for one in counted]
    low, high = mean_of_means_interval(gains)
    mean = statistics.fmean(statistics.fmean(values) for values in gains)
    print(f"mean | {mean:+.4f} | {low:+.4f} to {high:+.4f} | | |")
    OUT.mkdir(exist_ok=True)
    raw = {one.name: {"scores": one.scores, "median_ms": one.median_ms} for one in [*counted, *apart]}
    (OUT / "retrieval.json").write_text(json.dumps(raw) + "\n", encoding="utf-8")


def _gains(one: Measured, other: str) -> list[float]:
    return [ours - theirs for ours, theirs in zip(one.scores[OURS], one.scores[other], strict=True)]


def _gain(one: Measured, other: str) -> str:
    low, high = gain_interval(one.scores[other], one.scores[OURS])
    return f"{one.mean(OURS) - one.mean(other):+.4f} | {low:+.4f} to {high:+.4f}"


if __name__ == "__main__":
    main()
