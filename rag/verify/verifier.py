"""The verifier seam, and its hermetic default: hard checks, then how much of the claim's content the evidence holds.

It judges support by the texts shown, not truth; it has no model, and two texts that say the same in other words look
unlike each other to it. What a hard check finds (a number, date, name or quotation that the evidence lacks, a negation
turned round) caps the score, however well the rest matches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from indexers.sentences import sentence_spans
from rag.verify.bearing import bearing
from rag.verify.checks import failed
from rag.verify.claims import is_claim
from rag.verify.coverage import coverage
from rag.verify.evidence import Evidence, Sentence, ended
from rag.verify.verdict import Finding, Reason, Verdict, VerdictLabel

HARD_CAP = 0.2
"""The most that a claim scores in which a hard check found something."""

SCORE_PLACES = 6
"""Scores are rounded before they are held against a threshold, so that what is written down decides alike."""

NO_EVIDENCE = Reason("evidence", "cites no evidence")

GRAVEST: tuple[Finding, ...] = ("contradicts", "lacks", "notes")


class Verifier(Protocol):
    """Judges one claim against the texts it cites; never trusts the model that wrote the claim."""

    def verify(self, claim: str, evidence: Evidence | Sequence[str]) -> Verdict:
        """A verdict; with no evidence the claim is unsupported with score 0. Evidence prepared once is read once."""


@dataclass(frozen=True, slots=True)
class VerifierIdentity:
    """Which verifier judged.

    Attributes:
        backend: As ``verifier.backend`` names it.
        model: The model's name, "" where none takes part.
        threshold: The score from which a claim is supported.
        fingerprint: Changes whenever the same claim and evidence may be judged otherwise.
    """

    backend: str
    model: str
    threshold: float
    fingerprint: str


class DescribedVerifier(Verifier, Protocol):
    """A verifier that says what it is and takes many claims at once."""

    @property
    def identity(self) -> VerifierIdentity:
        """What it is."""

    def verify_many(self, pairs: Sequence[tuple[str, Evidence]]) -> list[Verdict]:
        """A verdict for each claim and its evidence, in order: those of `verify`."""


class HermeticVerifier:
    """Hard checks first, then the scorer; a claim of several sentences is as well supported as its weakest one.

    Args:
        supported_from: The least score of a supported claim.
        partial_from: The least score of a claim that is called partly supported.
    """

    def __init__(self, *, supported_from: float = 0.7, partial_from: float = 0.5) -> None:
        self._supported_from = supported_from
        self._partial_from = min(partial_from, supported_from)

    @property
    def identity(self) -> VerifierIdentity:
        """What it is."""
        return VerifierIdentity("hermetic", "", self._supported_from, "coverage")

    def verify_many(self, pairs: Sequence[tuple[str, Evidence]]) -> list[Verdict]:
        """A verdict for each claim and its evidence, in order."""
        return [self._judged(claim, evidence) for claim, evidence in pairs]

    def verify(self, claim: str, evidence: Evidence | Sequence[str]) -> Verdict:
        """A verdict with the reasons that decided it, the gravest first."""
        return self._judged(claim, evidence if isinstance(evidence, Evidence) else Evidence.of(evidence))

    def _judged(self, text: str, evidence: Evidence) -> Verdict:
        sentences = [Sentence(text[start:end]) for start, end in sentence_spans(text)] or [Sentence(text)]
        return weakest([self._sentence(sentence, evidence) for sentence in sentences])

    def _sentence(self, claim: Sentence, evidence: Evidence) -> Verdict:
        states = is_claim(claim.text)
        if evidence.blank:
            return Verdict("unsupported", 0.0, (NO_EVIDENCE,), claim=states)
        if ended(claim.folded) and ended(claim.folded) in evidence.said:
            told = (Reason("verbatim", "verbatim in the evidence"),)
            return Verdict("supported", 1.0, told, bearing(claim, evidence), states)
        share = coverage(claim, evidence)
        reasons = failed(claim, evidence)
        score = round(min(share, HARD_CAP) if reasons else share, SCORE_PLACES)
        label = self._label(score)
        if reasons:
            wrong_number = share >= self._partial_from and reasons[0].name == "number"
            contradicted = wrong_number or any(reason.finding == "contradicts" for reason in reasons)
            label = "contradicted" if contradicted else label
        elif label != "supported":
            reasons = (Reason("coverage", f"{share:.0%} of its content is in the evidence"),)
        support = bearing(claim, evidence) if label in {"supported", "partial"} else ()
        return Verdict(label, score, reasons, support, states)

    def _label(self, score: float) -> VerdictLabel:
        if score >= self._supported_from:
            return "supported"
        return "partial" if score >= self._partial_from else "unsupported"


def weakest(verdicts: Sequence[Verdict]) -> Verdict:
    """The verdict on a claim of several sentences, from those on each: sentences that state nothing do not count.

    The score is the least one. Some sentences borne out and others not is a partly supported claim, unless the evidence
    contradicts one.
    """
    counted = [verdict for verdict in verdicts if verdict.claim] or list(verdicts)
    if len(counted) == 1:
        return counted[0]
    labels = {verdict.label for verdict in counted}
    label: VerdictLabel = "unsupported"
    if labels == {"supported"}:
        label = "supported"
    elif "contradicted" in labels:
        label = "contradicted"
    elif labels & {"supported", "partial"}:
        label = "partial"
    told = [verdict for verdict in counted if verdict.label != "supported"] or counted
    reasons = dict.fromkeys(reason for verdict in told for reason in verdict.reasons)
    places = {place for verdict in counted for place in verdict.support}
    return Verdict(
        label=label,
        score=min(verdict.score for verdict in counted),
        reasons=tuple(sorted(reasons, key=lambda reason: GRAVEST.index(reason.finding))),
        support=tuple(sorted(places, key=lambda place: (place.source, place.start))),
        claim=any(verdict.claim for verdict in counted),
    )
