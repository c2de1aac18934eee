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

from collections.abc import Collection
from dataclasses import dataclass

from evals.measures.refusal import refuses
from evals.outcome import ABSTAINED, NOT_MEASURABLE, Outcome
from evals.quantities import Quantity, quantities, same, without_quantities
from evals.wording import content_words, without_marks
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
    given = _Terms(question)
    wanted = _points(reference, given)
    if not wanted:
        given = _Terms("")
        wanted = _points(reference, given)
    if not wanted:
        return KeyPoints(NOT_MEASURABLE, NOT_MEASURABLE, NOT_MEASURABLE)
    if abstained:
        return KeyPoints(ABSTAINED, ABSTAINED, ABSTAINED)
    said = [] if refuses(answer) else _points(answer, given)
    recall, precision = _borne_out(wanted, said), _borne_out(said, wanted)
    return KeyPoints(recall, precision, 2 * recall * precision / (recall + precision) if recall and precision else 0.0)


class _Terms:
    """The words and numbers of a text; a word is looked up, a number compared by value."""

    def __init__(self, text: str, *, words: Collection[str] = (), numbers: Collection[Quantity] = ()) -> None:
        self.words = frozenset(words) | frozenset(content_words(without_quantities(text)))
        self.numbers = tuple(dict.fromkeys((*numbers, *quantities(text))))

    def __len__(self) -> int:
        return len(self.words) + len(self.numbers)

    def without(self, given: _Terms) -> _Terms:
        fresh = [number for number in self.numbers if number not in given.numbers]
        return _Terms("", words=self.words - given.words, numbers=fresh)

    def held_by(self, other: _Terms) -> float:
        numbers = sum(any(same(mine, theirs) for theirs in other.numbers) for mine in self.numbers)
        return (len(self.words & other.words) + numbers) / len(self)


def _points(text: str, given: _Terms) -> list[_Terms]:
    bare = without_marks(text)
    points = [_Terms(bare[start:end]).without(given) for start, end in sentence_spans(bare)]
    return [point for point in points if len(point)]


def _borne_out(points: list[_Terms], others: list[_Terms]) -> float:
    if not points or not others:
        return 0.0
    joined = _Terms(
        "",
        words={word for other in others for word in other.words},
        numbers=[number for other in others for number in other.numbers],
    )
    return sum(point.held_by(joined) for point in points) / len(points)
