"""BEIR: a folder with corpus.jsonl, queries.jsonl and qrels.

Source: Thakur et al., BEIR: a heterogeneous benchmark for zero-shot evaluation of information retrieval models,
NeurIPS 2021 Datasets and Benchmarks, arXiv:2104.08663.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evals.formats.folder import collection_files, of_collection
from evals.runs.report import write_file
from evals.search.collection import load_collection

if TYPE_CHECKING:
    from pathlib import Path

    from evals.formats.dataset import Dataset

QRELS = "qrels/test.tsv"
"""Where BEIR's own loaders look for judgements."""


def read_beir(path: Path) -> Dataset:
    """Every judged question with its documents.

    Raises:
        CollectionError: The folder cannot be read as one; names file and line.
    """
    return of_collection(load_collection(path))


def write_beir(dataset: Dataset, path: Path) -> list[str]:
    """Write the folder; says which cases have no document among those of the data set.

    Raises:
        ReportError: A file cannot be written.
    """
    files = collection_files(dataset)
    files[QRELS] = files.pop("qrels.tsv")
    for name, text in files.items():
        write_file(path / name, text)
    judged = {line.split("\t")[0] for line in files[QRELS].splitlines()[1:]}
    return [
        f"{item.case.id}: names no document of the data set" for item in dataset.items if item.case.id not in judged
    ]
