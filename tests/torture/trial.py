"""What every kind of trial shares: a budget, a folder in memory, and the figures that come out."""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

T = TypeVar("T")
MEMORY = Path("/dev/shm")  # noqa: S108  a trial is a thousand small files that nobody keeps
MOST_FAILURES = 20
FEWEST = 5
"""As many trials are made however slow the machine is."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How long a kind of trial may take, and what its choices are drawn from."""

    seconds: float | None
    seed: int = 1
    begun: float = field(default_factory=time.monotonic)

    @property
    def spent(self) -> bool:
        """Whether the time is over; never where there is no limit."""
        return self.seconds is not None and self.elapsed >= self.seconds

    @property
    def elapsed(self) -> float:
        """Seconds since the trial began."""
        return time.monotonic() - self.begun

    def some(self, points: Sequence[T]) -> Iterator[T]:
        """All points, in a shuffled order where time is short, until the time is over; the first few in any case."""
        order = list(points)
        if self.seconds is not None:
            random.Random(self.seed).shuffle(order)  # noqa: S311  no secret
        for number, point in enumerate(order):
            if self.spent and number >= FEWEST:
                return
            yield point


@dataclass(slots=True)
class Result:
    """What came out of a kind of trial. ``least`` is the number of trials that a run without a limit must reach."""

    name: str
    least: int
    trials: int = 0
    figures: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def failed(self, what: str) -> None:
        """Note a failure; the figure counts all, the list holds the first ones."""
        self.figures["failures"] += 1
        if len(self.failures) < MOST_FAILURES:
            self.failures.append(what)

    def line(self) -> str:
        """One line for a table."""
        figures = ", ".join(f"{name} {number:,}" for name, number in self.figures.items())
        return f"{self.name:<10} {self.trials:>7,} trials {self.seconds:>7.1f} s   {figures}"


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder in memory where there is such a place, removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="torture-", dir=MEMORY if MEMORY.is_dir() else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
