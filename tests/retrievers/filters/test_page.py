"""docs/filters.md is true: its filters are filters, and its fields are the fields."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from retrievers.filters.fields import BUILT_IN, KIND_WORDS, WELL_KNOWN
from retrievers.filters.grammar import MOST_CHARS, MOST_DEPTH, MOST_VALUES, parse_filter

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "filters.md").read_text(encoding="utf-8")
EXAMPLES = [line for block in re.findall(r"```filter\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
IN_COMMANDS = re.findall(r"--filter '([^']+)'", PAGE)


@pytest.mark.parametrize("text", [*EXAMPLES, *IN_COMMANDS])
def test_every_filter_of_the_page_is_one(text: str) -> None:
    assert parse_filter(text)


def test_the_page_lists_every_field_with_what_it_holds() -> None:
    assert len(EXAMPLES) > 5
    assert len(IN_COMMANDS) > 1
    listed = dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", PAGE, re.MULTILINE))
    expected = {name: KIND_WORDS[kind] for name, (kind, _read) in BUILT_IN.items()}
    assert listed == {**expected, **{name: KIND_WORDS[kind] for name, kind in WELL_KNOWN.items()}}


def test_the_page_states_the_limits() -> None:
    assert f"at most {MOST_CHARS:,} characters, {MOST_VALUES} values, and {MOST_DEPTH} levels" in PAGE
