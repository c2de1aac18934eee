"""Nothing of a document is kept outside the index folder, whatever a library does with files while it reads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys
from pathlib import Path
from indexers.hashing import HashingEmbedder
from indexers.store import Store
from indexers.sync import sync_paths

embedder = HashingEmbedder(dimension=32)
with Store.create(Path(sys.argv[1]), embedder=embedder.identity, max_tokens=128) as store:
    report = sync_paths(store, [Path(sys.argv[2])], embedder=embedder)
print(report.added, report.failed)
"""
ROOT = Path(__file__).parents[3]
OFFICE = ROOT / "tests" / "fixtures" / "office"


def test_an_index_run_leaves_files_in_the_index_only(tmp_path: Path) -> None:
    """In a process of its own, whose home, temporary and working folders are empty at the start."""
    places = {name: tmp_path / name.lower() for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME", "CWD")}
    for place in places.values():
        place.mkdir()
    environment = {name: str(place) for name, place in places.items()} | {"PYTHONPATH": str(ROOT)}
    index = tmp_path / "index"
    command = [sys.executable, "-B", "-c", SCRIPT, str(index), str(OFFICE)]
    done = subprocess.run(command, check=True, env=environment, cwd=places["CWD"], capture_output=True, text=True)
    added, failed = map(int, done.stdout.split())
    assert added >= len(list(OFFICE.iterdir())) - failed > 0
    assert [path for place in places.values() for path in place.rglob("*")] == []
    kept = {path.relative_to(index).parts[0] for path in index.rglob("*")}
    assert kept <= {"LOCK", "catalogue.sqlite3", "catalogue.sqlite3-shm", "catalogue.sqlite3-wal", "segments"}
