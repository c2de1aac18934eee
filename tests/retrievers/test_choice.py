from __future__ import annotations

import random
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrievers.bound import upper_bound
from retrievers.choice import Limits, Problem, chosen_again
from retrievers.greedy import choose

DISCOUNTS = [0.0, 0.5, 4.0]


def small_problem(seed: int, units: int) -> Problem:
    """Up to three documents, areas of up to four units, some of them overlapping, some units worth nothing."""
    dice = random.Random(seed)  # noqa: S311  # made figures, not secrets
    documents = sorted(dice.randrange(3) for _ in range(units))
    names = {name: number for number, name in enumerate(dict.fromkeys(documents))}
    documents = [names[name] for name in documents]
    follows = [at > 0 and documents[at] == documents[at - 1] and dice.random() < 0.8 for at in range(units)]
    places = [0] * units
    for at in range(1, units):
        places[at] = places[at - 1] + (documents[at] != documents[at - 1] or dice.random() < 0.3)
    areas = [(at, at + 1) for at in range(units)]
    for first in range(units):
        end = min(first + dice.randint(1, 4), units)
        areas.extend([(first, end)] if documents[first] == documents[end - 1] else [])
    return Problem(
        worth=[dice.choice([0.0, dice.random(), dice.random() ** 3]) for _ in range(units)],
        tokens=[dice.randint(1, 30) for _ in range(units)],
        opening=[dice.randint(0, 15) for _ in range(units)],
        follows=follows,
        places=places,
        documents=documents,
        document_tokens=[dice.randint(0, 10) for _ in names],
        areas=areas,
    )


def optimum(problem: Problem, limits: Limits) -> float:
    """By trying every set of units."""
    best = 0.0
    for flags in product((False, True), repeat=len(problem.worth)):
        choice = chosen_again(problem, limits, [unit for unit, taken in enumerate(flags) if taken])
        most = max(choice.sources.values(), default=0)
        if choice.tokens <= limits.room and choice.number <= limits.sources and most <= limits.document_sources:
            best = max(best, choice.value())
    return best


@given(st.integers(0, 10**6), st.integers(1, 8), st.integers(0, 150), st.sampled_from(DISCOUNTS), st.integers(1, 9))
@settings(max_examples=150, deadline=None)
def test_no_choice_is_worth_more_than_the_bound(seed: int, units: int, room: int, discount: float, most: int) -> None:
    problem = small_problem(seed, units)
    limits = Limits(room=room, discount=discount, sources=most, document_sources=max(most - 1, 1))
    choice = choose(problem, limits)
    best = optimum(problem, limits)
    assert choice.value() <= best + 1e-9
    assert best <= upper_bound(choice) + 1e-9
    assert choice.tokens <= room
    assert choice.number <= most


@given(st.integers(0, 10**6), st.integers(1, 30), st.integers(0, 400), st.sampled_from(DISCOUNTS))
@settings(max_examples=100, deadline=None)
def test_tokens_and_sources_are_those_of_what_is_chosen(seed: int, units: int, room: int, discount: float) -> None:
    problem = small_problem(seed, units)
    limits = Limits(room=room, discount=discount)
    choice = choose(problem, limits)
    again = chosen_again(problem, limits, [unit for unit, taken in enumerate(choice.chosen) if taken])
    assert (choice.tokens, choice.number) == (again.tokens, again.number)
    assert choice.number == len(choice.runs())
    assert choice.value() == pytest.approx(again.value())


def test_the_choice_is_near_the_best_on_the_whole() -> None:
    chosen = best = bound = 0.0
    for seed in range(60):
        problem, limits = small_problem(seed, 8), Limits(room=70)
        choice = choose(problem, limits)
        chosen, best, bound = chosen + choice.value(), best + optimum(problem, limits), bound + upper_bound(choice)
    assert chosen >= 0.95 * best
    assert bound <= 1.5 * best


def test_what_adds_less_than_the_least_is_not_taken() -> None:
    problem = Problem(
        worth=[0.5, 0.001], tokens=[10, 10], opening=[0, 0], follows=[False, False], places=[0, 1],
        documents=[0, 1],
        document_tokens=[0, 0], areas=[(0, 1), (1, 2)],
    )  # fmt: skip
    choice = choose(problem, Limits(room=100, least=0.001))
    assert (list(choice.chosen), choice.stop) == ([1, 0], "not worth it")
    everything = choose(problem, Limits(room=100))
    assert (list(everything.chosen), everything.stop) == ([1, 1], "all")
