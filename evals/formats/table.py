"""The formats that are read and written, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from evals.formats.beir import read_beir, write_beir
from evals.formats.dataset import Dataset
from evals.formats.financebench import read_financebench, write_financebench
from evals.formats.mtrag import read_mtrag, write_mtrag
from evals.formats.ragas import read_ragas, write_ragas
from evals.formats.squad import read_squad, write_squad


@dataclass(frozen=True, slots=True)
class Format:
    """How a format is read, and written; writing says what it could not write."""

    read: Callable[[Path], Dataset]
    write: Callable[[Dataset, Path], list[str]]


FORMATS = {
    "beir": Format(read_beir, write_beir),
    "financebench": Format(read_financebench, write_financebench),
    "mtrag": Format(read_mtrag, write_mtrag),
    "ragas": Format(read_ragas, write_ragas),
    "squad": Format(read_squad, write_squad),
}
"""Data sets. TREC's runs and judgements hold neither questions nor texts: see ``trec.py``."""

TREC = "trec"
NAMES = (*FORMATS, TREC)
