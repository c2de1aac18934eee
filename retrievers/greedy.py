"""Choosing greedily: the run of most worth a token first, then runs that did not fit in the place of weaker ends."""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from retrievers.choice import Choice, chosen_again

if TYPE_CHECKING:
    from collections.abc import Iterable

    from retrievers.choice import Limits, Problem, Run

IMPROVEMENTS = 24
"""Candidates that did not fit which are tried in place of the weakest ends of sources."""

IMPROVED_UNITS = 20_000
"""Units that are looked at over all tries: in a large window each try takes longer and matters less."""


def choose(problem: Problem, limits: Limits) -> Choice:
    """Choose runs of units, those of most worth a token first, until the room or the worth runs out."""
    choice = Choice(problem, limits)
    search = _Search(choice)
    search.fill()
    search.improve()
    return choice


@dataclass(slots=True)
class _Search:
    """A heap of the best run of each area: the newest entry of an area counts, the older ones are passed over.

    What a choice may make better is looked at again at once, what it can only make worse when it comes up.
    """

    choice: Choice
    heap: list[tuple[float, int, int, Run, int]] = field(default_factory=list)
    newest: list[int] = field(default_factory=list)
    worse: bytearray = field(default_factory=bytearray)
    areas_of: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    areas_in: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    areas_at: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    unfitting: list[int] = field(default_factory=list)
    limited: list[int] = field(default_factory=list)

    def fill(self) -> None:
        choice = self.choice
        self._begin()
        while self.heap:
            density, area, entry, run, cost = heapq.heappop(self.heap)
            if entry != self.newest[area]:
                continue
            if self.worse[area]:
                self._push(area)
                continue
            if -density < choice.limits.least:
                choice.stop = "budget" if self.unfitting else "not worth it"
                return
            if not choice.within_limits(run):
                self.limited.append(area)
                continue
            if cost > choice.limits.room - choice.tokens:
                self.unfitting.append(area)
                shorter = self._shortened(run)
                if shorter is None:
                    continue
                run = shorter
            self._take(run)
        if self.unfitting:
            choice.stop = "budget"
        elif self.limited:
            choice.stop = "limits"

    def _begin(self) -> None:
        problem = self.choice.problem
        self.newest, self.worse = [0] * len(problem.areas), bytearray(len(problem.areas))
        for area, (first, end) in enumerate(problem.areas):
            for unit in range(max(first - 1, 0), end + 1):
                self.areas_of[unit].append(area)
            if first < end:
                self.areas_in[problem.documents[first]].append(area)
                for place in range(problem.places[first], problem.places[end - 1] + 1):
                    self.areas_at[place].append(area)
            self._push(area)

    def improve(self) -> None:
        """Put runs that did not fit in the place of weaker ends of sources, where that is worth more."""
        choice = self.choice
        tries = min(IMPROVEMENTS, IMPROVED_UNITS // max(len(choice.chosen), 1))
        for area in self.unfitting[:tries]:
            best = self._best(area)
            if best is None or not choice.within_limits(best[1]):
                continue
            _, run, cost = best
            swapped = _without_weakest(choice, needed=cost - (choice.limits.room - choice.tokens), spare=run)
            if swapped is None:
                continue
            cost = swapped.cost(run)
            if swapped.within_limits(run) and swapped.tokens + cost <= choice.limits.room:
                swapped.take(run, cost)
                if swapped.value() > choice.value():
                    _become(choice, swapped)

    def _take(self, run: Run) -> None:
        choice, sources = self.choice, self.choice.number
        opened = not choice.sources[choice.problem.documents[run[0]]]
        choice.take(run, choice.cost(run))
        touched = {area for unit in range(*run) for area in self.areas_of[unit]}
        if opened:  # its other sources have become cheaper
            touched.update(self.areas_in[choice.problem.documents[run[0]]])
        if choice.number < sources:  # two have become one, and there is place for another
            touched.update(self.limited)
            self.limited.clear()
        problem = choice.problem
        if choice.limits.discount > 0.0:
            for place in range(problem.places[run[0]], problem.places[run[1] - 1] + 1):
                for area in self.areas_at[place]:
                    self.worse[area] = 1
        for area in sorted(touched):
            self._push(area)

    def _push(self, area: int) -> None:
        self.newest[area] += 1
        self.worse[area] = 0
        best = self._best(area)
        if best is not None:
            density, run, cost = best
            heapq.heappush(self.heap, (-density, area, self.newest[area], run, cost))

    def _best(self, area: int) -> tuple[float, Run, int] | None:
        """The run of most worth a token among the area's units that are not chosen."""
        found: tuple[float, Run, int] | None = None
        for free in self._free(area):
            run = self._densest(free)
            gain = self.choice.gain(run)
            if gain <= 0.0:
                continue
            cost = max(self.choice.cost(run), 1)
            if found is None or gain / cost > found[0]:
                found = (gain / cost, run, cost)
        return found

    def _free(self, area: int) -> Iterable[Run]:
        chosen, follows = self.choice.chosen, self.choice.problem.follows
        start: int | None = None
        first, end = self.choice.problem.areas[area]
        for unit in range(first, end):
            if start is not None and (chosen[unit] or not follows[unit]):
                yield start, unit
                start = None
            if start is None and not chosen[unit]:
                start = unit
        if start is not None:
            yield start, end

    def _densest(self, free: Run) -> Run:
        """Of the runs within ``free`` the one of most worth a token, by Dinkelbach's iteration over Kadane's scan."""
        choice, problem = self.choice, self.choice.problem
        first, end = free
        worth, tokens, opening = problem.worth[first:end], problem.tokens[first:end], list(problem.opening[first:end])
        document = problem.documents[first]
        fixed = 0 if choice.sources[document] else problem.document_tokens[document]
        opening[0] = 0 if choice.goes_on(first) else opening[0]
        joined = problem.opening[end] if choice.before_chosen(end) else 0
        run = free
        density = sum(worth) / max(choice.cost(run), 1)
        for _ in range(8):
            best, found, running, start = -math.inf, run, -math.inf, first
            for unit, gain, cost, opened in zip(range(first, end), worth, tokens, opening, strict=True):
                fresh_start = -density * (opened + fixed)
                if fresh_start > running:
                    running, start = fresh_start, unit
                running += gain - density * cost
                score = running + (density * joined if unit == end - 1 else 0.0)
                if score > best:
                    best, found = score, (start, unit + 1)
            if found == run or best <= 1e-15:
                break
            run = found
            density = sum(worth[run[0] - first : run[1] - first]) / max(choice.cost(run), 1)
        return run

    def _shortened(self, run: Run) -> Run | None:
        """The best part of ``run`` that fits: its densest unit, grown on both sides while there is room."""
        choice = self.choice
        room = choice.limits.room - choice.tokens
        fitting = [
            unit for unit in range(*run) if choice.cost((unit, unit + 1)) <= room and choice.problem.worth[unit] > 0
        ]
        fitting = [unit for unit in fitting if choice.within_limits((unit, unit + 1))]
        if not fitting:
            return None
        first = max(fitting, key=lambda unit: choice.gain((unit, unit + 1)) / max(choice.cost((unit, unit + 1)), 1))
        end = first + 1
        while True:
            wider = [(first, end + 1)] if end < run[1] else []
            wider += [(first - 1, end)] if first > run[0] else []
            wider = [one for one in wider if choice.cost(one) <= room and choice.within_limits(one)]
            if not wider:
                return first, end
            first, end = max(wider, key=choice.gain)


def _without_weakest(choice: Choice, *, needed: int, spare: Run) -> Choice | None:
    """A copy without the ends of sources that are worth least a token, until ``needed`` tokens are free."""
    problem = choice.problem
    ends = sorted(
        {unit for first, end in choice.runs() for unit in (first, end - 1) if unit not in (spare[0] - 1, spare[1])},
        key=lambda unit: problem.worth[unit] / max(problem.tokens[unit], 1),
    )
    dropped, freed = set[int](), 0
    for unit in ends:
        if freed >= needed:
            break
        dropped.add(unit)
        freed += problem.tokens[unit]
    if freed < needed:
        return None
    return chosen_again(
        problem, choice.limits, [u for u, taken in enumerate(choice.chosen) if taken and u not in dropped]
    )


def _become(choice: Choice, other: Choice) -> None:
    choice.chosen, choice.tokens, choice.number = other.chosen, other.tokens, other.number
    choice.held, choice.sources = other.held, other.sources
