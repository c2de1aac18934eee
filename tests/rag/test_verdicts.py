"""The composed verifier: several sentences, sentences that claim nothing, and the places that bear a claim out."""

from __future__ import annotations

import pytest

from rag.verify.evidence import Evidence, Sentence
from rag.verify.verdict import Support
from rag.verify.verifier import HermeticVerifier

LEAVE = "Employees may take 16 weeks of parental leave at full pay."
DOGS = "Dogs are welcome in the office on Fridays."
TEXTS = [f"{LEAVE} It starts in March.", DOGS]


@pytest.mark.parametrize(
    ("claim", "label"),
    [
        pytest.param(f"{LEAVE} {DOGS}", "supported", id="both"),
        pytest.param(f"{LEAVE} Cats sleep under the palm trees of Bermuda.", "partial", id="one-of-two"),
        pytest.param(f"{LEAVE} Dogs are not welcome in the office on Fridays.", "contradicted", id="one-turned"),
        pytest.param(f"Hello! Here is what I found: {LEAVE}", "supported", id="greeting"),
        pytest.param(f"Is it paid? {LEAVE}", "supported", id="question"),
        pytest.param("Cats purr. Parrots talk loudly.", "unsupported", id="neither"),
    ],
)
def test_a_claim_of_several_sentences_is_as_good_as_its_weakest(claim: str, label: str) -> None:
    verifier = HermeticVerifier()
    verdict = verifier.verify(claim, TEXTS)
    assert verdict.label == label, verdict
    assert (verdict.label == "supported") == (verdict.score >= verifier.identity.threshold)


@pytest.mark.parametrize("text", ["Hello!", "How many weeks?", "Here is what I found:", "Hello! How are you?"])
def test_what_claims_nothing_says_so(text: str) -> None:
    verdict = HermeticVerifier().verify(text, TEXTS)
    assert not verdict.claim
    assert verdict.told == "states nothing that could be borne out"
    assert verdict.failed_checks == ()
    assert HermeticVerifier().verify(f"{text} {DOGS}", TEXTS).claim


def test_support_names_the_sentences_and_their_texts() -> None:
    evidence = Evidence.of(TEXTS)
    verdict = HermeticVerifier().verify("Employees get 16 weeks of leave, and dogs are welcome on Fridays.", evidence)
    assert [evidence.texts[at.source][at.start : at.end] for at in verdict.support] == [LEAVE, DOGS]
    assert HermeticVerifier().verify(DOGS, evidence).support == (Support(1, 0, len(DOGS)),)


def test_nothing_bears_out_what_is_not_supported() -> None:
    assert HermeticVerifier().verify("Cats sleep on the palm trees of Bermuda.", TEXTS).support == ()


def test_many_are_judged_as_one_by_one_and_evidence_may_be_prepared() -> None:
    verifier, evidence = HermeticVerifier(), Evidence.of(TEXTS)
    claims = [LEAVE, DOGS, "Dogs are not welcome in the office on Fridays.", "", "Hello!"]
    many = verifier.verify_many([(claim, evidence) for claim in claims])
    assert many == [verifier.verify(claim, TEXTS) for claim in claims]


def test_texts_that_several_evidences_share_are_read_once() -> None:
    read: dict[str, tuple[Sentence, ...]] = {}
    first, second = Evidence.of(TEXTS, read), Evidence.of(TEXTS[::-1], read)
    assert {id(sentence) for sentence in first.sentences} == {id(sentence) for sentence in second.sentences}
    for evidence in (first, second):
        for sentence, source in zip(evidence.sentences, evidence.sources, strict=True):
            assert evidence.texts[source][sentence.start : sentence.end] == sentence.text


def test_the_gravest_reason_comes_first_and_each_once() -> None:
    claim = "Dogs of Initech are not welcome in the office on Fridays. Dogs are not welcome in the office on Fridays."
    verdict = HermeticVerifier().verify(claim, TEXTS)
    assert verdict.failed_checks == ("negation", "name")
    assert verdict.label == "contradicted"


def test_what_no_check_explains_is_told_by_the_words_that_are_missing() -> None:
    verdict = HermeticVerifier().verify("Cats sleep under palm trees.", TEXTS)
    assert verdict.told == "the evidence has no 'Cats', 'sleep', 'palm', 'trees'"
