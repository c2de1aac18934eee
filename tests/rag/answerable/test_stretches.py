"""What of a window is looked at closely."""

from __future__ import annotations

from rag.answerable.stretches import STRETCH_CHARS, nearest, stretches_of_text, stretches_of_window
from tests.rag.windows import window_of


def test_every_sentence_is_in_a_stretch_under_its_title_and_headings() -> None:
    window = window_of(["Leave is 16 weeks long.", "Ask your manager early."], headings=("Leave",))
    (stretch,) = stretches_of_window(window)
    assert stretch.heading == "Title 1 > Leave"
    assert stretch.sentences == ("Leave is 16 weeks long.", "Ask your manager early.")


def test_a_row_comes_with_the_header_of_its_table() -> None:
    (stretch,) = stretches_of_window(window_of(["Product | Price", "--- | ---", "Heron | 415", "Osprey | 1290"]))
    assert stretch.sentences == ("Product | Price", "Heron | 415", "Osprey | 1290")


def test_a_long_source_is_looked_at_in_parts_and_nothing_is_lost() -> None:
    sentences = [f"Sentence number {number} says something about pumps." for number in range(100)]
    parts = stretches_of_text(" ".join(sentences))
    assert len(parts) > 1
    assert all(len(part.text) <= 1.4 * STRETCH_CHARS for part in parts)
    assert {sentence for part in parts for sentence in part.sentences} == set(sentences)


def test_the_parts_with_the_words_of_the_question_come_first() -> None:
    parts = stretches_of_window(window_of(["The canteen is closed on Fridays."], ["Parental leave is 16 weeks long."]))
    (first,) = nearest("How long is parental leave?", parts, most=1)
    assert first.sentences == ("Parental leave is 16 weeks long.",)
