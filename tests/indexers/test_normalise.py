from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexers.normalise import Normalised, normalise

ODD = st.text(
    st.sampled_from(
        "ab \t\n\r\x0b\x0c\0\xa0\xad\u0301\u0653\u200b\u200c\u200d\u202e\u2028\ud800\ufb03\U000e0041\u0627e-"
    )
)


@pytest.mark.parametrize(
    ("text", "expected", "removed"),
    [
        pytest.param("", "", 0, id="nothing"),
        pytest.param("a\r\nb\rc\x0cd\x0be\u2028f\x85g", "a\nb\nc\nd\ne\nf\ng", 0, id="line-ends"),
        pytest.param("1\xa0000\u202f000", "1 000 000", 0, id="spaces"),
        pytest.param("e\u0301", "é", 0, id="nfc"),
        pytest.param("\ufb01nal o\ufb03ce", "final office", 0, id="ligatures"),
        pytest.param("co\xadoperate zero\u200bwidth \ufeffmark", "cooperate zerowidth mark", 3, id="invisible"),
        pytest.param("pay \u202e001\u202c EUR", "pay 001 EUR", 2, id="bidi-override"),
        pytest.param("ok\U000e0069\U000e0067", "ok", 2, id="tag-characters"),
        pytest.param("a\0b\x07c\ud800d", "abcd", 3, id="controls-and-lone-surrogates"),
        pytest.param("a  \t\n b\t", "a\n b", 0, id="blanks-at-line-ends"),
        pytest.param("a\n\n\nb\n\n\n\n\nc", "a\n\n\nb\n\nc", 0, id="more-than-two-blank-lines"),
        pytest.param("x\ty", "x\ty", 0, id="tabs-stay"),
        pytest.param("infor-\nmation", "infor-\nmation", 0, id="hyphen-at-line-end-stays"),
        pytest.param(
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            0,
            id="joiner-in-persian",
        ),
        pytest.param("ig\u200dnore", "ignore", 1, id="joiner-in-latin"),
    ],
)
def test_table(text: str, expected: str, removed: int) -> None:
    assert normalise(text) == Normalised(expected, removed)


@given(st.text() | ODD)
def test_is_idempotent_and_canonical(text: str) -> None:
    once = normalise(text)
    assert normalise(once.text) == Normalised(once.text, 0)
    assert unicodedata.is_normalized("NFC", once.text)
    assert not any(line != line.rstrip(" \t") for line in once.text.split("\n"))
    once.text.encode()  # no lone surrogates: it can be stored


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126)))
def test_visible_ascii_is_left_alone(text: str) -> None:
    assert normalise(text) == Normalised(text, 0)
