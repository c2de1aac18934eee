from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.measures.key_points import KeyPoints, key_points
from evals.outcome import ABSTAINED, NOT_MEASURABLE

QUESTION = "How are lenses cleaned?"
REFERENCE = "Blow the dust away first. Then wipe with alcohol."


def points(answer: str, *, question: str = QUESTION, reference: str = REFERENCE) -> KeyPoints:
    return key_points(question, reference, answer, abstained=False)


@pytest.mark.parametrize(
    ("answer", "recall", "precision"),
    [
        pytest.param(REFERENCE, 1.0, 1.0, id="the-reference"),
        pytest.param("Wipe with alcohol, then blow dust away first.", 1.0, 1.0, id="in-another-order"),
        pytest.param("Then wipe with alcohol.", 0.5, 1.0, id="one-point-of-two"),
        pytest.param("Wipe with alcohol. Soap harms coatings.", 0.5, 0.5, id="and-one-that-the-reference-lacks"),
        pytest.param("Are lenses cleaned? How lenses are cleaned!", 0.0, 0.0, id="the-question"),
        pytest.param("I'm sorry, but the text does not say whether to blow or wipe.", 0.0, 0.0, id="declines"),
        pytest.param("", 0.0, 0.0, id="empty"),
        pytest.param("[1] [2]", 0.0, 0.0, id="citation-marks"),
    ],
)
def test_recall_and_precision_by_hand(answer: str, recall: float, precision: float) -> None:
    found = points(answer)
    assert found.recall == pytest.approx(recall)
    assert found.precision == pytest.approx(precision)


def test_f1_is_the_harmonic_mean() -> None:
    assert points("Wipe with alcohol.").f1 == pytest.approx(2 / 3)


def test_numbers_are_compared_by_value_and_negation_is_a_term() -> None:
    assert points("1.58 billion dollars", question="Capex?", reference="$1,577 million").f1 == 1.0
    assert points("It may be wiped.", question="May it?", reference="It may not be wiped.").recall == 0.5


def test_a_reference_that_only_repeats_the_question_is_asked_for_in_full() -> None:
    assert points("Lenses are cleaned.", reference="Lenses are cleaned.").f1 == 1.0
    assert points("Mirrors are.", reference="Lenses are cleaned.").f1 == 0.0


def test_what_cannot_be_measured_and_abstentions() -> None:
    assert points("So.", reference="") == KeyPoints(NOT_MEASURABLE, NOT_MEASURABLE, NOT_MEASURABLE)
    assert points("So.", reference="It is so.").recall is NOT_MEASURABLE
    assert key_points(QUESTION, REFERENCE, "", abstained=True) == KeyPoints(ABSTAINED, ABSTAINED, ABSTAINED)


TEXTS = st.text(max_size=80) | st.text(alphabet="abc. not12%$\n", max_size=80)


@given(TEXTS, TEXTS, TEXTS)
def test_every_value_lies_between_0_and_1_and_f1_between_the_two(question: str, reference: str, answer: str) -> None:
    found = key_points(question, reference, answer, abstained=False)
    if found.f1 is NOT_MEASURABLE:
        assert found.recall is found.precision is NOT_MEASURABLE
    else:
        low, high = sorted((float(found.recall), float(found.precision)))
        assert low >= 0
        assert high <= 1
        assert float(found.f1) == 0 or low - 1e-9 <= float(found.f1) <= high + 1e-9


@given(st.lists(st.sampled_from(["Blow the dust away.", "Wipe with alcohol.", "Keep it dry."]), min_size=1, max_size=3))
def test_saying_a_point_twice_gains_nothing_in_recall(sentences: list[str]) -> None:
    answer = " ".join(sentences)
    assert points(f"{answer} {answer}").recall == points(answer).recall
