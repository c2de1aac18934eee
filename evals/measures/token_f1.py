"""Token F1 of answer and reference."""

from __future__ import annotations

from collections import Counter

from evals.outcome import NOT_MEASURABLE, Outcome
from evals.wording import words


def token_f1(answer: str, reference: str) -> Outcome:
    """The harmonic mean of token precision and recall, tokens counted as often as they stand.

    A strict measure for verbatim answers: a whole sentence around a two-word reference scores low.

    Source: Rajpurkar et al., SQuAD, EMNLP 2016, arXiv:1606.05250, section 6.1.
    """
    said, wanted = Counter(words(answer)), Counter(words(reference))
    if not wanted:
        return NOT_MEASURABLE
    common = (said & wanted).total()
    return 2 * common / (said.total() + wanted.total())
