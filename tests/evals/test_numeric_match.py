from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.measures.exact_match import exact_match
from evals.measures.numeric_match import numeric_match
from evals.outcome import ABSTAINED, NOT_MEASURABLE, Outcome

CAPEX = "What was capital expenditure in 2018, in USD millions?"
WORKING = "DIO is 52.71 days. DSO is 36.38 days. DPO is 92.85 days. Sales were $16,865.2. COGS were $11,108.4. "


@pytest.mark.parametrize(
    ("question", "reference", "answer", "expected"),
    [
        pytest.param(CAPEX, "1577", "It was $1.577 billion in 2018.", 1.0, id="another-scale"),
        pytest.param(CAPEX, "$1577.00", "Purchases of PP&E | (1,577)", 1.0, id="as-accounts-print-it"),
        pytest.param(CAPEX, "1577", "It was $1,578 million.", 0.0, id="another-amount"),
        pytest.param(CAPEX, "1577", "It was 2018.", 0.0, id="the-question-s-number"),
        pytest.param("Which ratio?", "3.46", "The ratio is about 3.45.", 1.0, id="worked-with-rounded-figures"),
        pytest.param("Which ratio?", "63.86", "The ratio is 63.84.", 1.0, id="a-thousandth"),
        pytest.param("Which ratio?", "3.46", "The ratio is 3.56.", 0.0, id="not-near"),
        pytest.param("Which ratio?", "0.01", "The ratio is 0.02.", 0.0, id="one-unit-of-one-digit-is-too-much"),
        pytest.param("In which year?", "2018", "In 2019.", 0.0, id="whole-numbers-are-not-near"),
        pytest.param("How many?", "twenty-five", "There are 25 of them.", 1.0, id="in-words"),
        pytest.param("Which ratio?", "23.5%", "0.235", 1.0, id="percent-as-share"),
        pytest.param("How much each?", "A got $12 and B got $34.", "A got $12.", 0.5, id="one-of-two"),
        pytest.param("Share?", "36%. This takes 28 January 2023 as the end.", "36%", 1.0, id="explanations-follow"),
        pytest.param("CCC?", "-3.7", WORKING + "CCC = -3.76 days.", 1.0, id="closes-with-the-result"),
        pytest.param("DSO?", "36.38", WORKING + "So it is 3.1, that is 3.2, or 3.3.", 0.0, id="only-in-the-working"),
        pytest.param("Who?", "Nobody.", "42", NOT_MEASURABLE, id="no-number-asked-for"),
        pytest.param("How many?", "", "42", NOT_MEASURABLE, id="no-reference"),
        pytest.param("How many?", "42", "", 0.0, id="empty-answer"),
    ],
)
def test_numeric_match(question: str, reference: str, answer: str, expected: Outcome) -> None:
    assert numeric_match(question, reference, answer, abstained=False) == expected


def test_an_abstention_is_one_only_where_a_number_was_asked_for() -> None:
    assert numeric_match("How many?", "42", "", abstained=True) is ABSTAINED
    assert numeric_match("Who?", "Nobody.", "", abstained=True) is NOT_MEASURABLE


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_a_value_lies_between_0_and_1(question: str, reference: str, answer: str) -> None:
    outcome = numeric_match(question, reference, answer, abstained=False)
    assert outcome is NOT_MEASURABLE or (isinstance(outcome, float) and 0 <= outcome <= 1)


@given(st.integers(min_value=10, max_value=10**12))
def test_a_number_is_itself(number: int) -> None:
    assert numeric_match("How many?", f"{number:,}", f"There are {number} of them.", abstained=False) == 1.0


@pytest.mark.parametrize(
    ("answer", "reference", "expected"),
    [
        pytest.param("The Eiffel Tower.", "eiffel tower", 1.0, id="article-case-and-stop"),
        pytest.param("Eiffel Tower [1]", "Eiffel Tower", 1.0, id="a-citation-mark-is-no-word"),
        pytest.param("It is the Eiffel Tower", "Eiffel Tower", 0.0, id="one-word-more"),
        pytest.param("", "Eiffel Tower", 0.0, id="empty-answer"),
        pytest.param("Eiffel Tower", "The.", NOT_MEASURABLE, id="reference-without-a-word"),
    ],
)
def test_exact_match(answer: str, reference: str, expected: Outcome) -> None:
    assert exact_match(answer, reference, abstained=False) == expected
