from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.measures.refusal import refuses

DECLINING = [
    pytest.param("", id="empty"),
    pytest.param("I don't know.", id="does-not-know"),
    pytest.param("NOT IN THE SOURCES", id="the-phrase-of-our-prompt"),
    pytest.param("The documents do not answer this question. The nearest passages are cited.", id="our-abstention"),
    pytest.param("Sorry, I couldn\u2019t find anything about that.", id="found-nothing"),
    pytest.param("I'm sorry, but the manual provided does not include the torque of that screw.", id="sources-lack"),
    pytest.param("There is no mention of a dress code in the passages.", id="no-mention"),
    pytest.param("The warranty period is not specified.", id="not-specified"),
    pytest.param("As an AI, I don't have real-time access. Please check the timetable.", id="no-access"),
    pytest.param(
        "To work out the yield, we need the coupon and the price. The excerpts give the coupon, 4%. "
        "They give no price. Therefore the yield cannot be calculated.",
        id="declines-in-the-end",
    ),
    pytest.param(
        "I cannot determine the margin. However, the formula is:\n\nMargin = Operating Income / Revenue\n\n"
        "Please provide both figures.",
        id="shows-only-the-formula",
    ),
]
MORE_DECLINING = """
There isn't enough information to answer this.
The question cannot be answered from the given sources.
I was unable to find any information about this topic.
It doesn't say.
Unfortunately the documents lack details on pricing.
This information is missing from the report.
That is unknown.
None of the sources mention a warranty.
Neither passage mentions the salary.
The document fails to mention the amount.
N/A
CANNOTANSWER
Not specified.
I'd need more information to answer this question.
The context only covers 2019 and 2020, so the 2021 figure cannot be determined.
The retrieved passages discuss travel, but they do not say anything about meals.
The excerpts are silent on this point.
It is not possible to tell from the table which product sold best.
No, I cannot answer that.
"""
MORE_ANSWERING = """
It is not known as a tourist town; it is an industrial one, with 40,000 people.
There is no evidence that the drug helps.
No information may be passed to third parties.
The court could not determine the cause of the fire.
The committee was unable to find a candidate, so the post stays vacant.
It is impossible to open the valve without the key.
The text does not say so explicitly, but the 3% rise implies sales of $103 million.
It is not clear-cut, but most courts hold the seller liable.
If you need more information, contact sales. The plan costs $20.
Please submit the form within 10 days.
We do not offer refunds.
There is no minimum age.
Unfortunately, flight AB12 was cancelled because of fog.
Scientists do not know the exact age, but estimate 4.5 billion years.
"""
ANSWERING = [
    pytest.param("42", id="a-number"),
    pytest.param("No.", id="no"),
    pytest.param("Lunch is not provided.", id="an-answer-that-negates"),
    pytest.param("You cannot claim expenses after 90 days.", id="a-rule-that-forbids"),
    pytest.param("You cannot deduct the cost at once.", id="deduct-is-not-deduce"),
    pytest.param("The fee does not include VAT.", id="does-not-include"),
    pytest.param("Parking is not available on Sundays.", id="not-available"),
    pytest.param("The firm bought two companies in 2022. No acquisition is mentioned for 2021.", id="a-gap-in-passing"),
    pytest.param(
        "The margin is not stated in the text. However, it follows from the table: 12 / 80 = 15%.", id="takes-it-back"
    ),
    pytest.param("It is an unwritten rule that is not mentioned in the rule book.", id="a-clause"),
]


@pytest.mark.parametrize("answer", [*DECLINING, *MORE_DECLINING.strip().splitlines()])
def test_what_declines(answer: str) -> None:
    assert refuses(answer)


@pytest.mark.parametrize("answer", [*ANSWERING, *MORE_ANSWERING.strip().splitlines()])
def test_what_answers(answer: str) -> None:
    assert not refuses(answer)


@given(st.text(max_size=200))
def test_any_text_is_judged_and_white_space_around_it_changes_nothing(answer: str) -> None:
    assert refuses(answer) is refuses(f"\n {answer}  ") or not answer.strip()


def test_a_huge_answer_is_judged_by_its_ends() -> None:
    filler = "The canteen opens at seven. " * 40_000
    assert refuses("I cannot answer this question. " + filler)
    assert not refuses(filler + "It closes at three.")
