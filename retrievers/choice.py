"""Which units of the candidates are worth their tokens: a knapsack with diminishing returns.

The worth of a choice is, summed over pages and sections, a concave function of the worth of the units chosen there.
That is monotone and submodular, so that choosing by worth a token is near the optimum and `bound` can say how near.
Units cost their own line; a run of neighbouring units opens a source, which costs a header line, and the first source
of a document costs the document's line.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Stop = Literal["all", "budget", "limits", "not worth it"]
"""Why a choice ended: all is in, the room is used up, the numbers of sources are, or the rest adds too little."""

Run = tuple[int, int]
"""``[first, end)`` of neighbouring units."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Units in the order of documents and of their text; parallel sequences, an entry a unit but for ``areas``.

    ``worth`` is at least 0, and 0 for what another unit says as well. ``tokens`` is a unit's own line; ``opening`` what
    its source costs beside when it is the first of one. ``follows`` says that a unit goes on where the one before it
    ends. ``places`` are numbers from 0, ascending, of the pages or sections within which further text is worth less.
    ``documents`` are numbers from 0, ``document_tokens`` what the first source of each costs. ``areas`` are the runs
    among which is chosen, such as those of a hit.
    """

    worth: Sequence[float]
    tokens: Sequence[int]
    opening: Sequence[int]
    follows: Sequence[bool]
    places: Sequence[int]
    documents: Sequence[int]
    document_tokens: Sequence[int]
    areas: Sequence[Run]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a choice must keep to.

    ``room`` is in tokens. ``sources`` and ``document_sources`` are the most there may be, in all and of one document.
    ``discount`` is how fast a place's further text loses worth (0: not at all), and ``least`` the worth a token
    below which nothing more is taken.
    """

    room: int
    sources: int = 1_000_000
    document_sources: int = 1_000_000
    discount: float = 0.0
    least: float = 0.0


@dataclass(slots=True)
class Choice:
    """What is chosen so far: a flag a unit, its tokens, its sources, and why no more is taken."""

    problem: Problem
    limits: Limits
    chosen: bytearray = field(init=False)
    worth_before: list[float] = field(init=False)
    tokens_before: list[int] = field(init=False)
    tokens: int = 0
    number: int = 0
    stop: Stop = "all"
    held: defaultdict[int, float] = field(default_factory=lambda: defaultdict(float))
    sources: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    whole: list[float] = field(init=False)

    def __post_init__(self) -> None:
        self.chosen = bytearray(len(self.problem.worth))
        self.worth_before = [0.0, *accumulate(self.problem.worth)]
        self.tokens_before = [0, *accumulate(self.problem.tokens)]
        self.whole = place_worth(self.problem)

    def value(self) -> float:
        """The worth of the whole choice."""
        return sum(concave(held, self.whole[place], self.limits.discount) for place, held in self.held.items())

    def take(self, run: Run, cost: int) -> None:
        """Add a run that was not chosen."""
        first, end = run
        document = self.problem.documents[first]
        more = 1 - self._joins(run)
        self.sources[document] += more
        self.number += more
        for place, worth in self._by_place(run):
            self.held[place] += worth
        self.chosen[first:end] = b"\x01" * (end - first)
        self.tokens += cost

    def gain(self, run: Run) -> float:
        """What a run would add to the value."""
        if self.limits.discount <= 0.0:
            return self.worth_before[run[1]] - self.worth_before[run[0]]
        gain, discount = 0.0, self.limits.discount
        for place, worth in self._by_place(run):
            held, whole = self.held.get(place, 0.0), self.whole[place]
            gain += concave(held + worth, whole, discount) - concave(held, whole, discount)
        return gain

    def _by_place(self, run: Run) -> Iterable[tuple[int, float]]:
        """The worth of a run's units in each place, in order."""
        first, end = run
        places, before = self.problem.places, self.worth_before
        while first < end:
            last = end if places[end - 1] == places[first] else bisect_right(places, places[first], first, end)
            yield places[first], before[last] - before[first]
            first = last

    def cost(self, run: Run) -> int:
        """The tokens that a run would add: its lines, and the sources that it opens or joins."""
        first, end = run
        problem = self.problem
        cost = self.tokens_before[end] - self.tokens_before[first]
        if not self.goes_on(first):
            cost += problem.opening[first]
        if self.before_chosen(end):
            cost -= problem.opening[end]
        return cost + (
            0 if self.sources[problem.documents[first]] else problem.document_tokens[problem.documents[first]]
        )

    def goes_on(self, unit: int) -> bool:
        """Whether ``unit`` would go on a source that ends right before it."""
        return bool(unit and self.problem.follows[unit] and self.chosen[unit - 1])

    def before_chosen(self, end: int) -> bool:
        """Whether a source begins right where a run up to ``end`` would end."""
        return end < len(self.chosen) and self.problem.follows[end] and bool(self.chosen[end])

    def within_limits(self, run: Run) -> bool:
        """Whether the sources that there would be are not too many."""
        more = 1 - self._joins(run)
        document = self.problem.documents[run[0]]
        return more <= 0 or (
            self.number + more <= self.limits.sources and self.sources[document] + more <= self.limits.document_sources
        )

    def _joins(self, run: Run) -> int:
        return self.goes_on(run[0]) + self.before_chosen(run[1])

    def runs(self) -> list[Run]:
        """The sources: maximal runs of chosen neighbours, in order."""
        return runs_of(self.chosen, self.problem.follows)


def concave(held: float, whole: float, discount: float) -> float:
    """Worth of ``held`` of a place that has ``whole``: from 0 to ``whole``, in a line where ``discount`` is 0."""
    if discount <= 0.0 or whole <= 0.0:
        return held
    return whole * math.log1p(discount * held / whole) / math.log1p(discount)


def place_worth(problem: Problem) -> list[float]:
    """The worth of each place's units together."""
    whole = [0.0] * (problem.places[-1] + 1 if problem.places else 0)
    for place, worth in zip(problem.places, problem.worth, strict=True):
        whole[place] += worth
    return whole


def chosen_again(problem: Problem, limits: Limits, units: Iterable[int]) -> Choice:
    """The choice of just these units, in ascending order, counted from nothing."""
    choice = Choice(problem, limits)
    flags = bytearray(len(problem.worth))
    for unit in units:
        flags[unit] = 1
    for run in runs_of(flags, problem.follows):
        choice.take(run, choice.cost(run))
    return choice


def runs_of(flags: bytearray, follows: Sequence[bool]) -> list[Run]:
    """Maximal runs of flagged neighbours, in order."""
    found: list[Run] = []
    first = flags.find(1)
    while first >= 0:
        end = first + 1
        while end < len(flags) and flags[end] and follows[end]:
            end += 1
        found.append((first, end))
        first = flags.find(1, end)
    return found
