"""`python -m benchmarks.sync`: how long a sync takes, and what it embeds, after each of the usual changes.

The folder holds generated documents (``--documents``, 1,000) or those of ``--corpus PATH``, and one of 500 pages' text.
Seconds are those of the whole ``rag index`` process; LangChain's are inside one process that has its model loaded.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.measured import run
from benchmarks.systems import RIVALS, ROOT, make_rivals, rag_program

PAGES = 500
PARAGRAPHS_A_PAGE = 5
LONG = "long.md"


def main() -> None:
    """Make the folder, apply one change after another, and sync after each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--corpus", type=Path, help="documents instead of generated ones")
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--pages", type=int, default=PAGES, help="of the long document")
    parser.add_argument("--no-rivals", action="store_true", help="measure Plumbline alone")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        docs = work / "docs"
        make_documents(docs, arguments.corpus, arguments.documents, arguments.pages)
        names: list[str] = []
        states: list[Path] = []
        rows: list[tuple[float, float, dict[str, dict[str, int]]]] = []
        print(f"{'Plumbline':<36} {'seconds':>8} {'processor':>9} {'embedded':>9}", flush=True)
        for name, change in changes(docs):
            change()
            names.append(name)
            rows.append(sync(docs, work / "index"))
            seconds, processor, report = rows[-1]
            print(f"{name:<36} {seconds:>8.2f} {processor:>9.2f} {report['embedded']:>9,}", flush=True)
            states.append(work / f"state{len(states)}")
            if not arguments.no_rivals:
                shutil.copytree(docs, states[-1])
        rivals = [] if arguments.no_rivals else langchain(states)
    if rivals:
        print(f"{'LangChain':<36} {'seconds':>8} {'embedded':>9}")
    for name, rival in zip(names, rivals, strict=False):
        print(f"{name:<36} {rival['seconds']:>8.2f} {rival['embedded']:>9,}")
    print(json.dumps({"last": rows[-1][2]["documents"], "chunks": rows[-1][2]["chunks"]}))


def make_documents(docs: Path, corpus: Path | None, count: int, pages: int) -> None:
    """The folder at its first state; words are English ones, from the sample handbook."""
    if corpus is not None:
        shutil.copytree(corpus, docs)
    chosen = random.Random(0)  # noqa: S311  text, not secrets
    for number in range(0 if corpus else count):
        path = docs / f"folder{number % 20:02}" / f"document-{number:04}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# Document {number}\n\n{paragraph(chosen)}\n")
    paragraphs = (paragraph(chosen) for _ in range(pages * PARAGRAPHS_A_PAGE))
    docs.mkdir(exist_ok=True)
    (docs / LONG).write_text("# The long one\n\n" + "\n\n".join(paragraphs) + "\n")


def paragraph(chosen: random.Random) -> str:
    """Four sentences of 8 to 20 words."""
    sentences = (" ".join(chosen.choices(_words(), k=chosen.randint(8, 20))) for _ in range(4))
    return " ".join(f"{sentence.capitalize()}." for sentence in sentences)


def _words() -> list[str]:
    if not _WORDS:
        text = " ".join(path.read_text() for path in sorted((ROOT / "examples" / "handbook").rglob("*.md")))
        _WORDS.extend(sorted({word for word in text.split() if word.isalpha()}))
    return _WORDS


_WORDS: list[str] = []


def changes(docs: Path) -> list[tuple[str, Callable[[], object]]]:
    """What is done to the folder before each sync."""
    long = docs / LONG
    first = next(path for path in sorted(docs.rglob("*")) if path.is_file() and path != long)
    moved, renamed = docs / "elsewhere" / first.name, docs / "elsewhere" / f"renamed{first.suffix}"

    chosen = random.Random(1)  # noqa: S311  text, not secrets

    def edit(*, taken_out: int, put_in: int) -> None:
        paragraphs = long.read_text().split("\n\n")
        place = len(paragraphs) // 5
        paragraphs[place : place + taken_out] = [paragraph(chosen) for _ in range(put_in)]
        long.write_text("\n\n".join(paragraphs))

    def move(path: Path, to: Path) -> None:
        to.parent.mkdir(exist_ok=True)
        path.rename(to)

    return [
        ("everything is new", lambda: None),
        ("nothing changed", lambda: time.sleep(2.5)),  # until files count as settled
        ("nothing changed, again", lambda: None),
        ("a paragraph of 500 pages rewritten", lambda: edit(taken_out=1, put_in=1)),
        ("a paragraph put into 500 pages", lambda: edit(taken_out=0, put_in=1)),
        ("a paragraph taken out of 500 pages", lambda: edit(taken_out=1, put_in=0)),
        ("one document moved", lambda: move(first, moved)),
        ("500 pages moved", lambda: move(long, docs / "elsewhere" / LONG)),
        ("one document renamed", lambda: move(moved, renamed)),
        ("one document deleted", lambda: renamed.unlink()),
    ]


def sync(docs: Path, index: Path) -> tuple[float, float, dict[str, dict[str, int]]]:
    """The seconds of `rag index`, of the processor too, and what it says; the median of three if nothing changed."""
    command = [*rag_program(), "index", str(docs), "--index", str(index), "--json"]
    seconds, processor = [], []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        measured = run(command)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        seconds.append(measured.seconds)
        report = json.loads(measured.stdout.splitlines()[-1])
        if report["changes"]:
            break
    return statistics.median(seconds), statistics.median(processor), report


def langchain(states: list[Path]) -> list[dict[str, float]]:
    """The same states, through LangChain's indexing API."""
    make_rivals()
    program = [str(RIVALS / "bin" / "python"), str(ROOT / "benchmarks" / "rivals" / "langchain_sync.py")]
    done = subprocess.run([*program, *map(str, states)], check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


if __name__ == "__main__":
    main()
