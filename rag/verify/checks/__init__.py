"""Hard checks: what is nearly never wrong. Each kind is a file with ``check(compared)``; this is their list.

A check tells what it is sure of as a failure (``contradicts``, ``lacks``), and what it is not sure of as a note, which
the scorer weighs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rag.verify.checks import (
    dates,
    identifiers,
    names,
    negation,
    numbers,
    opposites,
    quantifiers,
    quotations,
    units,
)
from rag.verify.comparison import Comparison
from rag.verify.evidence import Evidence, Sentence
from rag.verify.verdict import Reason

CHECKS = (
    negation.check,
    opposites.check,
    quantifiers.check,
    units.check,
    dates.check,
    numbers.check,
    quotations.check,
    identifiers.check,
    names.check,
)
"""The gravest first."""

NAMES = ("negation", "opposite", "quantifier", "unit", "date", "number", "quotation", "identifier", "name")
KEYS = tuple(f"check_{name}_{kind}" for name in NAMES for kind in ("contradicted", "missing", "noted"))
"""The features that `counts` gives, in order."""

_KINDS = {"contradicts": "contradicted", "lacks": "missing", "notes": "noted"}


def found(claim: Sentence, evidence: Evidence) -> tuple[Reason, ...]:
    """All that the checks find, the gravest kind first, notes included; each thing once."""
    if evidence.blank:
        return ()
    if claim.text not in evidence.checked:
        compared = Comparison(claim, evidence)
        reasons = dict.fromkeys(reason for check in CHECKS for reason in check(compared))
        evidence.checked[claim.text] = tuple(reasons)
    return evidence.checked[claim.text]


def failed(claim: Sentence, evidence: Evidence) -> tuple[Reason, ...]:
    """What the checks are sure of, the gravest kind first."""
    return tuple(reason for reason in found(claim, evidence) if reason.finding != "notes")


def counts(reasons: Iterable[Reason]) -> dict[str, float]:
    """How many reasons of each check and certainty: one feature for each of `KEYS`."""
    counted = Counter(f"check_{reason.name}_{_KINDS[reason.finding]}" for reason in reasons)
    return {key: float(counted[key]) for key in KEYS}
