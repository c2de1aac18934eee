"""Abstention as detection: of the questions that the documents do not answer, by saying so."""

from __future__ import annotations

from collections.abc import Sequence

from evals.outcome import NOT_MEASURABLE, Outcome

Said = tuple[bool, bool]
"""(answerable, abstained) of one case."""


def abstention_precision(cases: Sequence[Said]) -> Outcome:
    """Right abstentions / abstentions; not measurable where nothing was abstained from."""
    said = sum(abstained for _, abstained in cases)
    return _right(cases) / said if said else NOT_MEASURABLE


def abstention_recall(cases: Sequence[Said]) -> Outcome:
    """Right abstentions / unanswerable questions; not measurable where every question is answerable."""
    due = sum(not answerable for answerable, _ in cases)
    return _right(cases) / due if due else NOT_MEASURABLE


def abstention_f1(cases: Sequence[Said]) -> Outcome:
    """The harmonic mean as ``2 right / (due + said)``, which is 0, not undefined, for a system that never abstains.

    Source: van Rijsbergen, Information Retrieval, 1979, chapter 7, for unanswerable questions as the positive class.
    """
    due = sum(not answerable for answerable, _ in cases)
    said = sum(abstained for _, abstained in cases)
    return 2 * _right(cases) / (due + said) if due + said else NOT_MEASURABLE


def _right(cases: Sequence[Said]) -> int:
    return sum(abstained and not answerable for answerable, abstained in cases)
