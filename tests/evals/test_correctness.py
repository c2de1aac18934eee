from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.measures.correctness import CORRECT_AT, correctness, is_correct
from evals.measures.token_f1 import token_f1
from evals.outcome import ABSTAINED, NOT_MEASURABLE, Outcome
from evals.text.quantities import quantities, same
from evals.text.wording import names, polarity, words

WEEKS = "How many weeks of parental leave do we get?"
PARTY = "When is the summer party?"
PARTY_REFERENCE = "On Friday 26 June 2026 at the Kralingse Plas."


@pytest.mark.parametrize(
    ("question", "reference", "answer", "expected"),
    [
        pytest.param(WEEKS, "16 weeks", "Employees may take 16 weeks at full pay. [1]", 1.0, id="verbatim-sentence"),
        pytest.param(WEEKS, "16 weeks", "Sixteen weeks.", 1.0, id="number-in-words"),
        pytest.param(WEEKS, "16 weeks", "Employees may take 12 weeks. [16]", 0.0, id="a-citation-mark-is-no-number"),
        pytest.param(WEEKS, "16 weeks", "It depends.", 0.0, id="no-number"),
        pytest.param("Cap?", "$1,577 million", "1.58 billion dollars", 1.0, id="other-scale"),
        pytest.param(
            "Capex in USD millions?", "$1577.00", "Purchases of PP&E | (1,577)", 1.0, id="a-table-s-own-scale"
        ),
        pytest.param("What is the rate?", "36%", "36 percent", 1.0, id="percent-in-words"),
        pytest.param("What is the rate?", "36%", "36 weeks", 0.0, id="percent-is-a-unit"),
        pytest.param(PARTY, PARTY_REFERENCE, "The party: 2026-06-26, a Friday, Kralingse Plas.", 1.0, id="iso-date"),
        pytest.param(
            PARTY,
            PARTY_REFERENCE,
            "On Friday 19 June 2026 at the Kralingse Plas.",
            0.375,
            id="another-date-in-its-place",
        ),
        pytest.param("Who is in charge?", "Émile Garnier", "Émile Garnier is.", 1.0, id="name"),
        pytest.param("Who is in charge?", "Émile Garnier", "Claire Fontanel is.", 0.0, id="another-name"),
        pytest.param("Is it open?", "No, it is closed.", "Yes, it is closed.", 0.0, id="contrary-yes-or-no"),
        pytest.param("Is it open?", "No.", "No, never.", 1.0, id="bare-no"),
        pytest.param("Is it open?", "Yes.", "It opens at nine.", NOT_MEASURABLE, id="bare-yes-never-said"),
        pytest.param(
            "May it be refused?", "It may not be refused at all.", "It may be refused.", 0.0, id="negation-lost"
        ),
        pytest.param(
            "May it?", "It may not be refused.", "It may be refused.", 0.25, id="negation-lost-other-words-kept"
        ),
        pytest.param("How many days off?", "2 days.", "Own wedding | 2", 1.0, id="the-unit-stands-in-the-question"),
        pytest.param("What share?", "85 percent", "Weeks 27 to 52 | 85 | People", 1.0, id="the-unit-heads-the-column"),
        pytest.param("How?", "", "So.", NOT_MEASURABLE, id="no-reference"),
        pytest.param("How?", "Slowly.", "", 0.0, id="empty-answer"),
    ],
)
def test_correctness(question: str, reference: str, answer: str, expected: Outcome) -> None:
    assert correctness(question, reference, answer, abstained=False) == expected


def test_an_abstention_is_one_and_is_not_correct() -> None:
    outcome = correctness(WEEKS, "16 weeks", "The documents do not answer this.", abstained=True)
    assert outcome is ABSTAINED
    assert is_correct(outcome) is False
    assert is_correct(NOT_MEASURABLE) is None
    assert is_correct(CORRECT_AT) is True


def test_copying_everything_is_not_correct() -> None:
    everything = "Employees may take 16 weeks. " + "The canteen opens at seven and closes at three. " * 60
    assert float(correctness(WEEKS, "16 weeks", everything, abstained=False)) < 0.2


TEXTS = st.text(alphabet="aN0 1.%$yesno,\n-", max_size=60)


@given(TEXTS, TEXTS, TEXTS)
def test_a_value_lies_between_0_and_1(question: str, reference: str, answer: str) -> None:
    outcome = correctness(question, reference, answer, abstained=False)
    assert outcome is NOT_MEASURABLE or (isinstance(outcome, float) and 0 <= outcome <= 1)


@pytest.mark.parametrize(
    ("wanted", "said", "expected"),
    [
        pytest.param("$1,577 million", "1.58 billion", True, id="rounded-at-another-scale"),
        pytest.param("1577 million", "1,577", True, id="scale-in-the-table-s-heading"),
        pytest.param("$8.70 billion", "8,738", True, id="cents-not-claimed"),
        pytest.param("$25", "$25,000", False, id="neither-names-a-scale"),
        pytest.param("5 million", "5", False, id="one-digit-is-too-little"),
        pytest.param("EUR 0.7 million", "0.7", True, id="a-decimal-in-a-table"),
        pytest.param("54%", "0.54", True, id="percent-as-share"),
        pytest.param("54%", "54", False, id="percent-is-not-the-bare-number"),
        pytest.param("9%", "8.7%", False, id="rounded-to-one-digit"),
        pytest.param("63.86", "63.9", True, id="rounded-to-three"),
        pytest.param("2018", "2019", False, id="years"),
        pytest.param("$50", "€50", False, id="currency"),
        pytest.param("EUR 50", "50 euros", True, id="currency-in-words"),
        pytest.param("twenty-five", "25", True, id="in-words"),
        pytest.param("1 March 2024", "2024-03-01", True, id="iso-date"),
        pytest.param("1 March 2024", "March 1st, 2024", True, id="american-date"),
        pytest.param("1 March", "1 March 2024", True, id="date-as-far-as-wanted"),
        pytest.param("1 March 2024", "1 March", False, id="date-with-less-than-wanted"),
        pytest.param("FY2018", "2018", True, id="fiscal-year"),
    ],
)
def test_same_quantity(wanted: str, said: str, expected: bool) -> None:
    (one,), (other,) = quantities(wanted), quantities(said)
    assert same(one, other) is expected


def test_what_is_no_quantity() -> None:
    assert quantities("Q2, A4 and one of the H200") == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Yes, it is.", "yes", id="yes"),
        pytest.param("**No.** Never.", "no", id="no-in-bold"),
        pytest.param("No more than EUR 50.", None, id="no-more-is-no-answer"),
        pytest.param("Nothing.", None, id="not-a-word-that-begins-so"),
    ],
)
def test_polarity(text: str, expected: str | None) -> None:
    assert polarity(text) == expected


def test_words_and_names_are_folded() -> None:
    assert words("Policies aren't weeks [1, 2]\uff0e") == ["policy", "not", "week"]
    assert names("Ruben Achterberg, in Rotterdam on Monday. The EUR 50 fine.") == [
        "ruben",
        "achterberg",
        "rotterdam",
        "monday",
    ]


@pytest.mark.parametrize(
    ("answer", "reference", "expected"),
    [
        pytest.param("16 weeks", "16 weeks", 1.0, id="same"),
        pytest.param("take 16 weeks now", "16 weeks", 2 * 2 / 6, id="by-hand"),
        pytest.param("", "16 weeks", 0.0, id="empty"),
        pytest.param("x", "", NOT_MEASURABLE, id="no-reference"),
    ],
)
def test_token_f1(answer: str, reference: str, expected: Outcome) -> None:
    assert token_f1(answer, reference, abstained=False) == expected
