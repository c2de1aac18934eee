from __future__ import annotations

from pathlib import Path

import pytest

from indexers.load import LoadLimits, load_file
from indexers.load.table import read_table
from indexers.load.text import decode, read_text

OFFICE = Path(__file__).parents[2] / "fixtures" / "office"
POLISH = "Zażółć gęślą jaźń. Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw."
RUSSIAN = "Все люди рождаются свободными и равными в своем достоинстве и правах."  # noqa: RUF001  # Cyrillic is meant
JAPANESE = "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。"
GERMAN = "Die Größe beträgt 15 €"


@pytest.mark.parametrize(
    ("text", "encoding", "mark"),
    [
        pytest.param(GERMAN, "utf-8", b"", id="utf-8"),
        pytest.param(GERMAN, "utf-8", b"\xef\xbb\xbf", id="utf-8-mark"),
        pytest.param(GERMAN, "utf-16-le", b"\xff\xfe", id="utf-16-le-mark"),
        pytest.param(GERMAN, "utf-16-be", b"\xfe\xff", id="utf-16-be-mark"),
        pytest.param(GERMAN, "utf-32-le", b"\xff\xfe\0\0", id="utf-32-le-mark"),
        pytest.param(GERMAN, "utf-16-le", b"", id="utf-16-le"),
        pytest.param(GERMAN, "utf-16-be", b"", id="utf-16-be"),
        pytest.param(GERMAN, "utf-32-le", b"", id="utf-32-le"),
        pytest.param(GERMAN, "cp1252", b"", id="cp1252"),
        pytest.param("café", "cp1252", b"", id="one-french-word"),
        pytest.param(POLISH, "cp1250", b"", id="cp1250"),
        pytest.param(RUSSIAN, "cp1251", b"", id="cp1251"),
        pytest.param(JAPANESE, "shift_jis", b"", id="shift-jis"),
    ],
)
def test_encoding_is_found_out(text: str, encoding: str, mark: bytes) -> None:
    assert decode(mark + text.encode(encoding), name="a.txt") == text


def test_a_page_may_declare_its_encoding() -> None:
    page = '<meta charset="iso-8859-7"><p>ά'
    assert decode(page.encode("iso-8859-7"), name="a.html", declared=True) == page
    assert decode('<meta charset="nonsense">ä'.encode("cp1252"), name="a.html", declared=True).endswith("ä")


@pytest.mark.parametrize("name", ["fake-text-utf-16-le.txt", "fake-text-utf-32.txt"])
def test_real_files_in_wide_encodings(name: str) -> None:
    assert load_file(OFFICE / name, uri="u").document.text.startswith(
        "This is a test document to use for unit tests.\n\nDoylestown"
    )


def test_text_is_cut_at_blank_lines() -> None:
    reading = read_text("One\r\ntwo\r\n \t\r\nthree\n\n- a\n- b\n\n\n\n1. c\n2. d\n", name="a.txt", limits=LoadLimits())
    assert [(block.kind, reading.text[block.start : block.end]) for block in reading.blocks] == [
        ("paragraph", "One\ntwo"),
        ("paragraph", "three"),
        ("list", "- a\n- b"),
        ("list", "1. c\n2. d"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a,b\n1,2\n", "a | b\n1 | 2", id="comma"),
        pytest.param("a;b\n1,5;2,5\n", "a | b\n1,5 | 2,5", id="semicolon-with-decimal-commas"),
        pytest.param("a\tb\n1\t2\n", "a | b\n1 | 2", id="tab"),
        pytest.param('a,b\n"x, y","l1\nl2"\n', "a | b\nx, y | l1 l2", id="quotes-and-line-breaks"),
        pytest.param('a,b\n"say ""hi""",2\n', 'a | b\nsay "hi" | 2', id="doubled-quotes"),
        pytest.param("a,b,c\n,,3\n,,\n1,,\n", "a | b | c\n | | 3\n1".replace(" | | ", " |  | "), id="blank-cells"),
        pytest.param("one\ntwo\n", "one\ntwo", id="single-column"),
        pytest.param("=cmd|' /C calc'!A0,b\n1,2", "=cmd|' /C calc'!A0 | b\n1 | 2", id="formula-stays-text"),
    ],
)
def test_table(text: str, expected: str) -> None:
    reading = read_table(text, name="a.csv", limits=LoadLimits())
    assert reading.text == expected
    assert [block.kind for block in reading.blocks] == ["table"]
