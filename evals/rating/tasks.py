"""What a rater is shown: every pair of answers once, in an order of their own, each system as often first as second."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from evals.rating.systems import shared_cases

if TYPE_CHECKING:
    from evals.rating.systems import System


@dataclass(frozen=True, slots=True)
class Task:
    """A case with one answer, or with two to be compared; ``sides`` in the order shown."""

    case: str
    sides: tuple[System, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The sides as ratings hold them."""
        return tuple(side.key for side in self.sides)

    @property
    def name(self) -> tuple[str, frozenset[str]]:
        """Which task it is, whichever side stands first."""
        return self.case, frozenset(self.keys)


def tasks_for(systems: Sequence[System], *, rater: str, seed: int) -> list[Task]:
    """The tasks of a rater, the same ones for the same systems, rater and seed.

    Cases come in random order. Of each pair of systems, each stands first in half of its cases. Pairs that say the same
    are left out: there is nothing to prefer.

    Raises:
        RunError: The systems have no answered case in common.
    """
    cases = shared_cases(systems)
    chance = random.Random(hashlib.sha256(f"{seed}\0{rater}".encode()).digest())  # noqa: S311  an order, no secret
    if len(systems) == 1:
        return [Task(case, tuple(systems)) for case in chance.sample(cases, len(cases))]
    tasks = []
    for one, other in combinations(systems, 2):
        differing = [case for case in cases if one.answer(case) != other.answer(case)]
        turned = [at % 2 == 1 for at in range(len(differing))]
        if len(differing) % 2:
            turned[-1] = chance.random() < 0.5
        chance.shuffle(turned)
        tasks += [
            Task(case, (other, one) if turn else (one, other)) for case, turn in zip(differing, turned, strict=True)
        ]
    return chance.sample(tasks, len(tasks))


def said_the_same(systems: Sequence[System]) -> int:
    """How many pairs of answers are left out since they are alike."""
    cases = shared_cases(systems)
    return sum(one.answer(case) == other.answer(case) for one, other in combinations(systems, 2) for case in cases)
