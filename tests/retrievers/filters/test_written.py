from __future__ import annotations

import pytest

from retrievers.filters.grammar import parse_filter
from retrievers.filters.written import written


@pytest.mark.parametrize(
    "text",
    [
        "year = 2017",
        'kind = "pdf"',
        "share >= 0.5",
        "created < 2024-03-01",
        "created < 2024-03",
        'kind in ("pdf", "docx")',
        'path like "hr/*"',
        "has author",
        'not (title = "a \\"quoted\\" word")',
        'year = 2017 and (kind = "pdf" or not has author)',
    ],
)
def test_a_filter_written_again_is_the_same_filter(text: str) -> None:
    assert parse_filter(written(parse_filter(text))) == parse_filter(text)
