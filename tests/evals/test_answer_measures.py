from __future__ import annotations

from collections.abc import Sequence

import pytest

from evals.locate import Place
from evals.measures.abstention import abstention_f1, abstention_precision, abstention_recall
from evals.measures.citation import Cited, citation_scores
from evals.measures.evidence_cited import citations_on_evidence, evidence_cited
from evals.measures.faithfulness import faithfulness
from evals.outcome import ABSTAINED, NOT_MEASURABLE, Measurement, Outcome, mean
from evals.scores import ABSTENTION, Said, measure
from evals.text.claims import CitedClaim, ClaimJudge
from rag.answer import Citation
from rag.verify.evidence import Evidence
from rag.verify.verdict import Verdict
from rag.verify.verifier import HermeticVerifier


class AllWords:
    """Supports a claim whose every word is in the evidence: so simple that the expected values can be counted."""

    def verify(self, claim: str, evidence: Evidence | Sequence[str]) -> Verdict:
        texts = evidence.texts if isinstance(evidence, Evidence) else evidence
        held = set(" ".join(texts).split())
        borne_out = bool(texts) and set(claim.split()) <= held
        return Verdict("supported" if borne_out else "unsupported", float(borne_out))


VERIFIER = AllWords()


@pytest.mark.parametrize(
    ("claims", "faithful", "recalled", "precise"),
    [
        pytest.param([("a b", ["a b"])], 1.0, 1.0, 1.0, id="borne-out"),
        pytest.param([("a b", ["a c"])], 0.0, 0.0, 0.0, id="not-borne-out"),
        pytest.param([("a b", ["a", "b"])], 1.0, 1.0, 1.0, id="only-together"),
        pytest.param([("a b", ["a b", "c"])], 1.0, 1.0, 0.5, id="one-citation-does-nothing"),
        pytest.param([("a", ["a"]), ("c", ["a"])], 0.5, 0.5, 0.5, id="half-of-the-claims"),
        pytest.param([("a", ["c"]), ("c", ["a"])], 1.0, 0.0, 0.0, id="faithful-but-miscited"),
        pytest.param([("a", [])], 0.0, 0.0, NOT_MEASURABLE, id="nothing-cited"),
        pytest.param([], NOT_MEASURABLE, NOT_MEASURABLE, NOT_MEASURABLE, id="no-claims"),
    ],
)
def test_faithfulness_and_citations(
    claims: list[tuple[str, list[str]]], faithful: Outcome, recalled: Outcome, precise: Outcome
) -> None:
    cited = [CitedClaim(text, tuple(quotes)) for text, quotes in claims]
    assert faithfulness(cited, ClaimJudge(VERIFIER), abstained=False) == faithful
    assert citation_scores(cited, ClaimJudge(VERIFIER), abstained=False) == Cited(recalled, precise)


def test_an_abstention_claims_nothing() -> None:
    assert faithfulness([], ClaimJudge(VERIFIER), abstained=True) is ABSTAINED
    assert citation_scores([], ClaimJudge(VERIFIER), abstained=True) == Cited(ABSTAINED, ABSTAINED)


def test_what_claims_nothing_is_left_out() -> None:
    judge = ClaimJudge(HermeticVerifier())
    polite = [CitedClaim("Hello!", ()), CitedClaim("The lift is out of order.", ("The lift is out of order.",))]
    assert faithfulness(polite, judge, abstained=False) == 1.0
    assert citation_scores(polite, judge, abstained=False) == Cited(1.0, 1.0)
    assert faithfulness(polite[:1], judge, abstained=False) is NOT_MEASURABLE
    assert citation_scores(polite[:1], judge, abstained=False) == Cited(NOT_MEASURABLE, NOT_MEASURABLE)


def test_a_quote_cited_twice_helps_alone_and_a_claim_is_judged_once() -> None:
    asked: list[tuple[str, ...]] = []

    class Counting(AllWords):
        def verify(self, claim: str, evidence: Evidence | Sequence[str]) -> Verdict:
            asked.append(evidence.texts if isinstance(evidence, Evidence) else tuple(evidence))
            return super().verify(claim, evidence)

    cited = [CitedClaim("a", ("a", "a", "b"))]
    assert citation_scores(cited, ClaimJudge(Counting()), abstained=False) == Cited(1.0, 2 / 3)
    assert len(asked) == len(set(asked))


def citation(document: str, start: int, end: int) -> Citation:
    return Citation(1, document, f"{document}.md", document, "v", None, start, end, "x" * (end - start))


PLACES = [Place("a", ((0, 10), (50, 60)), (), False), Place("b", ((5, 6),), (), False)]


@pytest.mark.parametrize(
    ("citations", "cited", "on_evidence"),
    [
        pytest.param([citation("a", 55, 99)], 0.5, 1.0, id="one-of-two-items"),
        pytest.param([citation("a", 0, 3), citation("b", 0, 9)], 1.0, 1.0, id="both"),
        pytest.param([citation("a", 0, 3), citation("a", 20, 30)], 0.5, 0.5, id="one-beside-it"),
        pytest.param([citation("b", 6, 9)], 0.0, 0.0, id="touching"),
        pytest.param([], 0.0, NOT_MEASURABLE, id="nothing-cited"),
    ],
)
def test_evidence_cited(citations: list[Citation], cited: Outcome, on_evidence: Outcome) -> None:
    assert evidence_cited(citations, PLACES, abstained=False) == cited
    assert citations_on_evidence(citations, PLACES, abstained=False) == on_evidence


def test_without_evidence_citations_cannot_be_held_against_it() -> None:
    assert evidence_cited([citation("a", 0, 3)], [], abstained=False) is NOT_MEASURABLE
    assert citations_on_evidence([], PLACES, abstained=True) is ABSTAINED


RIGHT, MISSED, WRONG, ANSWERED = (False, True), (False, False), (True, True), (True, False)


@pytest.mark.parametrize(
    ("cases", "precision", "recall", "f1"),
    [
        pytest.param([RIGHT, ANSWERED], 1.0, 1.0, 1.0, id="perfect"),
        pytest.param([RIGHT, MISSED, WRONG, WRONG], 1 / 3, 1 / 2, 2 / 5, id="by-hand"),
        pytest.param([RIGHT] + [WRONG] * 4, 1 / 5, 1.0, 1 / 3, id="always-abstains"),
        pytest.param([MISSED, ANSWERED], NOT_MEASURABLE, 0.0, 0.0, id="never-abstains"),
        pytest.param([WRONG, ANSWERED], 0.0, NOT_MEASURABLE, 0.0, id="nothing-to-abstain-from"),
        pytest.param([ANSWERED], NOT_MEASURABLE, NOT_MEASURABLE, NOT_MEASURABLE, id="neither-due-nor-said"),
    ],
)
def test_abstention(cases: list[tuple[bool, bool]], precision: Outcome, recall: Outcome, f1: Outcome) -> None:
    assert abstention_precision(cases) == precision
    assert abstention_recall(cases) == recall
    assert abstention_f1(cases) == f1


@pytest.mark.parametrize(
    ("outcomes", "abstained_as", "expected"),
    [
        pytest.param([1.0, 0.0], None, Measurement(0.5, 2, 0, 0), id="plain"),
        pytest.param([1.0, ABSTAINED, NOT_MEASURABLE], None, Measurement(1.0, 1, 1, 1), id="abstentions-left-out"),
        pytest.param([1.0, ABSTAINED, NOT_MEASURABLE], 0.0, Measurement(0.5, 1, 1, 1), id="abstentions-counted"),
        pytest.param([ABSTAINED], None, Measurement(ABSTAINED, 0, 1, 0), id="only-abstentions"),
        pytest.param([NOT_MEASURABLE], 0.0, Measurement(NOT_MEASURABLE, 0, 0, 1), id="nothing"),
        pytest.param([], None, Measurement(NOT_MEASURABLE, 0, 0, 0), id="no-case"),
    ],
)
def test_mean(outcomes: list[Outcome], abstained_as: float | None, expected: Measurement) -> None:
    assert mean(outcomes, abstained_as=abstained_as) == expected


def test_every_measure_speaks_of_every_case_and_an_unknown_score_is_not_measurable() -> None:
    said = [Said(answerable=True, abstained=False), Said(answerable=False, abstained=True)]
    measures = measure([{"mrr": 0.5}, {}], said, ("mrr", *ABSTENTION))
    assert measures["mrr"] == Measurement(0.5, 1, 0, 1)
    assert measures["abstention_f1"] == Measurement(1.0, 2, 0, 0)
    assert {one.measured + one.abstained + one.not_measurable for one in measures.values()} == {2}
