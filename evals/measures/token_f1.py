"""Token F1 of answer and reference, after SQuAD's normalisation."""

from __future__ import annotations

from collections import Counter

from evals.outcome import ABSTAINED, NOT_MEASURABLE, Outcome
from evals.text.squad import squad_tokens


def token_f1(answer: str, reference: str, *, abstained: bool) -> Outcome:
    """The harmonic mean of token precision and recall, tokens counted as often as they stand.

    Not measurable where the reference has no word. A strict measure for verbatim answers: a whole sentence around a
    two-word reference scores low.

    Source: Rajpurkar et al., SQuAD, EMNLP 2016, arXiv:1606.05250, section 6.1.
    """
    said, wanted = Counter(squad_tokens(answer)), Counter(squad_tokens(reference))
    if not wanted:
        return NOT_MEASURABLE
    if abstained:
        return ABSTAINED
    return 2 * (said & wanted).total() / (said.total() + wanted.total())
