"""Faithfulness: are the claims borne out by what is shown with them?"""

from __future__ import annotations

from collections.abc import Sequence

from evals.outcome import ABSTAINED, NOT_MEASURABLE, Outcome
from evals.text.claims import CitedClaim, ClaimJudge


def faithfulness(claims: Sequence[CitedClaim], judge: ClaimJudge, *, abstained: bool) -> Outcome:
    """Supported claims / claims, by the sources shown.

    The sources shown are all quotes of the answer, whichever sentence cites them: that a sentence points at the wrong
    one of them is a matter of citation recall. The verdicts are the verifier's of now, not those the answer carries, so
    that stored answers are judged by the same measure as new ones. A sentence that claims nothing (a greeting, a
    question) is left out, and so is an abstention; where nothing is left, nothing is measurable.

    Source: Es et al., RAGAS, EACL 2024, arXiv:2309.15217, section 3, with sentences in the place of extracted
    statements and a deterministic verifier in the place of the model.
    """
    if abstained:
        return ABSTAINED
    shown = tuple(dict.fromkeys(quote for claim in claims for quote in claim.quotes))
    verdicts = [verdict for claim in claims if (verdict := judge.verdict(claim.text, shown)).claim]
    return sum(one.label == "supported" for one in verdicts) / len(verdicts) if verdicts else NOT_MEASURABLE
