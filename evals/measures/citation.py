"""Citation recall and precision by ALCE, judged by a verifier in the place of an entailment model.

A statement is a sentence that claims something: what greets, asks or heads a list needs no citation. "Entails" is the
verdict "supported".

Source: Gao, Yen, Yu & Chen, Enabling Large Language Models to Generate Text with Citations, EMNLP 2023,
arXiv:2305.14627, section 4.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evals.outcome import ABSTAINED, NOT_MEASURABLE, Outcome
from evals.text.claims import CitedClaim, ClaimJudge


@dataclass(frozen=True, slots=True)
class Cited:
    """Of one answer: the share of statements that their citations bear out, and that of citations that matter."""

    recall: Outcome
    precision: Outcome


def citation_scores(claims: Sequence[CitedClaim], judge: ClaimJudge, *, abstained: bool) -> Cited:
    """Recall and precision of the citations of one answer.

    Recall: the share of statements that their own citations, taken together, bear out; one without citations counts 0.
    Precision: the share of citations that are relevant. One is irrelevant where its statement is not borne out at all,
    or where it does not bear the statement out alone and the others do so without it. Precision is not measurable where
    nothing is cited, recall where nothing is claimed.
    """
    if abstained:
        return Cited(ABSTAINED, ABSTAINED)
    stated = [claim for claim in claims if judge.verdict(claim.text, claim.quotes).claim]
    borne_out = [judge.bears_out(claim.text, claim.quotes) for claim in stated]
    relevant = [one for claim in stated for one in _relevant(claim, judge)]
    return Cited(_share(borne_out), _share(relevant))


def _relevant(claim: CitedClaim, judge: ClaimJudge) -> Iterator[bool]:
    whole = judge.bears_out(claim.text, claim.quotes)
    for at, quote in enumerate(claim.quotes):
        rest = claim.quotes[:at] + claim.quotes[at + 1 :]
        yield whole and (judge.bears_out(claim.text, (quote,)) or not judge.bears_out(claim.text, rest))


def _share(values: Sequence[bool]) -> Outcome:
    return sum(values) / len(values) if values else NOT_MEASURABLE
