"""Key-point recall, precision and F1: how much of the reference the answer says, and how much else.

A key point is a sentence. It counts by the share of its terms that the other text says: content words, negation among
them, and numbers by value. What the question says already is no term: an answer that repeats the question says nothing.
Precision is the same with the texts exchanged, so that copying everything costs as much as leaving out, and F1 weighs
both alike, since readers asked which of two answers is better want it complete and to the point.

Source: claim recall, claim precision and their F1 of RAGChecker, Ru et al., NeurIPS 2024, arXiv:2408.08067, section 3,
with sentences in the place of claims that a model extracts and terms in the place of its entailment. Agreement with
people: ``python -m benchmarks.agreement``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evals.measures.refusal import refuses
from evals.outcome import ABSTAINED, NOT_MEASURABLE, Outcome
from evals.text.quantities import Quantity, quantities, same, without_quantities
from evals.text.wording import content_words, without_marks
from indexers.sentences import sentence_spans


@dataclass(frozen=True, slots=True)
class KeyPoints:
    """The three figures of one answer, each from 0 to 1, or the same gap."""

    recall: Outcome
    precision: Outcome
    f1: Outcome


def key_points(question: str, reference: str, answer: str, *, abstained: bool) -> KeyPoints:
    """Recall of the reference's key points, precision of the answer's, and their harmonic mean.

    An answer that declines in its own words says none of them. Where the reference says nothing but what the question
    says, the question's words count. Not measurable where the reference has no term.
    """
    given, wanted = _asked(question, reference)
    if not wanted:
        return KeyPoints(NOT_MEASURABLE, NOT_MEASURABLE, NOT_MEASURABLE)
    if abstained:
        return KeyPoints(ABSTAINED, ABSTAINED, ABSTAINED)
    said = [] if refuses(answer) else _points(answer, given)
    recall, precision = _mean_share(wanted, _Terms.of(said)), _mean_share(said, _Terms.of(wanted))
    return KeyPoints(recall, precision, 2 * recall * precision / (recall + precision) if recall and precision else 0.0)


def said_by(text: str, *, question: str, reference: str) -> Outcome:
    """Recall alone, of a text that need not be an answer: a context window, a document."""
    _, wanted = _asked(question, reference)
    return _mean_share(wanted, _Terms.read(text)) if wanted else NOT_MEASURABLE


@dataclass(frozen=True, slots=True)
class _Terms:
    """A word is looked up, a number compared by value."""

    words: frozenset[str]
    numbers: tuple[Quantity, ...]

    @classmethod
    def read(cls, text: str) -> _Terms:
        return cls(frozenset(content_words(without_quantities(text))), quantities(text))

    @classmethod
    def of(cls, points: Sequence[_Terms]) -> _Terms:
        words = frozenset(word for point in points for word in point.words)
        return cls(words, tuple(dict.fromkeys(number for point in points for number in point.numbers)))

    def without(self, given: _Terms) -> _Terms:
        fresh = tuple(number for number in self.numbers if number not in given.numbers)
        return _Terms(self.words - given.words, fresh)

    def share_in(self, other: _Terms) -> float:
        numbers = sum(any(same(mine, theirs) for theirs in other.numbers) for mine in self.numbers)
        return (len(self.words & other.words) + numbers) / (len(self.words) + len(self.numbers))


def _asked(question: str, reference: str) -> tuple[_Terms, list[_Terms]]:
    """What is taken as said, and the key points of the reference beyond it."""
    given = _Terms.read(question)
    wanted = _points(reference, given)
    if wanted:
        return given, wanted
    nothing = _Terms(frozenset(), ())
    return nothing, _points(reference, nothing)


def _points(text: str, given: _Terms) -> list[_Terms]:
    bare = without_marks(text)
    points = [_Terms.read(bare[start:end]).without(given) for start, end in sentence_spans(bare)]
    return [point for point in points if point.words or point.numbers]


def _mean_share(points: Sequence[_Terms], other: _Terms) -> float:
    return sum(point.share_in(other) for point in points) / len(points) if points else 0.0
