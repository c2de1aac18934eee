from __future__ import annotations

import re
from pathlib import Path

from evals.scores import AMOUNTS, gated_names

PAGE = Path(__file__).parents[2] / "docs" / "measures.md"


def test_the_page_tells_of_every_measure() -> None:
    told = set(re.findall(r"`([a-z_0-9@]+)`", PAGE.read_text(encoding="utf-8")))
    names = {re.sub(r"@\d+$", "@k", name) for name in (*gated_names((5,)), *AMOUNTS)}
    assert names <= told
