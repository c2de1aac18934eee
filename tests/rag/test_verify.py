from __future__ import annotations

import pytest

from rag.quantities import missing_numbers
from rag.verify import LexicalVerifier

LEAVE = "Employees may take 16 weeks of parental leave at full pay, starting on 1 March 2026."
REVENUE = "Revenue was $1,577 million in 2022, 4.5% more than in 2021, and the board did not approve a dividend."

VERDICTS = [
    pytest.param(LEAVE, [LEAVE], "supported", id="verbatim"),
    pytest.param("Employees may take 16 weeks of parental leave.", [LEAVE], "supported", id="shorter"),
    pytest.param("Employees may take sixteen weeks of parental leave.", [LEAVE], "supported", id="number-as-a-word"),
    pytest.param("Employees may take 18 weeks of parental leave.", [LEAVE], "contradicted", id="another-number"),
    pytest.param("Parental leave starts on 2026-03-01 at full pay.", [LEAVE], "supported", id="date-written-otherwise"),
    pytest.param("Parental leave starts on 1 May 2026 at full pay.", [LEAVE], "contradicted", id="another-month"),
    pytest.param("Employees may not take parental leave at full pay.", [LEAVE], "contradicted", id="negated"),
    pytest.param("Revenue was $1.58 billion in 2022.", [REVENUE], "supported", id="scale-and-rounding"),
    pytest.param("Revenue was $1.57 billion in 2022.", [REVENUE], "contradicted", id="rounded-wrongly"),
    pytest.param("Revenue was €1,577 million in 2022.", [REVENUE], "contradicted", id="another-currency"),
    pytest.param("Revenue was 4.5 million more in 2022 than 2021.", [REVENUE], "contradicted", id="percent-is-a-unit"),
    pytest.param("Revenue was 4.5% less in 2022 than in 2021.", [REVENUE], "contradicted", id="opposite"),
    pytest.param(
        "The board approved a dividend.", ["The board did not approve a dividend."], "contradicted", id="flip"
    ),
    pytest.param("Employees of Initech take parental leave at full pay.", [LEAVE], "unsupported", id="another-name"),
    pytest.param('Parental leave is "unpaid by law" for employees.', [LEAVE], "unsupported", id="quotation"),
    pytest.param("Ticket ABC-123 gives parental leave at full pay.", [LEAVE], "unsupported", id="identifier"),
    pytest.param("Cats sleep most of the day.", [LEAVE], "unsupported", id="something-else"),
    pytest.param(LEAVE, [], "unsupported", id="no-evidence"),
    pytest.param(LEAVE, ["", "  "], "unsupported", id="blank-evidence"),
    pytest.param("", [LEAVE], "unsupported", id="empty-claim"),
    pytest.param(
        "Parental leave pays employees in full, and grandparents share holidays with colleagues.",
        [LEAVE],
        "partial",
        id="half-of-it",
    ),
    pytest.param("The HR team approves it.", ["The human resources team approves it."], "supported", id="abbreviation"),
    pytest.param(
        "Leave is 16 weeks and pay day is the 25th.",
        ["Leave is 16 weeks.", "Pay day is the 25th."],
        "supported",
        id="two",
    ),
]


@pytest.mark.parametrize(("claim", "evidence", "label"), VERDICTS)
def test_verdict(claim: str, evidence: list[str], label: str) -> None:
    verdict = LexicalVerifier().verify(claim, evidence)
    assert verdict.label == label, verdict
    assert 0.0 <= verdict.score <= 1.0
    assert verdict.reasons or verdict.label == "supported"


def test_a_sentence_of_the_evidence_scores_one_and_no_evidence_zero() -> None:
    verifier = LexicalVerifier()
    assert verifier.verify("  employees MAY take 16 weeks. ", ["Rules. Employees may take 16 weeks."]).score == 1.0
    assert verifier.verify(LEAVE, []).score == 0.0


def test_part_of_a_sentence_is_not_verbatim() -> None:
    verdict = LexicalVerifier().verify("The board approved it.", ["It is false that the board approved it."])
    assert verdict.reasons != ("verbatim in the evidence",)


@pytest.mark.parametrize(
    ("claim", "evidence", "missing"),
    [
        pytest.param("12 of 1,200", "12 of 1200", [], id="thousands"),
        pytest.param("about 5%", "5 percent", [], id="percent-in-words"),
        pytest.param("5%", "5 people", ["5%"], id="percent-is-no-plain-number"),
        pytest.param("20 dollars", "$20", [], id="currency-after"),
        pytest.param("$3", "$3.49", [], id="rounds-down"),
        pytest.param("$3.49", "$3", ["$3.49"], id="more-precise-than-the-evidence"),
        pytest.param("$3", "$3.60", ["$3"], id="rounds-up-elsewhere"),
        pytest.param("2.5 million", "2,500,000", [], id="scale"),
        pytest.param("$40k", "$40,000", [], id="k"),
        pytest.param("March 2026", "1 March 2026", [], id="month-of-a-date"),
        pytest.param("5 March 2026", "March 2026", ["5 March 2026"], id="day-that-is-not-there"),
        pytest.param("March 5", "5 March 2026", [], id="day-and-month"),
        pytest.param("in 2026", "on 1 March 2026", [], id="year-of-a-date"),
        pytest.param("twenty-one days", "21 days", [], id="compound"),
    ],
)
def test_numbers(claim: str, evidence: str, missing: list[str]) -> None:
    assert missing_numbers(claim, [evidence]) == missing
