"""Dates changed: year, month, day, weekday and quarter."""

from __future__ import annotations

import re
from collections.abc import Callable

from evals.edits.edit import Given, Rules
from evals.edits.swaps import swap

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_YEAR = re.compile(r"(?<![\w.,$€£/-])(?:1[6-9]|20)\d\d(?![\w%/-]|[.,]\d|s\b| (?:people|employees|units|points))")
_MONTH = "|".join(_MONTHS)
_DAY = re.compile(rf"\b(?:(?:{_MONTH}) (?P<after>\d{{1,2}})|(?P<before>\d{{1,2}})(?:st|nd|rd|th)? (?:{_MONTH}))\b")


def later_year(given: Given) -> str | None:
    """A year is one to three years later."""
    return _year(given, lambda year: year + given.chance.randint(1, 3))


def earlier_year(given: Given) -> str | None:
    """A year is two to nine years earlier."""
    return _year(given, lambda year: year - given.chance.randint(2, 9))


def other_day(given: Given) -> str | None:
    """The day of a month is another one."""
    found = list(_DAY.finditer(given.claim))
    if not found:
        return None
    match = found[given.chance.randrange(len(found))]
    place = "after" if match["after"] else "before"
    day = int(match[place]) % 27 + 1
    changed = (
        given.claim[: match.start(place)]
        + str(day)
        + re.sub(r"^(?:st|nd|rd|th)", "th", given.claim[match.end(place) :])
    )
    date = changed[match.start() : match.end() + 1].strip(" .,")
    return changed if date not in given.evidence else None


def _year(given: Given, change: Callable[[int], int]) -> str | None:
    found = list(_YEAR.finditer(given.claim))
    if not found:
        return None
    match = found[given.chance.randrange(len(found))]
    new = str(change(int(match.group())))
    if new in given.evidence or new[2:] in re.findall(r"(?<=['/-])\d\d\b", given.evidence):
        return None
    return given.claim[: match.start()] + new + given.claim[match.end() :]


def _shifted(names: tuple[str, ...], by: int) -> dict[str, str]:
    return {name: names[(at + by) % len(names)] for at, name in enumerate(names)}


_OF_A_DATE = (
    r"(?:(?<=\d )|(?<=th )|(?<=\b[Ii]n )|(?<=\b[Oo]n )|(?<=\b[Oo]f )|(?<=\b[Ss]ince )|(?<=\b[Uu]ntil )|(?<=\b[Bb]y ))"
)
_OTHER_MONTH = swap("other_month", _shifted(_MONTHS, 5), after=_OF_A_DATE, cased=True)


def other_month(given: Given) -> str | None:
    """A month is another one that the evidence does not name."""
    changed = _OTHER_MONTH(given)
    if changed is None:
        return None
    new = set(re.findall(r"\w+", changed)) - set(re.findall(r"\w+", given.claim))
    return changed if not any(month[:3] in given.evidence for month in new) else None


DATE = Rules(
    train=(later_year, swap("next_month", _shifted(_MONTHS, 1), after=_OF_A_DATE, cased=True)),
    test=(
        earlier_year,
        other_day,
        other_month,
        swap("other_weekday", _shifted(_DAYS, 3), cased=True),
        swap("other_quarter", {"first quarter": "third quarter", "second quarter": "fourth quarter",
                               "third quarter": "second quarter", "fourth quarter": "first quarter",
                               "q1": "Q3", "q2": "Q4", "q3": "Q2", "q4": "Q1"}),
    ),
)  # fmt: skip
