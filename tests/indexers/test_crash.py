"""`kill -9` at any moment loses nothing that was acknowledged, and running again finishes the job."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def killed(folder: Path, *, first: int, step: int, control: str = "none") -> dict[str, list[int]]:
    command = [sys.executable, "-m", "tests.indexers.store.crashing", str(folder), str(first), str(step), control]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=True)
    result: dict[str, list[int]] = json.loads(done.stdout)
    return result


def test_a_kill_loses_nothing(tmp_path: Path) -> None:
    result = killed(tmp_path, first=1, step=13)
    assert result["failed"] == []
    assert int(str(result["trials"])) > 15


def test_the_trial_can_fail(tmp_path: Path) -> None:
    assert killed(tmp_path, first=40, step=60, control="early")["failed"], "acknowledging early loses documents"
