"""The systems that are measured: Plumbline in each retrieval mode, and the rivals, each as a program of its own."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measured import run
from benchmarks.recall import CUTOFFS, Found

if TYPE_CHECKING:
    from benchmarks.corpus import Corpus

ROOT = Path(__file__).resolve().parent.parent
RIVALS = ROOT / ".venv-rivals"
MODES = ("dense", "lexical", "hybrid")


@dataclass(frozen=True, slots=True)
class Indexed:
    """How a system read and indexed a corpus."""

    system: str
    seconds: float
    peak_mib: float
    chunks: int
    pages: int | None
    failures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Searched:
    """What a system found for every question, by question id."""

    system: str
    found: dict[str, list[Found]]
    search_ms: float | None


def index_with_plumbline(corpus: Corpus, index: Path) -> Indexed:
    """`rag index DOCUMENTS` from nothing, in a process of its own."""
    measured = run([*rag_program(), "index", str(corpus.documents), "--index", str(index), "--json"])
    report = json.loads(measured.stdout.splitlines()[-1])
    failures = tuple(f"{failure['uri']}: {failure['error']}" for failure in report["failures"])
    return Indexed("plumbline", measured.seconds, measured.peak_mib, report["chunks"], report["pages"], failures)


def search_with_plumbline(questions: Path, index: Path, mode: str) -> Searched:
    """`rag search --queries` in one process."""
    measured = run([
        *rag_program(), "search", "--queries", str(questions), "--index", str(index),
        "--limit", str(max(CUTOFFS)), "--mode", mode, "--json",
    ])  # fmt: skip
    found: dict[str, list[Found]] = {}
    times: list[float] = []
    for line in measured.stdout.splitlines():
        row = json.loads(line)
        found[row["id"]] = [Found(Path(hit["uri"]).name, hit["page"], hit["text"]) for hit in row["hits"]]
        if "ms" in row:
            times.append(row["ms"])
    return Searched(f"plumbline {mode}", found, statistics.median(times) if times else None)


def index_with_langchain(corpus: Corpus, index: Path) -> Indexed:
    """LangChain's usual loader, splitter, MiniLM and FAISS, in a process of its own."""
    make_rivals()
    measured = run([*_langchain(), str(corpus.documents), str(index)])
    report = json.loads(measured.stdout.splitlines()[-1])
    return Indexed("langchain", measured.seconds, measured.peak_mib, report["chunks"], None, tuple(report["failures"]))


def search_with_langchain(corpus: Corpus, questions: Path, index: Path) -> Searched:
    """LangChain's similarity search in one process."""
    measured = run([
        *_langchain(), str(corpus.documents), str(index),
        "--questions", str(questions), "--limit", str(max(CUTOFFS)),
    ])  # fmt: skip
    report = json.loads(measured.stdout.splitlines()[-1])
    found = {
        case: [Found(hit["document"], hit["page"], hit["text"]) for hit in hits]
        for case, hits in report["hits"].items()
    }
    return Searched("langchain dense", found, report["search_ms"])


def _langchain() -> list[str]:
    return [str(RIVALS / "bin" / "python"), str(ROOT / "benchmarks" / "rivals" / "langchain_faiss.py")]


def make_rivals() -> None:
    """The rivals' environment, made once."""
    if (RIVALS / ".installed").exists():
        return
    subprocess.run([sys.executable, "-m", "venv", str(RIVALS)], check=True)
    pip = [str(RIVALS / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "--requirement", str(ROOT / "benchmarks" / "rivals.txt")], check=True)
    (RIVALS / ".installed").touch()


def rag_program() -> list[str]:
    """`rag` of this environment."""
    return [str(Path(sys.executable).parent / "rag")]
