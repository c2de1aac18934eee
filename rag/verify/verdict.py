"""A verdict: a label, a probability, the reasons that decided it, and the sentences that bear the claim out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

VerdictLabel = Literal["supported", "partial", "contradicted", "unsupported"]
Finding = Literal["contradicts", "lacks", "notes"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a verdict is what it is.

    Attributes:
        name: What was looked at, one word that programs compare ("number", "negation").
        text: What was found, for a reader.
        finding: Whether the evidence contradicts the claim, lacks what it states, or this is no check that failed.
    """

    name: str
    text: str
    finding: Finding = "notes"


@dataclass(frozen=True, slots=True)
class Support:
    """A sentence that bears a claim out: ``evidence.texts[source][start:end]``; ``source`` counts from 0."""

    source: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verifier says of one claim.

    Attributes:
        score: The calibrated probability that the evidence bears the claim out, 0 to 1.
        reasons: The gravest first.
        support: In order of place; empty where nothing bears it out.
        claim: False for a sentence that claims nothing (a greeting, a heading, a question).
    """

    label: VerdictLabel
    score: float
    reasons: tuple[Reason, ...] = ()
    support: tuple[Support, ...] = ()
    claim: bool = True

    @property
    def told(self) -> str:
        """The reasons for a reader, in one line."""
        return "; ".join(reason.text for reason in self.reasons)

    @property
    def failed_checks(self) -> tuple[str, ...]:
        """The names of the hard checks that found something, once each, the gravest first."""
        return tuple(dict.fromkeys(reason.name for reason in self.reasons if reason.finding != "notes"))
