"""What it costs to read each file in a process of its own, beside reading it in this one: seconds and memory.

    python -m benchmarks.isolation [--corpus FOLDER] [--files 1000]

Without a corpus, small Markdown files are made. Both ways read the same files, in turn, ``--rounds`` times; the best
round of each counts, since the machine may be busy. CPU is of this process and of all that it has started.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from indexers.errors import LoadError
from indexers.isolation.in_process import InProcess
from indexers.isolation.pool import Pool
from indexers.load import LoadLimits, supported
from indexers.reading import Read, Wanted, read_ahead
from indexers.settings import ParserSettings

SENTENCE = "Each quarter the plant reports how many pumps were sold, returned and repaired. "


@dataclass(frozen=True, slots=True)
class Cost:
    """What one way of reading took. ``cpu_seconds`` counts readers too; ``first_seconds`` is until the first file."""

    seconds: float
    cpu_seconds: float
    first_seconds: float
    read: int
    characters: int


def make_files(folder: Path, count: int) -> None:
    """Small Markdown files, as notes and minutes are."""
    for number in range(count):
        (folder / f"{number:05}.md").write_text(f"# Report {number}\n\n" + SENTENCE * (5 + number % 20))


def measure(files: list[Path], readers: Pool | InProcess, *, ahead: int) -> Cost:
    """Read all files one way."""
    began, cpu, first = time.perf_counter(), _cpu(), 0.0
    read = characters = 0
    with readers:
        for outcome in read_ahead(_wanted(files), readers, limits=LoadLimits(), ahead=ahead):
            first = first or time.perf_counter() - began
            if isinstance(outcome, Read):
                read += 1
                characters += sum(len(document.text) for document in outcome.loaded.documents)
            elif not isinstance(outcome, LoadError):
                raise TypeError(outcome)
    return Cost(time.perf_counter() - began, _cpu() - cpu, first, read, characters)


def _wanted(files: list[Path]) -> Iterator[Wanted]:
    return (Wanted(path.as_posix(), path, inside=path.parent) for path in files)


def _cpu() -> float:
    own, started = os.times(), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.user + own.system + started.ru_utime + started.ru_stime


def main() -> None:
    """Print a row for each way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        if options.corpus is None:
            make_files(Path(made), options.files)
        folder = options.corpus or Path(made)
        files = sorted(path.resolve() for path in folder.rglob("*") if path.is_file() and supported(path))
        files = files[: options.files]
        settings = ParserSettings()
        ways: dict[str, tuple[Callable[[], Pool | InProcess], int]] = {
            "in this process": (lambda: InProcess(limits=LoadLimits()), 0),
            f"in {settings.workers} readers": (
                lambda: Pool(None, limits=LoadLimits(), settings=settings),
                2 * settings.workers,
            ),
        }
        rounds = [
            {name: measure(files, way(), ahead=ahead) for name, (way, ahead) in ways.items()}
            for _ in range(options.rounds)
        ]
        print(f"{len(files)} files, best of {options.rounds} rounds")
        print(f"{'':<18}{'seconds':>9}{'CPU s':>8}{'first s':>9}{'read':>7}{'characters':>13}{'CPU ms a file':>15}")
        for name in ways:
            best = min((one[name] for one in rounds), key=lambda cost: cost.cpu_seconds)
            row = f"{best.seconds:>9.2f}{best.cpu_seconds:>8.2f}{best.first_seconds:>9.2f}{best.read:>7}"
            print(f"{name:<18}{row}{best.characters:>13,}{1000 * best.cpu_seconds / len(files):>15.2f}")


if __name__ == "__main__":
    main()
