"""What a question imports: answering one must not load what only indexing, serving or other models need."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from api.cli import main

HEAVY = {"torch", "transformers", "sentence_transformers", "httpx", "fastapi", "uvicorn", "pypdfium2", "docx", "lxml"}
READERS = {"indexers.load", "indexers.sync", "evals"}
ASK = """
import json, sys
from api.cli import main
code = main(sys.argv[1:])
print("\\n" + json.dumps([code, sorted(sys.modules)]))
"""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cold")
    (folder / "leave.md").write_text("# Leave\n\nEmployees may take 16 weeks of parental leave at full pay.")
    assert main(["index", str(folder / "leave.md"), "--index", str(folder / "index")]) == 0
    return folder / "index"


@pytest.mark.parametrize("command", ["search", "ask"])
def test_a_question_imports_no_torch_and_nothing_that_reads_files(index: Path, command: str) -> None:
    arguments = [command, "How many weeks of parental leave?", "--index", str(index)]
    ended = subprocess.run([sys.executable, "-c", ASK, *arguments], capture_output=True, text=True, check=False)
    answer, _, last = ended.stdout.strip().rpartition("\n")
    assert "16 weeks" in answer, ended.stderr
    code, modules = json.loads(last)
    assert code == 0
    assert not HEAVY & set(modules)
    assert not READERS & set(modules)
