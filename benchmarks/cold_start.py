"""From process start to answer: `rag search` and `rag ask`, beside an interpreter that does nothing and rivals' import.

``python -m benchmarks.cold_start --index DIR [--question TEXT] [--times N]``: the median of N process starts each, in
turn, after one that does not count; the processors' seconds beside the wall's, since a busy machine lengthens those.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cold_start", description=__doc__)
    parser.add_argument("--index", type=Path, required=True, help="an index that exists")
    parser.add_argument("--question", default="What was the total revenue in 2022?")
    parser.add_argument("--times", type=int, default=7)
    arguments = parser.parse_args()
    asked = [arguments.question, "--index", str(arguments.index)]
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "rag --version": [*_rag(), "--version"],
        "rag search": [*_rag(), "search", *asked],
        "rag search --mode lexical": [*_rag(), "search", *asked, "--mode", "lexical"],
        "rag ask": [*_rag(), "ask", *asked, "--model", "extractive"],
        "import sentence_transformers": [sys.executable, "-c", "import sentence_transformers"],
    }
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for name, command in commands.items():
        _seconds(command, name)  # compiles our modules, and fills the system's cache
    for _ in range(arguments.times):
        for name, command in commands.items():
            taken[name].append(_seconds(command, name))
    print(f"| command | seconds, median of {arguments.times} | least | processors' seconds |\n|---|---|---|---|")
    for name, pairs in taken.items():
        wall, busy = zip(*pairs, strict=True)
        print(f"| {name} | {statistics.median(wall):.2f} | {min(wall):.2f} | {statistics.median(busy):.2f} |")


def _seconds(command: list[str], name: str) -> tuple[float, float]:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    before, began = _children_seconds(), time.perf_counter()
    ended = subprocess.run(command, env=environment, capture_output=True, check=False)
    wall = time.perf_counter() - began
    if ended.returncode:
        raise SystemExit(f"{name} failed: {ended.stderr.decode(errors='replace').strip()}")
    return wall, _children_seconds() - before


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _rag() -> list[str]:
    return [sys.executable, "-c", "import sys; from api.entry import main; sys.exit(main())"]


if __name__ == "__main__":
    main()
