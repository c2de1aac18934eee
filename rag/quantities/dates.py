"""Dates in a text, in the formats in which people write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTH = "|".join([*MONTHS, *(month[:3] for month in MONTHS), "sept"])
_DATE = re.compile(
    rf"\b(?P<y1>\d{{4}})-(?P<m1>\d{{1,2}})-(?P<d1>\d{{1,2}})\b"
    rf"|\b(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<m2>{_MONTH})\b\.?(?:,?\s+(?P<y2>\d{{4}})\b)?"
    rf"|\b(?P<m3>{_MONTH})\b\.?\s+(?:the\s+)?(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?\b(?!\.\d)(?:\s?,?\s+(?P<y3>\d{{4}})\b)?"
    rf"|\b(?P<m4>{_MONTH})\b\.?,?\s+(?:of\s+)?(?P<y4>\d{{4}})\b"
    r"|(?<![\w/.-])(?P<d5>\d{1,2})(?P<mark>[/.])(?P<m5>\d{1,2})(?P=mark)(?P<y5>\d{4})(?![\w/.-]*\d)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Date:
    """A date with the parts that are written; None where a part is not.

    ``either_order`` is true where only figures are written and both could be the month: 3/4/2021.
    """

    year: int | None
    month: int
    day: int | None
    written: str
    either_order: bool = False

    def borne_out_by(self, other: Date) -> bool:
        """Whether every part that both write is the same and this one writes no day that the other lacks."""
        if not (self.year is None or other.year is None or self.year == other.year):
            return False
        if self.month == other.month and self.day in {None, other.day}:
            return True
        return (self.either_order or other.either_order) and (self.month, self.day) == (other.day, other.month)


def dates_with_spans(text: str) -> Iterator[tuple[tuple[int, int], Date]]:
    """The dates of ``text`` that name a month or are written in figures alone, each with its ``[start, end)``."""
    for match in _DATE.finditer(text):
        part = {name[0]: value for name, value in match.groupdict().items() if value is not None and name != "mark"}
        month = int(part["m"]) if part["m"].isdigit() else month_of(part["m"])
        year, day = (int(part[name]) if name in part else None for name in "yd")
        figures = match["mark"] is not None
        if figures and month > 12 and day is not None:
            month, day = day, month
        if 1 <= month <= 12 and (day is None or 1 <= day <= 31):
            yield (
                match.span(),
                Date(year, month, day, match.group().rstrip("."), figures and day is not None and day <= 12),
            )


def month_of(name: str) -> int:
    """1 to 12, of a month's name or its first three letters."""
    return next(number for number, month in enumerate(MONTHS, start=1) if month[:3] == name.lower()[:3])
