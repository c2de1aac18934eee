"""The verifier seam, and its hermetic default: hard checks, then how much of the claim's content the evidence holds.

It judges support by the texts shown, not truth; it has no model, and two texts that say the same in other words look
unlike each other to it. What a hard check finds (a number, date, name or quotation that the evidence lacks, a negation
turned round) caps the score, however well the rest matches.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from indexers.sentences import sentence_spans
from rag.verify.checks import failed
from rag.verify.coverage import coverage
from rag.verify.evidence import Evidence, Sentence, fold
from rag.verify.verdict import Reason, Verdict

HARD_CAP = 0.2
"""The most that a claim scores in which a hard check found something."""


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
    """Labels by the share of content borne out: ``supported_from`` and ``partial_from`` are the borders."""

    def __init__(self, *, supported_from: float = 0.7, partial_from: float = 0.5) -> None:
        self._supported_from = supported_from
        self._partial_from = partial_from

    @property
    def identity(self) -> VerifierIdentity:
        """What it is."""
        return VerifierIdentity("hermetic", "", self._supported_from, "coverage")

    def verify_many(self, pairs: Sequence[tuple[str, Evidence]]) -> list[Verdict]:
        """A verdict for each claim and its evidence, in order."""
        return [self._judged(Sentence(claim), evidence) for claim, evidence in pairs]

    def verify(self, claim: str, evidence: Evidence | Sequence[str]) -> Verdict:
        """A verdict with the reasons that decided it, the gravest first."""
        return self._judged(Sentence(claim), evidence if isinstance(evidence, Evidence) else Evidence.of(evidence))

    def _judged(self, claim: Sentence, evidence: Evidence) -> Verdict:
        if evidence.blank:
            return Verdict("unsupported", 0.0, (Reason("evidence", "cites no evidence"),))
        if claim.folded and any(_is_within(claim, text) for text in evidence.texts):
            return Verdict("supported", 1.0, (Reason("verbatim", "verbatim in the evidence"),))
        share = coverage(claim, evidence)
        reasons = failed(claim, evidence)
        if reasons:
            wrong_number = share >= self._partial_from and reasons[0].name == "number"
            contradicted = wrong_number or any(reason.finding == "contradicts" for reason in reasons)
            return Verdict("contradicted" if contradicted else "unsupported", min(share, HARD_CAP), reasons)
        if share >= self._supported_from:
            return Verdict("supported", share)
        told = (Reason("coverage", f"{share:.0%} of its content is in the evidence"),)
        return Verdict("partial" if share >= self._partial_from else "unsupported", share, told)


def _is_within(claim: Sentence, text: str) -> bool:
    folded, within = claim.folded.rstrip(" .!;,"), fold(text)
    return bool(re.search(rf"(?<!\w){re.escape(folded)}(?!\w)", within)) and _is_whole(folded, within)


def _is_whole(folded: str, within: str) -> bool:
    """Whether ``folded`` is a sentence of ``within``: a clause alone may say the opposite of its sentence."""
    return any(fold(within[a:b]).rstrip(" .!;,") == folded for a, b in sentence_spans(within)) or folded == (
        within.rstrip(" .!;,")
    )
