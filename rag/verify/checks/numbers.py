"""Numbers and dates that the claim states and the evidence lacks."""

from __future__ import annotations

from collections.abc import Iterator

from rag.quantities import missing_numbers
from rag.verify.evidence import Evidence, Sentence
from rag.verify.verdict import Reason


def check(claim: Sentence, evidence: Evidence) -> Iterator[Reason]:
    """A reason for every number and date that none of the evidence bears out, with scale and rounding."""
    for written in missing_numbers(claim.text, evidence.texts):
        yield Reason("number", f"number {written!r} is not in the evidence", "lacks")
