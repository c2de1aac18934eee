"""Which sentences of an answer are checked: a labelled table, and that nothing with a number in it is let off."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.verify.claims import is_claim, stated

CLAIMS = [
    "Employees may take 16 weeks of parental leave.",
    "The notice period is one month",
    "Paris",
    "Microsoft Corporation",
    "Yes, the deposit is refundable.",
    "No, guests may not use the parking deck.",
    "Fee | EUR 50 | per booking",
    "Sure, the fee is 50 euros.",
    "Based on the sources, the deposit is refundable.",
    "According to the handbook, remote work is allowed.",
    "Here the fee is waived for students.",
    "These are the only documents that are needed: a passport and a visa.",
    "I think that the board approved it.",
    "Good practice is to wear gloves.",
    "Thanks to the merger, revenue doubled.",
    "Welcome packages are sent to new employees.",
    "Great Britain left the union.",
    "The summary is published by the finance team.",
    "The source of the Nile is Lake Victoria.",
    "Sources close to the company deny the merger.",
    "The context of the ruling was a strike.",
    "Let the dough rest overnight.",
    "We found that the drug lowers blood pressure.",
    "We searched the flat and seized the weapons.",
    "I can help customers only on weekdays, the agent said.",
    "Please contact human resources before you travel.",
    "He said: the board did not know.",
    "The following employees are exempt: drivers and guards.",
    "Hello Fresh ships boxes to Austria.",
    "This is a good conductor of heat.",
    "In conclusion, the court dismissed the appeal.",
    "The information is stored for ever.",
    "The documents do expire.",
    '"No problem" was her reply.',
    "# of employees: 1,200",
    "The key points of the contract are price and term.",
    "Unfortunately, the museum is closed.",
    "However, managers are exempt.",
    "Dear leads to Cheap in the alphabet of antonyms.",
    "We are glad to say that revenue doubled.",
    "I'm afraid that the fee doubled.",
    "The documents do not expire.",
    "We searched the flat and seized the documents.",
    "We do not find evidence of harm.",
    "Reach out to the works council before you sign.",
    "This is the list of employees who were dismissed.",
    "That is the main point of the contract.",
    "Did you know that the bridge is a copy?",
    "The bridge is a copy, isn't it?",
    "I don't know much about him, but I know that he coaches the team.",
    "Here is what I found: dogs are welcome.",
    "Let me explain: dogs are welcome.",
    "I don't know why; the board approved it.",
    "It is a great question of our time, and Parliament settled it.",
]
NO_CLAIMS = [
    "",
    "   ",
    "---",
    "I'm afraid I don't know.",
    "Happy to help with anything else!",
    "Hello!",
    "Hi there,",
    "Good morning everyone!",
    "Thanks for asking!",
    "Thank you for your question.",
    "You're welcome!",
    "You\u2019re welcome!",
    "Sure!",
    "Of course.",
    "Certainly!",
    "Great question!",
    "That's a great question.",
    "Here is what I found:",
    "Here's what I found in the documents:",
    "Here is a summary of the policy:",
    "Here are the key points:",
    "The key points are as follows:",
    "Below is a short overview.",
    "The following applies:",
    "In summary:",
    "To sum up:",
    "Summary",
    "Summary:",
    "Key findings",
    "**Overview**",
    "## Parental leave",
    "### 2. Fees",
    "How many weeks of leave are there?",
    "Would you like to know more?",
    'Did she say "no problem"?',
    "I hope this helps!",
    "I hope that this answers your question.",
    "Let me know if you have further questions.",
    "Please let me know if you need anything else.",
    "Feel free to ask more.",
    "I found the following in the documents:",
    "I looked through the sources.",
    "Let me explain.",
    "I will now summarize the policy.",
    "I'm happy to help with anything else.",
    "I don't know.",
    "I cannot answer this question.",
    "The sources do not say who approved it.",
    "The provided documents do not mention a fee.",
    "There is no information about pets in the documents.",
    "Unfortunately, the documents do not answer this question.",
    "Based on the sources:",
    "Sources:",
    "Best regards",
]


@pytest.mark.parametrize("sentence", CLAIMS)
def test_what_states_something_is_a_claim(sentence: str) -> None:
    assert is_claim(sentence)


@pytest.mark.parametrize("sentence", NO_CLAIMS)
def test_what_states_nothing_is_none(sentence: str) -> None:
    assert not is_claim(sentence)


@given(
    st.sampled_from(
        [line for line in NO_CLAIMS if line.strip(" -[]") and "?" not in line and "#" not in line and "*" not in line]
    )
)
def test_a_number_makes_a_claim_of_whatever_it_stands_in(sentence: str) -> None:
    assert is_claim(sentence.rstrip(".!:") + " 16 weeks")


@pytest.mark.parametrize(
    ("sentence", "claimed"),
    [
        pytest.param("Here is what I found: dogs are welcome.", "dogs are welcome.", id="opening"),
        pytest.param("In summary: dogs are welcome.", "dogs are welcome.", id="summary"),
        pytest.param("Based on the sources: dogs are welcome.", "dogs are welcome.", id="sources"),
        pytest.param("Dogs are welcome: they guard us.", "Dogs are welcome: they guard us.", id="a-claim-before-it"),
        pytest.param("These are welcome: dogs.", "These are welcome: dogs.", id="a-list"),
        pytest.param("Here are 16: dogs.", "Here are 16: dogs.", id="a-number-is-never-dropped"),
        pytest.param("In summary:", "In summary:", id="nothing-after-it"),
    ],
)
def test_a_remark_that_opens_a_claim_is_no_part_of_it(sentence: str, claimed: str) -> None:
    assert stated(sentence) == claimed
