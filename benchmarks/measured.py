"""Run a program and measure it from outside: seconds, and the peak memory of its whole process tree."""

from __future__ import annotations

import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Run:
    """What a program printed, how long it took, and the most memory (PSS) its process tree held."""

    stdout: str
    seconds: float
    peak_mib: float


def run(command: Sequence[str]) -> Run:
    """Run ``command`` to its end; its standard error goes through.

    Raises:
        SystemExit: The program failed.
    """
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        peak = _Peak(process.pid)
        watcher = threading.Thread(target=peak.watch, daemon=True)
        watcher.start()
        stdout, _ = process.communicate()
        peak.done.set()
        watcher.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(command[:4])} ... ended with exit code {process.returncode}")
    return Run(stdout, time.monotonic() - began, peak.kib / 1024)


class _Peak:
    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.kib = 0
        self.done = threading.Event()

    def watch(self) -> None:
        while not self.done.wait(POLL_SECONDS):
            self.kib = max(self.kib, sum(_pss_kib(pid) for pid in tree(self.pid)))


def tree(pid: int) -> list[int]:
    """The process and all below it."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []  # it has just ended
    return [pid, *(below for child in children for below in tree(child))]


def _pss_kib(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass  # it has just ended
    return 0
