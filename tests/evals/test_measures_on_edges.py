"""Whatever strangers' answers and references hold, every measure of a text gives a value from 0 to 1 or a named gap."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from evals.measures.context import context_recall
from evals.measures.correctness import correctness
from evals.measures.exact_match import exact_match
from evals.measures.key_points import key_points
from evals.measures.numeric_match import numeric_match
from evals.measures.refusal import refuses
from evals.measures.token_f1 import token_f1
from evals.outcome import ABSTAINED, NOT_MEASURABLE, Gap, Outcome
from tests.rag.windows import window_of

Measure = Callable[[str, str, str, bool], Outcome]
"""Of question, reference, answer, and whether it abstained."""

MEASURES: dict[str, Measure] = {
    "correctness": lambda q, r, a, off: correctness(q, r, a, abstained=off),
    "key-point-f1": lambda q, r, a, off: key_points(q, r, a, abstained=off).f1,
    "numeric-match": lambda q, r, a, off: numeric_match(q, r, a, abstained=off),
    "exact-match": lambda _, r, a, off: exact_match(a, r, abstained=off),
    "token-f1": lambda _, r, a, off: token_f1(a, r, abstained=off),
}
TEXTS = {
    "empty": "",
    "blank": " \n\t\u00a0",
    "marks": "[1] [2, 3]",
    "punctuation": "?!. -- \u2026",
    "half-a-pair": "The sum is \ud800 42.",
    "nul": "4\x002 euros",
    "right-to-left": "\u202e\u05e9\u05dc\u05d5\u05dd 42",
    "no-blanks": "\u4f60\u597d\u4e16\u754c\u3002" * 50,
    "emoji": "\U0001f468\u200d\U0001f469\u200d\U0001f467 42 \u0665",
    "one-word": "a" * 20_000,
    "numbers": "12.5% of $1,000 " * 200,
    "sentences": "The canteen opens at 7. " * 300,
    "negations": "It is not that it is not. " * 200,
    "formula": "margin = income / revenue = 4 " * 200,
}
REFERENCE = "The canteen opens at 7 and does not close."


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("text", TEXTS)
def test_any_text_as_answer_reference_and_question(measure: str, text: str) -> None:
    of, odd = MEASURES[measure], TEXTS[text]
    for question, reference, answer in (("When?", REFERENCE, odd), ("When?", odd, REFERENCE), (odd, REFERENCE, odd)):
        outcome = of(question, reference, answer, False)
        assert outcome is NOT_MEASURABLE or 0 <= float(outcome) <= 1
        assert of(question, reference, answer, True) in {ABSTAINED, NOT_MEASURABLE}


@pytest.mark.parametrize("text", TEXTS)
def test_any_text_declines_or_not_and_is_shown_or_not(text: str) -> None:
    assert isinstance(refuses(TEXTS[text]), bool)
    assert isinstance(context_recall(window_of(["Open."]), "When?", TEXTS[text]), float | Gap)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("reference", [REFERENCE, "42 euros", "No, never.", "Ruben Achterberg", "16 weeks at full pay"])
def test_the_reference_is_a_perfect_answer_to_itself(measure: str, reference: str) -> None:
    outcome = MEASURES[measure]("", reference, reference, False)
    assert outcome is NOT_MEASURABLE or outcome == pytest.approx(1.0)


@pytest.mark.parametrize("measure", MEASURES)
def test_an_empty_answer_is_worth_nothing_and_an_empty_reference_cannot_be_held_against_anybody(measure: str) -> None:
    assert MEASURES[measure]("When?", REFERENCE, "", False) == 0.0
    assert MEASURES[measure]("When?", "", REFERENCE, False) is NOT_MEASURABLE


@pytest.mark.parametrize("measure", ["correctness", "key-point-f1"])
def test_filler_never_helps(measure: str) -> None:
    of, filler = MEASURES[measure], " The porter's desk keeps spare keys for every bicycle."
    values = [float(of("When?", REFERENCE, REFERENCE + filler * times, False)) for times in (0, 5, 50, 500)]
    assert values == sorted(values, reverse=True)
    assert values[-1] < 0.3
