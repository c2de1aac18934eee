"""Faithfulness: are the claims borne out by what is shown with them?"""

from __future__ import annotations

from collections.abc import Sequence

from evals.claims import CitedClaim
from evals.outcome import ABSTAINED, NOT_MEASURABLE, Outcome
from rag.verify.verifier import Verifier


def faithfulness(claims: Sequence[CitedClaim], verifier: Verifier, *, abstained: bool) -> Outcome:
    """Supported claims / claims, by the sources shown.

    The sources shown are all quotes of the answer, whichever sentence cites them: that a sentence points at the wrong
    one of them is a matter of citation recall. The verdicts are the verifier's of now, not those the answer carries, so
    that stored answers are judged by the same measure as new ones. An abstention claims nothing.

    Source: Es et al., RAGAS, EACL 2024, arXiv:2309.15217, section 3, with sentences in the place of extracted
    statements and a deterministic verifier in the place of the model.
    """
    if abstained:
        return ABSTAINED
    if not claims:
        return NOT_MEASURABLE
    shown = tuple(dict.fromkeys(quote for claim in claims for quote in claim.quotes))
    supported = sum(verifier.verify(claim.text, shown).label == "supported" for claim in claims)
    return supported / len(claims)
