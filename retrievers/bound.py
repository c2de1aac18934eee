"""How much any choice could be worth: an upper bound, to say how far a choice is from the best."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retrievers.choice import concave, place_worth

if TYPE_CHECKING:
    from collections.abc import Iterable

    from retrievers.choice import Choice


def upper_bound(choice: Choice) -> float:
    """A worth that no choice within the room exceeds: the smaller of two fractional knapsacks.

    The first drops the headers and lets units be taken in part. The second starts from what was chosen: by
    submodularity no choice is worth more than this one and the sum of what each unit, alone, would add to it, and those
    are packed into the whole room.

    Source: the data-dependent bound of Leskovec et al., KDD 2007, doi:10.1145/1281192.1281239.
    """
    return min(_from_nothing(choice), choice.value() + _on_top(choice))


def _from_nothing(choice: Choice) -> float:
    problem, room = choice.problem, choice.limits.room
    whole, discount = place_worth(problem), choice.limits.discount
    filled = [0.0] * len(whole)
    parts: list[tuple[float, int]] = []
    units = zip(problem.worth, problem.tokens, problem.places, strict=True)
    for worth, tokens, place in sorted(units, key=lambda unit: -unit[0] / max(unit[1], 1)):
        # the slope where the segment begins is at least the function's: concave, and filled from the densest on
        slope = _slope(filled[place], whole[place], discount)
        parts.append((slope * worth, tokens))
        filled[place] += worth
    return min(_fractional(parts, room), sum(concave(f, w, discount) for f, w in zip(filled, whole, strict=True)))


def _on_top(choice: Choice) -> float:
    parts = [
        (choice.gain((unit, unit + 1)), choice.problem.tokens[unit])
        for unit, taken in enumerate(choice.chosen)
        if not taken
    ]
    return _fractional(parts, choice.limits.room)


def _slope(held: float, whole: float, discount: float) -> float:
    step = 1e-9 * whole
    if discount <= 0.0 or step <= 0.0:
        return 1.0
    return (concave(held, whole, discount) - concave(held - step, whole, discount)) / step


def _fractional(parts: Iterable[tuple[float, int]], room: int) -> float:
    """The most worth of parts that may be cut, within ``room`` tokens."""
    worth = 0.0
    for gain, tokens in sorted(parts, key=lambda part: -part[0] / max(part[1], 1)):
        if tokens > room:
            return worth + (gain * room / tokens if room > 0 else 0.0)
        worth += gain
        room -= tokens
    return worth
