"""Answers with a person's grade: which decline, and which give the reference's number, found without a model."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evals.intervals import drawn_weights, interval
from evals.jsonl import Line, read_lines
from evals.measures.correctness import correctness, is_correct
from evals.measures.key_points import key_points
from evals.measures.numeric_match import numeric_match
from evals.measures.refusal import refuses
from evals.measures.token_f1 import token_f1
from evals.outcome import Gap
from evals.text.quantities import quantities, without_quantities
from evals.text.wording import content_words
from evals.verifier.detection import detect

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from evals.outcome import Outcome

MATCHED_FROM = 0.5
"""A share of the reference's numbers from which an answer counts as right."""

_DECLINING = re.compile(
    r"\b(?:sorry|cannot|can't|unable|don't have|not (?:have|provide|include|contain|mention))\b", re.IGNORECASE
)
"""What one writes first: a baseline for finding refusals."""


class GradedLine(Line):
    """One answer of one system, and a person's grade."""

    financebench_id: str
    question: str
    gold_answer: str
    model_answer: str
    label: str


@dataclass(frozen=True, slots=True)
class Graded:
    """An answer with its grade; ``seen`` says that its question's answers were read when the measures were written."""

    question_id: str
    question: str
    reference: str
    answer: str
    label: str
    seen: bool

    @property
    def declined(self) -> bool:
        """Whether the person says so."""
        return self.label == "Refusal"

    @property
    def correct(self) -> bool:
        """Whether the person says so."""
        return self.label == "Correct Answer"

    @property
    def asks_for_a_number(self) -> bool:
        """Whether the reference is a number, with its unit at most."""
        return bool(quantities(self.reference)) and not content_words(without_quantities(self.reference))


Finder = Callable[[Graded], bool]


def load_graded(path: Path) -> list[Graded]:
    """The graded answers of a file; of the questions, by the sha256 of their ids, the first half are seen."""
    lines = [line for _, line in read_lines(path, GradedLine)]
    names = sorted({line.financebench_id for line in lines}, key=lambda name: hashlib.sha256(name.encode()).digest())
    seen = frozenset(names[: len(names) // 2])
    return [
        Graded(
            line.financebench_id,
            line.question,
            line.gold_answer,
            line.model_answer,
            line.label,
            line.financebench_id in seen,
        )
        for line in lines
    ]


def print_graded(answers: Sequence[Graded]) -> None:
    """Print F1 of refusals and of numbers, for seen and unseen questions."""
    _print("Refusals", answers, lambda one: one.declined, REFUSAL_FINDERS)
    numbers = [one for one in answers if one.asks_for_a_number]
    _print("Numbers: references that are a number", numbers, lambda one: one.correct, NUMBER_FINDERS)
    _print_order([one for one in answers if not one.asks_for_a_number])
    asked = [
        one for one in answers if not isinstance(_matched(one, abstained=False), Gap) and not one.asks_for_a_number
    ]
    _print("Numbers: references that name one among other things", asked, lambda one: one.correct, NUMBER_FINDERS)


def _matched(one: Graded, *, abstained: bool) -> float | Gap:
    return numeric_match(one.question, one.reference, one.answer, abstained=abstained)


def _gives_the_number(one: Graded) -> bool:
    value = _matched(one, abstained=refuses(one.answer))
    return not isinstance(value, Gap) and value >= MATCHED_FROM


def _is_correct(one: Graded) -> bool:
    abstained = refuses(one.answer)
    return is_correct(correctness(one.question, one.reference, one.answer, abstained=abstained)) is True


def _shares_words(one: Graded) -> bool:
    value = token_f1(one.answer, one.reference, abstained=False)
    return not isinstance(value, Gap) and value >= MATCHED_FROM


REFUSAL_FINDERS: Mapping[str, Finder] = {
    "refuses": lambda one: refuses(one.answer),
    "a word that declines": lambda one: _DECLINING.search(one.answer) is not None,
    "every answer": lambda _: True,
}
NUMBER_FINDERS: Mapping[str, Finder] = {
    "numeric match": _gives_the_number,
    "answer correctness": _is_correct,
    "the reference's characters": lambda one: one.reference in one.answer.replace(",", ""),
    "token F1 from 0.5": _shares_words,
    "every answer": lambda _: True,
}


ORDERINGS: Mapping[str, Callable[[Graded], Outcome]] = {
    "key-point recall": lambda one: key_points(one.question, one.reference, one.answer, abstained=False).recall,
    "key-point F1": lambda one: key_points(one.question, one.reference, one.answer, abstained=False).f1,
    "answer correctness": lambda one: correctness(one.question, one.reference, one.answer, abstained=False),
    "token F1": lambda one: token_f1(one.answer, one.reference, abstained=False),
}


def _print_order(answers: Sequence[Graded]) -> None:
    """How well a score puts the right answers above the others; what has no value counts 0."""
    print("## Right or not: references in words\n")
    print("| measure | questions | answers | AUROC | 95% |\n|---|---|---|---|---|")
    for half, seen in (("unseen", False), ("seen", True)):
        chosen = [one for one in answers if one.seen is seen]
        if not chosen:
            continue
        groups, right = [one.question_id for one in chosen], [one.correct for one in chosen]
        for name, of in ORDERINGS.items():
            scores = [0.0 if isinstance(value, Gap) else value for value in map(of, chosen)]
            found = detect(scores, right, threshold=MATCHED_FROM, groups=groups)
            low, high = found.intervals.get("auroc", (math.nan, math.nan))
            value = found.values["auroc"]
            shown = value.value if isinstance(value, Gap) else f"{value:.3f}"
            print(f"| {name} | {half}, {len(set(groups))} | {len(chosen)} | {shown} | {low:.2f} to {high:.2f} |")
    print()


def _print(title: str, answers: Sequence[Graded], truth: Finder, finders: Mapping[str, Finder]) -> None:
    print(f"## {title}\n")
    print("| measure | questions | answers | F1 | 95% | precision | recall |\n|---|---|---|---|---|---|---|")
    for half, seen in (("unseen", False), ("seen", True)):
        chosen = [one for one in answers if one.seen is seen]
        if not chosen:
            continue
        asked = len({one.question_id for one in chosen})
        for name, finder in finders.items():
            found, true = (np.array([of(one) for one in chosen], dtype=np.float64) for of in (finder, truth))
            low, high = _f1_interval(found, true, [one.question_id for one in chosen])
            right, all_found, all_true = float(found @ true), float(found.sum()), float(true.sum())
            print(
                f"| {name} | {half}, {asked} | {len(chosen)} | {2 * right / max(1.0, all_found + all_true):.3f} "
                f"| {low:.2f} to {high:.2f} | {right / max(1.0, all_found):.2f} | {right / max(1.0, all_true):.2f} |"
            )
    print()


def _f1_interval(
    found: NDArray[np.float64], true: NDArray[np.float64], questions: Sequence[str]
) -> tuple[float, float]:
    """Over questions: the answers to one are right or wrong together."""
    resampled = []
    for weights in drawn_weights(len(found), groups=questions):
        below = weights @ (found + true)
        resampled.append(
            np.divide(2 * (weights @ (found * true)), below, out=np.full_like(below, np.nan), where=below > 0)
        )
    return interval(np.concatenate(resampled)) or (math.nan, math.nan)
