"""Is the question answered by what was found? Held against questions that are, and near misses that are not."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.hashing import HashingEmbedder
from indexers.minilm import MiniLM
from rag.answerable.decision import Answerability, answer_encoder
from rag.answerable.features import names_nowhere, word_features
from rag.answerable.scorer import MODEL, read_models
from rag.answerable.stretches import stretches_of_text
from rag.errors import DecisionDamaged
from retrievers.window import ContextWindow
from tests.rag.windows import window_of

WINDOW = window_of(
    [
        "Netflix had revenues of $11.7 billion in 2017.",
        "Netflix paid its content creators in advance.",
        "Its members watched 140 million hours a day.",
    ],
    ["Parental leave is 16 weeks long at full pay.", "Tell your manager eight weeks before it begins."],
)


@pytest.fixture(scope="module")
def meaning() -> Answerability:
    encoder = MiniLM()
    return Answerability(lambda: encoder)


@pytest.fixture(scope="module")
def words() -> Answerability:
    return Answerability(lambda: None)


@pytest.mark.parametrize(
    ("answered", "not_answered"),
    [
        pytest.param("What was Netflix's revenue in 2017?", "What was Amazon's revenue in 2017?", id="another-company"),
        pytest.param("How long is parental leave?", "What is the capital of France?", id="another-subject"),
        pytest.param("How long is parental leave?", "How long is the Danube?", id="another-length"),
    ],
)
def test_what_the_window_answers_is_more_likely_than_what_it_does_not(
    meaning: Answerability, words: Answerability, answered: str, not_answered: str
) -> None:
    assert meaning.chance(answered, WINDOW) > meaning.chance(not_answered, WINDOW) + 0.15
    assert words.chance(answered, WINDOW) > words.chance(not_answered, WINDOW)


@pytest.mark.parametrize("question", ["What were Netflix's total revenues?", "What were the revenues of Netflix?"])
def test_a_name_that_is_nowhere_lowers_the_chance_and_one_in_a_files_name_does_not(
    words: Answerability, question: str
) -> None:
    window = window_of(["Total revenues were $11.7 billion in 2017."])
    (source,) = window.sources
    named = replace(window, sources=(replace(source, uri="filings/NETFLIX_2017_10K.pdf"),))
    assert words.chance(question, window) < words.chance(question, named) - 0.05


def test_short_capitals_are_no_names() -> None:
    assert names_nowhere("Is it OK to ask HR about Amazon's offer?", ["It is."]) == ["Amazon"]


def test_an_empty_window_answers_nothing(meaning: Answerability) -> None:
    assert meaning.chance("How long is parental leave?", ContextWindow((), "", 0, 0)) == 0.0


def test_whoever_indexes_by_hashes_loads_no_model() -> None:
    assert answer_encoder(HashingEmbedder()) is None


@settings(max_examples=60)
@given(st.text(max_size=80), st.text(max_size=300))
def test_any_question_and_any_passage_have_a_chance(question: str, passage: str) -> None:
    chance = Answerability(lambda: None).chance_of(question, stretches_of_text(passage))
    assert 0.0 <= chance <= 1.0
    for stretch in stretches_of_text(passage):
        assert all(math.isfinite(value) for value in word_features(question, stretch).values())


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b'{"models": {"meaning": 3}}', id="no-model"),
        pytest.param(MODEL.read_bytes().replace(b'"spread": ', b'"spread": -', 1), id="negative-spread"),
        pytest.param(MODEL.read_bytes().replace(b'"weight": ', b'"weight": NaN, "was": ', 1), id="not-a-number"),
    ],
)
def test_damaged_coefficients_are_told_by_name(content: bytes) -> None:
    with pytest.raises(DecisionDamaged, match=r"model\.json"):
        read_models(content)


def test_what_ships_says_what_taught_it() -> None:
    told = json.loads(MODEL.read_text(encoding="utf-8"))["record"]
    assert set(told["sets"]) == {"clapnq", "clapnq_dev", "mtragun", "handbook"}
    assert all(one["licence"] == "Apache-2.0" for one in told["sets"].values())
