from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.quantities import scales_in
from rag.verify.checks import KEYS, counts, failed, found
from rag.verify.evidence import Evidence, Sentence
from rag.verify.verdict import Reason

PLANT = (
    "Merrow's plant in Gdynia, led by Ada Brandt since 2019, made $3,410 million in the second quarter of 2022. "
    "It employs 1,270 people, 310 more than the plant in Leeds, and up to 40% of them work at night. "
    "Some drivers may usually park inside for two weeks, which the director, Piotr Nowak, approved on Monday, 14 March "
    "2022. "
    "Line F-22 opened before the old hall was closed."
)


def reasons(claim: str, evidence: str = PLANT) -> tuple[Reason, ...]:
    return failed(Sentence(claim), Evidence.of([evidence]))


@pytest.mark.parametrize(
    ("claim", "name", "finding"),
    [
        pytest.param(
            "It employs 1,720 people, 310 more than the plant in Leeds.", "number", "contradicts", id="number"
        ),
        pytest.param(
            "It employs 310 people, 1,270 more than the plant in Leeds.", "number", "contradicts", id="exchanged"
        ),
        pytest.param(
            "Some drivers may usually park inside for three weeks.", "number", "contradicts", id="small-count"
        ),
        pytest.param("Some drivers may usually park inside for two months.", "unit", "contradicts", id="unit"),
        pytest.param("Merrow's plant in Gdynia made £3,410 million in 2022.", "number", "lacks", id="currency"),
        pytest.param("Up to 60% of them work at night in the plant.", "number", "contradicts", id="percentage"),
        pytest.param("The director approved it on Thursday, 14 March 2022.", "date", "contradicts", id="weekday"),
        pytest.param("The director approved it on Monday, 15 March 2022.", "date", "contradicts", id="day"),
        pytest.param(
            "Merrow's plant in Gdynia made $3,410 million in the fourth quarter of 2022.",
            *("number", "contradicts"),
            id="quarter",
        ),
        pytest.param("The director, Jan Kowal, approved on Monday, 14 March 2022.", "name", "contradicts", id="name"),
        pytest.param(
            "The plant in Gdynia, led by Piotr Nowak since 2019, made $3,410 million.", "name", "contradicts", id="role"
        ),
        pytest.param("Some drivers may not park inside for two weeks.", "negation", "contradicts", id="not"),
        pytest.param("No drivers may usually park inside for two weeks.", "negation", "contradicts", id="no-drivers"),
        pytest.param("It isn't true that line F-22 opened before.", "negation", "contradicts", id="denied"),
        pytest.param("All drivers may usually park inside for two weeks.", "quantifier", "contradicts", id="all"),
        pytest.param("Some drivers must usually park inside for two weeks.", "quantifier", "contradicts", id="must"),
        pytest.param("Some drivers may always park inside for two weeks.", "quantifier", "contradicts", id="always"),
        pytest.param("At least 40% of them work at night.", "quantifier", "contradicts", id="bound"),
        pytest.param("Line F-22 opened after the old hall was closed.", "opposite", "contradicts", id="after"),
        pytest.param("Some drivers may usually park outside for two weeks.", "opposite", "contradicts", id="prefix"),
        pytest.param("Line F-23 opened before the old hall was closed.", "identifier", "lacks", id="identifier"),
        pytest.param('It says that "people work 40% of the night" there.', "quotation", "lacks", id="quotation"),
    ],
)
def test_what_was_changed_is_told(claim: str, name: str, finding: str) -> None:
    assert (name, finding) in {(reason.name, reason.finding) for reason in reasons(claim)}


@pytest.mark.parametrize(
    "claim",
    [
        pytest.param("Merrow's Gdynia plant made $3.41 billion in Q2 of 2022.", id="rescaled"),
        pytest.param("The plant employs about 1,300 people.", id="rounded-and-said-so"),
        pytest.param("The plant employs more than 1,200 people.", id="a-lower-bound"),
        pytest.param("The director approved it on 2022-03-14.", id="iso"),
        pytest.param("The director approved it on 14/03/2022.", id="slashes"),
        pytest.param("P. Nowak, the director, approved it.", id="initial"),
        pytest.param("Some drivers may park inside for 14 days.", id="two-weeks-in-days"),
        pytest.param("Up to forty percent of them work at night.", id="in-words"),
        pytest.param("Ada Brandt has led Merrow's plant in Gdynia since 2019.", id="other-order"),
        pytest.param("The old hall was closed after line F22 opened.", id="code-without-its-hyphen"),
        pytest.param("The plant in Leeds employs 310 people less; 40% of its people work at night.", id="not-sure"),
    ],
)
def test_what_is_said_otherwise_raises_no_alarm(claim: str) -> None:
    assert not reasons(claim)


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        pytest.param(
            "They are not allowed to eat there.", "They are forbidden to eat there with players.", id="forbidden"
        ),
        pytest.param("No, but it has a score of 92 there.", "It has a score of 92 there.", id="an-answer-that-says-no"),
        pytest.param("Half of the voters stayed at home.", "50% of the voters stayed at home.", id="half"),
        pytest.param("Norwegian ships left the port early.", "Ships of Norway left the port early.", id="of-a-country"),
        pytest.param(
            "Bjork Gudmundsdottir sang there.",
            "Bj\u00f6rk Gu\u00f0mundsd\u00f3ttir and Bjork Gudmundsdottir sang there.",
            id="accents",
        ),
        pytest.param("The firm lost 5% of its value.", "The value of the firm changed by -5%.", id="a-loss"),
        pytest.param("It weighs 2.2 kg, or 2,200 g.", "It weighs 2,200 grams.", id="grams"),
        pytest.param("The HR team approves all leave.", "The human resources team approves all leave.", id="initials"),
    ],
)
def test_the_same_in_other_words_raises_no_alarm(claim: str, evidence: str) -> None:
    assert not reasons(claim, evidence)


FILING = (
    "Consolidated statements of income\n(In thousands, except per share data)\n"
    "52 Weeks Ended January 28, 2023 January 29, 2022\nNet sales | $ 10,208,580 | 100.0% | $ 8,630,889 | 100.0%\n"
    "Gross profit | 4,044,000 | 39.6% | 3,364,000 | 39.0%\nNet income was $340.8 million or $6.68 per diluted share."
)


@pytest.mark.parametrize("note", ["(In thousands, except per share data)", "USD 000s", "$ thousands", "(\u00a3'000)"])
def test_a_note_of_scale_multiplies_the_bare_numbers_of_its_text(note: str) -> None:
    evidence = FILING.replace("(In thousands, except per share data)", note)
    assert not reasons("Net sales for the fiscal year were $10.2 billion.", evidence)
    assert not reasons("Net sales were 10,208,580 in the year that ended on January 28, 2023.", evidence)


@pytest.mark.parametrize(
    "claim",
    [
        pytest.param("Net sales in 52 weeks were $10.4 billion.", id="another-number"),
        pytest.param("Net income was $340.8 billion in the year.", id="scaled-already"),
        pytest.param("The net sales of the 52 weeks were $2.0 million.", id="a-year-is-no-amount"),
    ],
)
def test_a_note_of_scale_bears_out_nothing_else(claim: str) -> None:
    assert reasons(claim, FILING)


def test_a_note_of_scale_is_of_its_own_text_alone() -> None:
    claim, table = (
        Sentence("Net sales for the fiscal year were $10.2 billion."),
        "Net sales | $ 10,208,580 | fiscal year",
    )
    assert failed(claim, Evidence.of(["Units (in thousands)", table]))
    assert not failed(claim, Evidence.of(["Units: 5", f"(in thousands) {table}"]))


@pytest.mark.parametrize(
    "words", ["sold in millions of homes", "it cost $2 million", "they came in thousands to see it"]
)
def test_prose_is_no_note_of_scale(words: str) -> None:
    assert scales_in(words) == ()


def test_dates_are_told_whole_and_without_the_full_stop_of_the_sentence() -> None:
    evidence = "The challenge begins on 13th of November and ends 31st of January."
    told = [reason.text for reason in reasons("The challenge ends on 13 January.", evidence)]
    assert told == ["says '13 January' where the evidence says '31st of January'"]


def test_what_another_sentence_says_of_it_is_no_contradiction() -> None:
    evidence = (
        "The plant in Leeds was opened by Ada Brandt in 2019. The plant in Gdynia was opened by Piotr Nowak in 2021."
    )
    assert not reasons("The plant in Gdynia was opened by Piotr Nowak in 2021.", evidence)


def test_an_unsure_check_is_a_note_and_a_feature_but_no_failure() -> None:
    claim, evidence = (
        Sentence("Metallica toured in small clubs of Sweden."),
        Evidence.of(["The band played small halls."]),
    )
    told = found(claim, evidence)
    assert {reason.finding for reason in told} == {"notes"}
    assert counts(told)["check_name_noted"] == 1.0
    assert not failed(claim, evidence)


def test_every_feature_is_there_whatever_is_found() -> None:
    assert tuple(counts(())) == KEYS
    assert set(counts(()).values()) == {0.0}


def test_no_evidence_fails_nothing_here() -> None:
    assert found(Sentence("It holds 5."), Evidence.of([])) == ()


HOSTILE = [
    pytest.param("9" * 200_000, id="a-very-long-number"),
    pytest.param("1,000" + ",000" * 3_000, id="a-very-large-number"),
    pytest.param("1e400 " + "9" * 400 + " billion trillion", id="beyond-floating-point"),
    pytest.param("1 2 3 4 5 6 7 8 9 " * 200, id="many-numbers"),
    pytest.param("".join(f" {at}" for at in range(2_000)), id="many-different-numbers"),
    pytest.param("two hundred and " * 500, id="number-words"),
    pytest.param("1/1/" * 1_000, id="slashes"),
    pytest.param('"' * 20_000, id="quotation-marks"),
    pytest.param('"abc ' * 1_000, id="open-quotations"),
    pytest.param("a-1." * 2_000 + "@", id="an-address-without-end"),
    pytest.param("not " * 1_000, id="negations"),
    pytest.param("May May " * 500, id="months"),
    pytest.param("\u0301" * 20_000, id="accents-alone"),
    pytest.param("\ud800 is 5", id="half-a-surrogate-pair"),
    pytest.param("(" * 5_000 + "-5" + "%" * 5_000, id="brackets"),
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_checked_in_bounded_work_and_told_in_few_words(text: str) -> None:
    plain = "The fee is 5 euros in May 2020, says Ada."
    for claim, evidence in ((text, plain), (plain, text), (text, text[:-1])):
        for reason in found(Sentence(claim), Evidence.of([evidence])):
            assert len(reason.text) < 500
            json.dumps(reason.text, allow_nan=False)


def test_more_numbers_than_can_be_checked_are_no_silent_pass() -> None:
    claim = "It holds " + ", ".join(str(at) for at in range(400))
    assert any("too many" in reason.text for reason in reasons(claim, claim + " in all"))


@given(st.text(max_size=200), st.text(max_size=200))
@settings(max_examples=60, deadline=None)
def test_any_text_can_be_checked(claim: str, evidence: str) -> None:
    assert set(counts(found(Sentence(claim), Evidence.of([evidence])))) == set(KEYS)
