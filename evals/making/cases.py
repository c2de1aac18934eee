"""A set of cases from the documents of an index: so many of each kind, the same ones every time."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from evals.making.by_rule import Made, made_of
from evals.making.unanswerable import Places, from_elsewhere, near_misses
from evals.runs.fingerprints import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from evals.case import Case
    from evals.system import Indexed
    from indexers.document import Document

T = TypeVar("T")

LEAST_OF_A_DOCUMENT = 10
"""So many answerable cases one document may always give; beyond twice its share it would drown the others."""


@dataclass(frozen=True, slots=True)
class MadeSet:
    """The cases in order of their documents, those without an answer last, and how many could have been made."""

    cases: tuple[Case, ...]
    possible: dict[str, int]


def make_cases(
    rag: Indexed,
    *,
    most: int,
    unanswerable: float = 0.2,
    answerable: Sequence[Case] | None = None,
    others: Indexed | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> MadeSet:
    """Make cases by rule.

    Args:
        rag: The documents that are asked.
        most: The most cases.
        unanswerable: The share of them that nothing answers, as far as there are so many.
        answerable: Those that have an answer, where they were made otherwise.
        others: Documents that are not asked; what they answer and ``rag`` does not is to be abstained from.
        progress: Called with the documents done and the documents in all.
    """
    entries = list(rag.documents())
    cap = max(LEAST_OF_A_DOCUMENT, math.ceil(2 * most / max(len(entries), 1)))
    documents, made = [], []
    for at, entry in enumerate(entries, start=1):
        document = rag.document(entry.id)
        documents.append(document)
        made += _of_one(document, cap)
        if progress is not None:
            progress(at, len(entries))
    made = _whole(_once(made, lambda one: one.case.question))
    lacking = _unanswered(made, documents, others, cap)
    wanted = min(len(lacking), math.floor(most * unanswerable))
    by_rule = [(one.case.kind, one.case) for one in made]
    answered = _spread(by_rule, most - wanted) if answerable is None else list(answerable)[: most - wanted]
    chosen = (*answered, *_spread(lacking, wanted))
    possible = Counter([one.case.kind for one in made] + [case.kind for _, case in lacking])
    return MadeSet(chosen, dict(possible))


def _of_one(document: Document, cap: int) -> list[Made]:
    made = made_of(document)
    kept = {case.id for case in _spread([(one.case.kind, one.case) for one in made], cap)}
    return [one for one in made if one.case.id in kept]


def _unanswered(
    made: Sequence[Made], documents: Iterable[Document], others: Indexed | None, cap: int
) -> list[tuple[str, Case]]:
    places = Places(documents)
    found = list(near_misses(made, places))
    if others is not None:
        elsewhere = [one for entry in others.documents() for one in _of_one(others.document(entry.id), cap)]
        found += from_elsewhere(elsewhere, places)
    asked = {one.case.question for one in made}
    return [one for one in _once(found, lambda one: one[1].question) if one[1].question not in asked]


def _once(items: Sequence[T], question: Callable[[T], str]) -> list[T]:
    """Without those whose question comes again: it has several answers, or is about nothing in particular."""
    times = Counter(question(one) for one in items)
    return [one for one in items if times[question(one)] == 1]


def _whole(made: Sequence[Made]) -> list[Made]:
    """Without a question that another one goes on from: "what was the tax rate?" beside "... for 2018?"."""
    asked = sorted(one.case.question for one in made)
    begun = {one for one, after in itertools.pairwise(asked) if after.startswith(one.rstrip("?") + " ")}
    return [one for one in made if one.case.question not in begun]


def _spread(cases: Sequence[tuple[str, Case]], most: int) -> list[Case]:
    """At most so many, as many of each kind as there are, drawn by hash, in their order."""
    by_kind: dict[str, list[Case]] = {}
    for kind, case in sorted(cases, key=lambda one: digest(one[1].id)):
        by_kind.setdefault(kind, []).append(case)
    turns = itertools.zip_longest(*(by_kind[kind] for kind in sorted(by_kind)))
    drawn = [case.id for turn in turns for case in turn if case is not None]
    chosen = set(drawn[:most])
    return [case for _, case in cases if case.id in chosen]
