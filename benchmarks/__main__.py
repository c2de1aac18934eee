"""`python -m benchmarks [--corpus PATH]`: index a corpus, search its questions, beside the rivals, in one run."""

from __future__ import annotations

import argparse
import dataclasses
import json
import tempfile
from pathlib import Path

from benchmarks.corpus import Corpus, open_corpus
from benchmarks.recall import recall
from benchmarks.systems import (
    MODES,
    Indexed,
    Searched,
    index_with_langchain,
    index_with_plumbline,
    search_with_langchain,
    search_with_plumbline,
)

OUT = Path(__file__).resolve().parent / "out"


def main() -> None:
    """Measure, print Markdown tables, and keep the raw figures under benchmarks/out/."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--corpus", type=Path, help="a folder of documents, with cases.jsonl; default: the examples")
    parser.add_argument("--no-rivals", action="store_true", help="measure Plumbline alone")
    parser.add_argument("--index", type=Path, help="keep the index here instead of in a temporary folder")
    arguments = parser.parse_args()
    corpus = open_corpus(arguments.corpus)
    with tempfile.TemporaryDirectory(prefix="plumbline-bench-") as scratch:
        indexed, searched = _measure(corpus, arguments.index or Path(scratch) / "index", Path(scratch), arguments)
    _report(corpus, indexed, searched)


def _measure(
    corpus: Corpus, index: Path, scratch: Path, arguments: argparse.Namespace
) -> tuple[list[Indexed], list[Searched]]:
    questions = scratch / "questions.jsonl"
    questions.write_text(
        "".join(json.dumps({"id": case.id, "question": case.text}) + "\n" for case in corpus.questions),
        encoding="utf-8",
    )
    indexed = [index_with_plumbline(corpus, index)]
    searched = [search_with_plumbline(questions, index, mode) for mode in MODES] if corpus.questions else []
    if not arguments.no_rivals:
        indexed.append(index_with_langchain(corpus, scratch / "langchain"))
        if corpus.questions:
            searched.append(search_with_langchain(corpus, questions, scratch / "langchain"))
    return indexed, searched


def _report(corpus: Corpus, indexed: list[Indexed], searched: list[Searched]) -> None:
    print(f"## Corpus `{corpus.name}`: {len(corpus.questions)} answerable questions\n")
    print("| system | seconds | of Plumbline's time | peak MiB (PSS) | pages | chunks | failures |")
    print("|---|---|---|---|---|---|---|")
    for row in indexed:
        print(
            f"| {row.system} | {row.seconds:.0f} | {row.seconds / indexed[0].seconds:.2f} | {row.peak_mib:.0f} "
            f"| {row.pages if row.pages is not None else ''} | {row.chunks} | {len(row.failures)} |"
        )
    for row in indexed:
        for failure in row.failures:
            print(f"- {row.system} could not read {failure}")
    scored = {row.system: recall(corpus.questions, row.found) for row in searched} if corpus.questions else {}
    if scored:
        print("\nEvidence (its page, or its quote) among the first k hits, share of questions:\n")
        print("| system | @1 | @5 | @10 | 95% | @20 | median ms |\n|---|---|---|---|---|---|---|")
    for run in searched:
        figures = scored[run.system]
        print(
            f"| {run.system} | {figures['recall@1']:.2f} | {figures['recall@5']:.2f} | {figures['recall@10']:.2f} "
            f"| {figures['recall@10 low']:.2f} to {figures['recall@10 high']:.2f} | {figures['recall@20']:.2f} "
            f"| {f'{run.search_ms:.1f}' if run.search_ms is not None else ''} |"
        )
    OUT.mkdir(exist_ok=True)
    raw = {"corpus": corpus.name, "indexed": [dataclasses.asdict(row) for row in indexed], "recall": scored}
    (OUT / f"{corpus.name}.json").write_text(json.dumps(raw, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
