"""A few mutations of each fixture; many more: ``python -m tests.indexers.load.mutating``."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.indexers.load.mutating import FIXTURES, mutations, outcome

READ_HERE = {
    ".odt", ".epub", ".doc", ".xls", ".ppt", ".rtf", ".docx", ".xlsx", ".pptx", ".html", ".csv", ".md", ".txt",
}  # fmt: skip


FILES = [path for path in sorted(FIXTURES.iterdir()) if path.suffix in READ_HERE and "password" not in path.name]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_changed_file_is_read_or_refused(path: Path) -> None:
    outcomes = Counter(outcome(data, path.suffix) for data in mutations(path.read_bytes(), seed=1, count=12))
    assert outcomes.total() == 12


def test_a_mutation_reaches_the_readers() -> None:
    data = (FIXTURES / "stanley-cups.xlsx").read_bytes()
    assert len({outcome(variant, ".xlsx") for variant in mutations(data, seed=1, count=40)}) > 1
    assert list(mutations(data, seed=1, count=3)) == list(mutations(data, seed=1, count=3))
