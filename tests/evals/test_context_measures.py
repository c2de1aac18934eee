from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.locate import Place
from evals.measures.context import context_precision, context_recall, evidence_in_window
from evals.outcome import NOT_MEASURABLE, Outcome
from tests.rag.windows import documents_of, window_of

KEYS = ["Keys are kept at the porter's desk.", "Sign for each of them."]
LUNCH = ["Lunch costs 7 euros."]
WINDOW = window_of(KEYS, LUNCH, LUNCH)
TEXTS = [document.text for document in documents_of(KEYS, LUNCH, LUNCH)]


def place(number: int, quote: str, *, whole_page: bool = False, longer_by: int = 0) -> Place:
    start = TEXTS[number - 1].index(quote)
    return Place(f"doc{number}", ((start, start + len(quote) + longer_by),), (), whole_page)


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        pytest.param([place(1, KEYS[1])], 1.0, id="shown"),
        pytest.param([place(1, " ".join(KEYS))], 1.0, id="across-sentences"),
        pytest.param([place(1, KEYS[1]), place(2, LUNCH[0], longer_by=500)], 0.5, id="less-than-half-of-one"),
        pytest.param([place(2, LUNCH[0], longer_by=500, whole_page=True)], 1.0, id="any-text-of-a-page"),
        pytest.param([Place("other", ((8, 20),), (), whole_page=False)], 0.0, id="another-document"),
        pytest.param([], NOT_MEASURABLE, id="no-evidence"),
    ],
)
def test_evidence_in_window(places: list[Place], expected: Outcome) -> None:
    assert evidence_in_window(WINDOW, places) == expected


def test_evidence_that_was_cut_out_of_a_source_is_not_shown() -> None:
    first = replace(WINDOW.sources[0], sentences=WINDOW.sources[0].sentences[:1])
    cut = replace(WINDOW, sources=(first, *WINDOW.sources[1:]))
    assert evidence_in_window(cut, [place(1, KEYS[1])]) == 0.0


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        pytest.param([place(1, KEYS[0])], 1.0, id="first"),
        pytest.param([place(2, LUNCH[0])], 0.5, id="second"),
        pytest.param([place(1, KEYS[0]), place(3, LUNCH[0])], (1 + 2 / 3) / 2, id="first-and-third"),
        pytest.param([Place("other", ((8, 20),), (), whole_page=False)], 0.0, id="none"),
        pytest.param([], NOT_MEASURABLE, id="no-evidence"),
    ],
)
def test_context_precision(places: list[Place], expected: Outcome) -> None:
    assert context_precision(WINDOW, places) == expected


def test_an_empty_window_shows_nothing() -> None:
    empty = replace(WINDOW, sources=())
    assert evidence_in_window(empty, [place(1, KEYS[0])]) == 0.0
    assert context_precision(empty, [place(1, KEYS[0])]) is NOT_MEASURABLE
    assert context_recall(empty, "What does lunch cost?", "7 euros") == 0.0


def test_context_recall_is_what_the_reference_says_beyond_the_question() -> None:
    assert context_recall(WINDOW, "What does lunch cost?", "Lunch costs EUR 7.") == 1.0
    assert context_recall(WINDOW, "What does lunch cost?", "Lunch costs EUR 8.") == 0.0
    assert context_recall(WINDOW, "Where are keys?", "At the porter's desk. In a safe.") == 0.5
    assert context_recall(WINDOW, "Where?", "") is NOT_MEASURABLE


@given(st.text(max_size=60), st.text(max_size=60))
def test_context_recall_lies_between_0_and_1(question: str, reference: str) -> None:
    outcome = context_recall(WINDOW, question, reference)
    assert outcome is NOT_MEASURABLE or 0 <= float(outcome) <= 1
