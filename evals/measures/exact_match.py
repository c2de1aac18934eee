"""Exact match of answer and reference, after SQuAD's normalisation."""

from __future__ import annotations

from evals.outcome import ABSTAINED, NOT_MEASURABLE, Outcome
from evals.text.squad import squad_tokens


def exact_match(answer: str, reference: str, *, abstained: bool) -> Outcome:
    """1 where answer and reference are the same words, else 0; not measurable where the reference has none.

    A strict measure for short answers: one word more is 0.

    Source: Rajpurkar et al., SQuAD, EMNLP 2016, arXiv:1606.05250, section 6.1.
    """
    wanted = squad_tokens(reference)
    if not wanted:
        return NOT_MEASURABLE
    return ABSTAINED if abstained else float(squad_tokens(answer) == wanted)
