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


# What Unicode counts as format characters, but prints: signs of Arabic, Syriac and Kaithi numbers, Egyptian quadrats.
PRINTED = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD, *range(0x13430, 0x13440)}


def test_every_format_character_is_removed_and_counted() -> None:
    codes = (code for code in range(0x110000) if code not in PRINTED)
    formats = {chr(code) for code in codes if unicodedata.category(chr(code)) == "Cf"}
    assert len(formats) > 140
    assert {character for character in formats if normalise(f"a{character}b") != Normalised("ab", 1)} == set()


def test_no_tag_and_no_surrogate_survives() -> None:
    hidden = "".join(map(chr, [*range(0xE0000, 0xE0080), *range(0xD800, 0xE000), *range(0xFDD0, 0xFDF0)]))
    assert normalise(f"a{hidden}b") == Normalised("ab", len(hidden))


@given(st.text("fil\ufb00\ufb01\ufb02\ufb03\ufb04\ufb05\ufb06\xad "))
def test_no_ligature_and_no_soft_hyphen_survives(text: str) -> None:
    normalised = normalise(text)
    assert not set(normalised.text) & set("\ufb00\ufb01\ufb02\ufb03\ufb04\ufb05\ufb06\xad")
    assert normalised.removed == text.count("\xad")


@given(st.text())
def test_what_is_removed_is_counted(text: str) -> None:
    kept = "".join(character for character in text if normalise(f"a{character}b").removed == 0)
    assert normalise(text).removed >= len(text) - len(kept) - text.count("\u200c") - text.count("\u200d")


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126)))
def test_visible_ascii_is_left_alone(text: str) -> None:
    assert normalise(text) == Normalised(text, 0)
