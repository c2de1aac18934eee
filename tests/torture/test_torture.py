"""The short versions: some points of each kind of trial, always the same ones. `make torture` tries them all."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


def tried(name: str, *, seconds: float | None) -> str:
    """Run a kind of trial in a process of its own, which forks: this one has threads by now."""
    command = [sys.executable, "-m", "tests.torture", name]
    command += [] if seconds is None else ["--budget", str(seconds)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("name", "seconds"),
    [("kills", 4), ("sync", 4), ("errors", 4), ("cuts", 4), ("damage", 5), ("readers", 5), ("machine", 5)],
)
def test_a_store_survives(name: str, seconds: float) -> None:
    trials = re.search(r"([\d,]+) trials", tried(name, seconds=seconds))
    assert trials is not None
    assert int(trials[1].replace(",", "")) > 0


def test_a_broken_store_is_caught_by_the_same_trials() -> None:
    assert tried("sabotage", seconds=None).count("caught") == 6
