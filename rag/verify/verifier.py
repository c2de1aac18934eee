"""The verifier seam, and its hermetic default: hard checks that are nearly never wrong, then a trained scorer.

It judges support by the texts shown, not truth. What a hard check finds (a number, date, name or quotation that the
evidence lacks, a negation turned round) takes most of the score, however well the rest matches.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from indexers.sentences import sentence_spans
from rag.verify.bearing import bearing, shortfall
from rag.verify.checks import failed
from rag.verify.claims import is_claim, stated
from rag.verify.evidence import Evidence, Sentence, ended
from rag.verify.scorer import shipped
from rag.verify.verdict import Finding, Reason, Verdict, VerdictLabel

SUPPORTED_FROM = 0.5
"""Where a claim is as likely supported as not, had both been equally likely before: fixed before any set was opened."""

PARTIAL_FROM = 0.35
HARD_SHARE = 0.2
"""What is left of a score where a hard check found something, so that it orders such claims and supports none."""

VALUES = frozenset({"number", "date", "percentage", "currency", "unit"})
"""Checks of values: evidence that speaks of the same thing and lacks the value has another one."""

CHECKS_VERSION = 3
"""To be raised whenever a hard check or the reading of claims changes what is found."""

SCORE_PLACES = 6
"""Scores are rounded before they are held against a threshold, so that what is written down decides alike."""

NO_EVIDENCE = Reason("evidence", "cites no evidence")
NO_CLAIM = Reason("claim", "states nothing that could be borne out")
VERBATIM = Reason("verbatim", "verbatim in the evidence")

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
    """Hard checks sentence by sentence, and the trained scorer over the whole claim.

    Args:
        supported_from: The least score of a supported claim.
        partial_from: The least score of a claim that is called partly supported.
    """

    def __init__(self, *, supported_from: float = SUPPORTED_FROM, partial_from: float = PARTIAL_FROM) -> None:
        self._supported_from = supported_from
        self._partial_from = min(partial_from, supported_from)

    @property
    def identity(self) -> VerifierIdentity:
        """Scorer, checks and borders.

        Raises:
            ScorerDamaged: The scorer's coefficients are missing or of another version.
        """
        parts = [shipped().version, CHECKS_VERSION, HARD_SHARE, self._partial_from]
        digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
        return VerifierIdentity("hermetic", "", self._supported_from, digest)

    def verify_many(self, pairs: Sequence[tuple[str, Evidence]]) -> list[Verdict]:
        """A verdict for each claim and its evidence, in order; errors as for `verify`."""
        return [self.verify(claim, evidence) for claim, evidence in pairs]

    def verify(self, claim: str, evidence: Evidence | Sequence[str]) -> Verdict:
        """A verdict with the reasons that decided it, the gravest first.

        Raises:
            ScorerDamaged: The scorer's coefficients are missing or of another version.
        """
        evidence = evidence if isinstance(evidence, Evidence) else Evidence.of(evidence)
        sentences = [Sentence(stated(claim[start:end])) for start, end in sentence_spans(claim)] or [Sentence(claim)]
        stating = [sentence for sentence in sentences if is_claim(sentence.text)]
        asking = [sentence for sentence in sentences if sentence.text.endswith("?")]
        if evidence.blank:
            return Verdict("unsupported", 0.0, (NO_EVIDENCE,), claim=bool(stating))
        counted = stating or sentences
        told = " ".join(one.text for one in sentences if one in counted or one in asking)
        whole = Sentence(claim if len(told) >= len(" ".join(claim.split())) else told)
        if all(ended(sentence.folded) in evidence.said for sentence in counted) and whole.words:
            return Verdict("supported", 1.0, (VERBATIM,), bearing(whole, evidence), bool(stating))
        verdict = self._scored(whole, counted, evidence)
        return verdict if stating else replace(verdict, reasons=(NO_CLAIM,), claim=False)

    def _scored(self, whole: Sentence, counted: Sequence[Sentence], evidence: Evidence) -> Verdict:
        chance = shipped().probability(whole, evidence)
        found = dict.fromkeys(reason for sentence in counted for reason in failed(sentence, evidence))
        reasons = tuple(sorted(found, key=lambda reason: GRAVEST.index(reason.finding)))
        score = round(chance * HARD_SHARE if reasons else chance, SCORE_PLACES)
        label = self._label(score)
        if any(reason.finding == "contradicts" for reason in reasons):
            label = "contradicted"
        elif reasons and reasons[0].name in VALUES and chance >= self._partial_from:
            label = "contradicted"  # it speaks of the same thing, and gives another value
        elif label != "supported" and len(counted) > 1 and any(self._stands(one, evidence) for one in counted):
            label = "partial"
        if label != "supported" and not reasons:
            reasons = (shortfall(whole, evidence),)
        support = bearing(whole, evidence) if label in {"supported", "partial"} else ()
        return Verdict(label, score, reasons, support)

    def _stands(self, sentence: Sentence, evidence: Evidence) -> bool:
        """Whether one sentence of a claim is supported by itself."""
        said = ended(sentence.folded) in evidence.said
        return said or (
            not failed(sentence, evidence) and shipped().probability(sentence, evidence) >= self._supported_from
        )

    def _label(self, score: float) -> VerdictLabel:
        if score >= self._supported_from:
            return "supported"
        return "partial" if score >= self._partial_from else "unsupported"
