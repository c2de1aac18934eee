from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.terminal import json_line, one_line, visible
from indexers.normalise import normalise


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("plain text, naïve 中文 😀", "plain text, naïve 中文 😀", id="any-script-stays"),
        pytest.param("a\tb\nc", "a\tb\nc", id="tab-and-line-feed-stay"),
        pytest.param("\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07", id="clear-screen-and-title"),
        pytest.param("safe\rEVIL", "safe\\rEVIL", id="carriage-return-overwrites-a-line"),
        pytest.param("\x9b31m", "\\x9b31m", id="eight-bit-escape"),
        pytest.param("gpj.\u202egpe.exe", "gpj.\\u202egpe.exe", id="right-to-left-override"),
        pytest.param("\U000e0041hidden", "\\U000e0041hidden", id="tag-character"),
        pytest.param("in\u200bvis\u2063ible", "in\\u200bvis\\u2063ible", id="zero-width"),
        pytest.param(
            "\u0645\u06cc\u200c\u062e\u0648\u0645 \U0001f469\u200d\U0001f467",
            "\u0645\u06cc\u200c\u062e\u0648\u0645 \U0001f469\u200d\U0001f467",
            id="joiners-that-spell-stay",
        ),
        pytest.param("pass\u200dword", "pass\\u200dword", id="joiner-between-latin-letters"),
        pytest.param("caf\udce9.md", "caf\\udce9.md", id="file-name-that-is-not-utf-8"),
    ],
)
def test_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_what_is_taken_out_of_documents_is_written_out_of_names() -> None:
    for code in [*range(0x10000), *range(0xE0000, 0xE1000)]:
        if normalise(f"a{chr(code)}a").removed:
            assert visible(f"a{chr(code)}a") != f"a{chr(code)}a", hex(code)


@pytest.mark.parametrize(
    ("text", "limit", "line"),
    [
        pytest.param("two\n  words", 20, "two words", id="blanks-run-together"),
        pytest.param("exactly ten", 11, "exactly ten", id="fits-exactly"),
        pytest.param("cut between the words", 16, "cut between the…", id="cut-at-a-word"),
        pytest.param("incomprehensibilities", 10, "incompreh…", id="one-long-word"),
    ],
)
def test_one_line(text: str, limit: int, line: str) -> None:
    assert one_line(text, limit_chars=limit) == line


@given(st.text(alphabet=st.characters(exclude_categories=())), st.integers(min_value=5, max_value=80))
def test_a_line_never_steers_and_never_is_too_long(text: str, limit: int) -> None:
    line = one_line(text, limit_chars=limit)
    assert len(line) <= limit
    assert "\n" not in line
    assert visible(line) == line


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.none()))
def test_json_line_reads_back_and_is_one_harmless_line(value: dict[str, object]) -> None:
    line = json_line(value)
    assert json.loads(line) == value
    assert "\n" not in line
    assert visible(line) == line


def test_json_line_of_what_steers() -> None:
    value = {"uri": "caf\udce9.md", "title": "\x1b[2J\x9b\u202e\U000e0041"}
    line = json_line(value)
    assert line == r'{"uri": "caf\udce9.md", "title": "\u001b[2J\u009b\u202e\udb40\udc41"}'
    assert json.loads(line) == value
