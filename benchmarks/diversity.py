"""`python -m benchmarks.diversity [--cases FILE --index DIR] [--corpus FOLDER ...]`: what [diversity] gains and costs.

The evidence pages of cases among the first k hits, over an index of their documents, and nDCG@10 and recall@100 on
judged collections, each with one setting changed at a time; `off` is none of it. Milliseconds are of whole searches.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from evals.case import load_cases
from evals.search.collection import load_collection
from evals.search.collection_index import index_collection
from evals.search.pages import CUT_OFFS, locate_questions, measure_pages
from evals.search.retrieval import measure_retriever
from rag import Rag
from rag.settings import load_settings

if TYPE_CHECKING:
    from evals.search.collection import Collection

OFF: dict[str, object] = {
    "diversity.max_per_page": 0,
    "diversity.document_share": 1.0,
    "diversity.max_alike": 0,
    "diversity.fold_repeats": False,
    "diversity.prefer_newest": False,
}
VARIANTS: dict[str, dict[str, object]] = {
    "off": OFF,
    "as it is": {},
    "no page cap": {"diversity.max_per_page": 0},
    "2 hits a page": {"diversity.max_per_page": 2},
    "share 1.0": {"diversity.document_share": 1.0},
    "share 0.8": {"diversity.document_share": 0.8},
    "share 0.6": {"diversity.document_share": 0.6},
    "no folding": {"diversity.fold_repeats": False},
    "newest not first": {"diversity.prefer_newest": False},
}


def main() -> None:
    """Measure every variant on what is given."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=Path)
    parser.add_argument("--index", type=Path)
    parser.add_argument("--corpus", type=Path, action="append", default=[], help="in BEIR's format; may be repeated")
    options = parser.parse_args()
    if options.cases and options.index:
        on_pages(options.cases, options.index)
    for folder in options.corpus:
        with tempfile.TemporaryDirectory() as index:
            on_collection(load_collection(folder), Path(index))


def on_pages(cases: Path, index: Path) -> None:
    """The share of questions with an evidence page among the first k hits."""
    print(f"{'pages':<18}" + "".join(f"{f'@{k}':>7}" for k in CUT_OFFS) + f"{'ms':>8}")
    for name, changes in VARIANTS.items():
        with Rag.open(index, settings=load_settings(overrides=changes)) as rag:
            questions, _missing = locate_questions(rag, load_cases(cases))
            outcomes = measure_pages(rag, questions, windows=())
            times = []
            for question in questions:
                began = time.perf_counter()
                rag.search(question.case.question)
                times.append((time.perf_counter() - began) * 1000)
        shares = [statistics.fmean(outcome.any_page(k) for outcome in outcomes) for k in CUT_OFFS]
        print(f"{name:<18}" + "".join(f"{share:>7.3f}" for share in shares) + f"{statistics.median(times):>8.1f}")


def on_collection(collection: Collection, index: Path) -> None:
    """nDCG@10 and recall@100 of the configured retriever."""
    index_collection(collection, index, settings=load_settings())
    print(f"{collection.name:<18}{'ndcg@10':>9}{'recall@100':>12}{'ms':>8}")
    for name, changes in VARIANTS.items():
        with Rag.open(index, settings=load_settings(overrides=changes)) as rag:
            found = measure_retriever(rag, collection, name=name, mode=None)
        means, ms = found.means, statistics.median(found.milliseconds)
        print(f"{name:<18}{means['ndcg@10']:>9.4f}{means['recall@100']:>12.4f}{ms:>8.1f}")


if __name__ == "__main__":
    main()
