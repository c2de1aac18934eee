"""Citation recall and precision by ALCE, judged by a verifier in the place of an entailment model.

Source: Gao, Yen, Yu & Chen, Enabling Large Language Models to Generate Text with Citations, EMNLP 2023,
arXiv:2305.14627, section 4. "Entails" is the verdict "supported".
"""

from __future__ import annotations

from collections.abc import Sequence

from evals.claims import CitedClaim
from evals.outcome import ABSTAINED, NOT_MEASURABLE, Outcome
from rag.verify.verifier import Verifier


def citation_recall(claims: Sequence[CitedClaim], verifier: Verifier, *, abstained: bool) -> Outcome:
    """The share of sentences that their own citations, taken together, bear out; one without citations counts 0."""
    if abstained:
        return ABSTAINED
    if not claims:
        return NOT_MEASURABLE
    return sum(_bears_out(verifier, claim, claim.quotes) for claim in claims) / len(claims)


def citation_precision(claims: Sequence[CitedClaim], verifier: Verifier, *, abstained: bool) -> Outcome:
    """The share of citations that do something for a sentence which its citations bear out.

    A citation is precise when the sentence's citations together bear it out, and this one does so alone or is missed
    when it is taken away. Not measurable where nothing is cited.
    """
    if abstained:
        return ABSTAINED
    verdicts = [precise for claim in claims for precise in _precise(claim, verifier)]
    return sum(verdicts) / len(verdicts) if verdicts else NOT_MEASURABLE


def _precise(claim: CitedClaim, verifier: Verifier) -> list[bool]:
    if not claim.quotes or not _bears_out(verifier, claim, claim.quotes):
        return [False] * len(claim.quotes)
    return [
        len(claim.quotes) == 1
        or _bears_out(verifier, claim, (quote,))
        or not _bears_out(verifier, claim, claim.quotes[:position] + claim.quotes[position + 1 :])
        for position, quote in enumerate(claim.quotes)
    ]


def _bears_out(verifier: Verifier, claim: CitedClaim, quotes: tuple[str, ...]) -> bool:
    return bool(quotes) and verifier.verify(claim.text, quotes).label == "supported"
