"""The values that a filter is made of: what ``parse_filter`` gives, or what a program builds itself."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Operator = Literal["=", "!=", "<", "<=", ">", ">="]

_WRITTEN = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Days:
    """The days from ``first`` to ``last``, both included: a day, a month or a year as it is written in a filter.

    A date equals a period that it lies in, is less than one that begins after it, and greater than one that has ended.
    """

    first: dt.date
    last: dt.date

    @classmethod
    def of(cls, written: str) -> Days:
        """``2024-03-01``, ``2024-03`` or ``2024``.

        Raises:
            ValueError: It is none of these, or no day of the calendar.
        """
        match = _WRITTEN.fullmatch(written)
        if match is None:
            raise ValueError(f"{written[:40]!r} is not a date")
        year, month, day = (None if part is None else int(part) for part in match.groups())
        if year is None or not 1 <= year <= dt.MAXYEAR or (month is not None and not 1 <= month <= 12):
            raise ValueError(f"{written!r} is not in the calendar")
        if month is None:
            return cls(dt.date(year, 1, 1), dt.date(year, 12, 31))
        longest = calendar.monthrange(year, month)[1]
        if day is None:
            return cls(dt.date(year, month, 1), dt.date(year, month, longest))
        if not 1 <= day <= longest:
            raise ValueError(f"{written!r} is not in the calendar")
        return cls(dt.date(year, month, day), dt.date(year, month, day))


Value: TypeAlias = str | int | float | dt.date | Days
"""What a field is compared with. A plain number is also the year of that number where the field holds dates."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Some value of the field stands so to ``value``; ``!=`` is the negation of ``=``: no value of the field equals it.

    ``at`` is the place in the text of the filter, from 0, for what is told of an error.
    """

    name: str
    operator: Operator
    value: Value
    at: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class OneOf:
    """Some value of the field equals one of ``values``."""

    name: str
    values: tuple[Value, ...]
    at: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Like:
    """Some value of the field is as the pattern: ``*`` stands for any characters, ``?`` for one."""

    name: str
    pattern: str
    at: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Present:
    """The document has the field."""

    name: str
    at: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds; all documents where there is none."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds; no document where there is none."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Condition


Test: TypeAlias = Comparison | OneOf | Like | Present
Condition: TypeAlias = Test | AllOf | AnyOf | Not
