"""Hard checks: what is nearly never wrong. Each kind is a file with ``check(claim, evidence)``; this is their list."""

from __future__ import annotations

from rag.verify.checks import identifiers, names, numbers, quotations, turned
from rag.verify.evidence import Evidence, Sentence
from rag.verify.verdict import Reason

CHECKS = (turned.check, numbers.check, quotations.check, identifiers.check, names.check)
"""The gravest first."""


def failed(claim: Sentence, evidence: Evidence) -> tuple[Reason, ...]:
    """What the hard checks find, the gravest first."""
    return tuple(reason for check in CHECKS for reason in check(claim, evidence))
