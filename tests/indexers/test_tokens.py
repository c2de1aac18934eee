from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexers import tokens


@pytest.mark.parametrize(
    ("text", "count"),
    [
        pytest.param("", 0, id="empty"),
        pytest.param("hello world", 2, id="two-words"),
        pytest.param("<|endoftext|>", 7, id="a-special-token-is-plain-text"),
        pytest.param("1577", 2, id="digits-in-threes"),
    ],
)
def test_counts(text: str, count: int) -> None:
    assert tokens.count_tokens(text) == count


@pytest.mark.parametrize(
    "hostile", [" " * 10**6, "\n" * 10**6, "a" * 10**6, "\t \n" * 10**5, "<|im_start|>" * 1000, "\ud800"]
)
def test_hostile_text_is_counted(hostile: str) -> None:
    assert tokens.count_tokens(hostile) >= len(hostile) / 2000


@given(st.text(), st.text())
def test_a_whole_is_about_its_parts(one: str, other: str) -> None:
    whole, parts = tokens.count_tokens(one + other), tokens.count_tokens(one) + tokens.count_tokens(other)
    assert whole <= parts + 4
    assert whole == 0 or parts > 0


def test_a_damaged_vocabulary_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "VOCABULARY_SHA256", "0" * 64)
    tokens._encoding.cache_clear()
    with pytest.raises(tokens.VocabularyDamaged, match="expected sha256"):
        tokens.count_tokens("x")
    tokens._encoding.cache_clear()
