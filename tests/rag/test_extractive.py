from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.hashing import HashingEmbedder
from indexers.minilm import MiniLM
from rag.errors import Cancelled
from rag.extractive import ExtractiveGenerator, rank_sentences
from rag.generation import Deadline, Draft
from retrievers.window import ContextWindow
from tests.rag.windows import window_of

SOURCES = (
    [
        "Parental leave",
        "How long is parental leave?",
        "Parental leave is 16 weeks long.",
        "It can be taken in three blocks.",
    ],
    ["Product | Price per week", "--- | ---", "Heron P8 | 415.00", "Osprey A1 | 1,290.00"],
    ["Salaries are paid on the 25th.", "The canteen is closed on Fridays."],
)


def generator(*, most: int = 1) -> ExtractiveGenerator:
    return ExtractiveGenerator(HashingEmbedder(), max_sentences=most)


def ask(question: str, window: ContextWindow, *, most: int = 1) -> Draft:
    return generator(most=most).generate(question, window, deadline=Deadline(0.0, threading.Event()))


@pytest.mark.parametrize(
    ("question", "text", "label"),
    [
        pytest.param(
            "How long is parental leave?", "Parental leave is 16 weeks long.", "1.3", id="not-the-question-itself"
        ),
        pytest.param("When are salaries paid?", "Salaries are paid on the 25th.", "3.1", id="sentence"),
    ],
)
def test_the_best_sentence(question: str, text: str, label: str) -> None:
    (sentence,) = ask(question, window_of(*SOURCES)).sentences
    assert (sentence.text, sentence.cited) == (text, (label,))


def test_a_row_is_shown_under_its_header() -> None:
    header, row = ask("What is the price per week of a Heron P8?", window_of(*SOURCES)).sentences
    assert (header.cited, row.cited) == (("2.1",), ("2.3",))
    assert row.text == "Heron P8 | 415.00"


def test_headings_questions_headers_and_rulers_are_no_candidates() -> None:
    ranked = rank_sentences("Parental leave price product", window_of(*SOURCES), HashingEmbedder())
    labels = {scored.candidate.sentence.label for scored in ranked}
    assert labels == {"1.3", "1.4", "2.3", "2.4", "3.1", "3.2"}


def test_a_wide_header_does_not_crowd_out_the_rows() -> None:
    header = " | ".join(["Item", *(f"column {number} of many" for number in range(200))])
    window = window_of([header, "Anchor | 5", "Heron pump | 7", "Rope | 9"])
    cosines = {
        scored.candidate.sentence.text: scored.cosine
        for scored in rank_sentences("What does the Heron pump cost?", window, MiniLM())
    }
    assert cosines["Heron pump | 7"] > max(cosines["Anchor | 5"], cosines["Rope | 9"]) + 0.05


def test_nothing_to_choose_from_is_an_abstention() -> None:
    assert ask("Anything?", ContextWindow((), "", 0, 0)).abstained
    assert ask("Leave?", window_of(["Parental leave"])).abstained


def test_cancelling() -> None:
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(Cancelled):
        generator().generate("Leave?", window_of(*SOURCES), deadline=Deadline(0.0, cancelled))


@settings(max_examples=50)
@given(st.text(max_size=60), st.lists(st.text(alphabet="ab 1.|?:\t", min_size=1, max_size=30), min_size=1, max_size=6))
def test_what_is_said_stands_in_the_sentence_it_cites(question: str, texts: list[str]) -> None:
    window = window_of([text for text in texts if text.strip()] or ["x"])
    held = {sentence.label: sentence.text for source in window.sources for sentence in source.sentences}
    for sentence in ask(question, window, most=3).sentences:
        assert sentence.text == " ".join(held[sentence.cited[0]].split())


def test_the_stream_is_the_draft() -> None:
    deadline = Deadline(0.0, threading.Event())
    window = window_of(*SOURCES)
    *sentences, draft = generator(most=3).stream("How long is parental leave?", window, deadline=deadline)
    assert isinstance(draft, Draft)
    assert tuple(sentences) == draft.sentences


def test_documents_that_contradict_each_other_are_both_cited() -> None:
    window = window_of(
        ["Claims must be handed in within 60 days of the end of the trip."],
        ["Claims must be handed in within 30 days of the end of the trip."],
        ["Claims must be handed in within 30 days of the end of the trip."],
    )
    draft = ask("Within how many days must claims be handed in?", window, most=3)
    assert [sentence.cited for sentence in draft.sentences] == [("1.1",), ("2.1",)]
