"""Numbers and dates in a text as values that can be compared: with scale, unit and the rounding they are written in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_SCALES = {
    "hundred": 1e2,
    "thousand": 1e3,
    "k": 1e3,
    "million": 1e6,
    "mn": 1e6,
    "m": 1e6,
    "billion": 1e9,
    "bn": 1e9,
    "b": 1e9,
    "trillion": 1e12,
}
_CURRENCIES = {"$": "USD", "usd": "USD", "dollar": "USD", "€": "EUR", "eur": "EUR", "euro": "EUR", "£": "GBP"} | {
    "gbp": "GBP",
    "pound": "GBP",
    "chf": "CHF",
    "¥": "JPY",
    "yen": "JPY",
}
_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORDS = {word: value for value, word in enumerate(_SMALL)} | {word: 10 * at for at, word in enumerate(_TENS, start=2)}
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTH = "|".join([*_MONTHS, *(month[:3] for month in _MONTHS), "sept"])

_DATE = re.compile(
    rf"\b(?P<y1>\d{{4}})-(?P<m1>\d{{1,2}})-(?P<d1>\d{{1,2}})\b"
    rf"|\b(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<m2>{_MONTH})\b\.?(?:,?\s+(?P<y2>\d{{4}})\b)?"
    rf"|\b(?P<m3>{_MONTH})\b\.?\s+(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?\b(?!\.\d)(?:,?\s+(?P<y3>\d{{4}})\b)?"
    rf"|\b(?P<m4>{_MONTH})\b\.?,?\s+(?:of\s+)?(?P<y4>\d{{4}})\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?P<currency>[$€£¥]|\b(?:USD|EUR|GBP|CHF)\s)?\s?"
    r"(?:(?<![\w.])(?<![A-Za-z]-)(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
    rf"|\b(?P<word>(?:{'|'.join(_TENS)})(?:-(?:{'|'.join(_SMALL[1:10])}))?|{'|'.join(_SMALL)})\b)"
    r"(?:\s?(?P<scale>hundred|thousand|million|billion|trillion|mn|bn|[kmb](?![\w]))\b)?"
    r"(?:\s?(?P<percent>%|percent\b|per\s?cent\b|pct\b)|\s(?P<after>usd|dollars?|eur|euros?|gbp|pounds?|chf|yen)\b)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Date:
    """A date with the parts that are written; None where a part is not."""

    year: int | None
    month: int
    day: int | None
    written: str

    def borne_out_by(self, other: Date) -> bool:
        """Whether every part that both write is the same and this one writes no day that the other lacks."""
        same_year = self.year is None or other.year is None or self.year == other.year
        return same_year and self.month == other.month and self.day in {None, other.day}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number; ``unit`` is "%", a currency's code, or ""; ``step`` is what its last written digit is worth."""

    value: float
    unit: str
    step: float
    written: str

    def borne_out_by(self, other: Quantity) -> bool:
        """Whether ``other`` is the same number, or rounds to it as it is written here; a unit must not differ."""
        if self.unit != other.unit and (self.unit == "%" or other.unit == "%" or (self.unit and other.unit)):
            return False
        return abs(self.value - other.value) <= max(0.5 * self.step, 0.0) * 1.000001 and (
            self.step >= other.step or abs(self.value - other.value) < 1e-9 * max(abs(self.value), 1.0)
        )


def dates_in(text: str) -> list[Date]:
    """The dates of ``text`` that name a month, in order."""
    return [date for _span, date in _dates(text)]


def quantities_in(text: str) -> list[Quantity]:
    """The numbers of ``text`` that are no part of a date with a month, in order."""
    return [_quantity(match) for match in _NUMBER.finditer(_masked(text, "x"))]


def without_quantities(text: str) -> str:
    """``text`` with blanks where its dates, numbers and their units stand."""
    masked = _masked(text, " ")
    return _NUMBER.sub(lambda match: " " * len(match.group()), masked)


def missing_numbers(claim: str, evidence: Sequence[str]) -> list[str]:
    """The numbers and dates of ``claim``, as written there, that no number or date of ``evidence`` bears out."""
    joined = "\n".join(evidence)
    held, held_dates = quantities_in(joined), dates_in(joined)
    years = {date.year for date in held_dates}
    days = {date.day for date in held_dates}
    missing = [date.written for date in dates_in(claim) if not any(date.borne_out_by(other) for other in held_dates)]
    for quantity in quantities_in(claim):
        in_a_date = not quantity.unit and (quantity.value in years or quantity.value in days)
        trivial = quantity.written.strip().lower() in {"one", "zero"}
        if not (in_a_date or trivial or any(quantity.borne_out_by(other) for other in held)):
            missing.append(quantity.written)
    return missing


def _masked(text: str, filler: str) -> str:
    masked = list(text)
    for (start, end), _date in _dates(text):
        masked[start:end] = filler * (end - start)
    return "".join(masked)


def _dates(text: str) -> Iterator[tuple[tuple[int, int], Date]]:
    for match in _DATE.finditer(text):
        part = {name[0]: value for name, value in match.groupdict().items() if value is not None}
        month = int(part["m"]) if part["m"].isdigit() else _month(part["m"])
        year, day = (int(part[name]) if name in part else None for name in "yd")
        yield match.span(), Date(year=year, month=month, day=day, written=match.group())


def _month(name: str) -> int:
    return next(number for number, month in enumerate(_MONTHS, start=1) if month[:3] == name.lower()[:3])


def _quantity(match: re.Match[str]) -> Quantity:
    digits, word, scale = match["digits"], match["word"], (match["scale"] or "").lower()
    factor = _SCALES.get(scale, 1.0)
    if digits is not None:
        plain = digits.replace(",", "")
        decimals = len(plain.partition(".")[2])
        value, step = float(plain) * factor, 10.0**-decimals * factor
    else:
        parts = word.lower().split("-")
        value, step = float(sum(_WORDS[part] for part in parts)) * factor, factor
    unit = "%" if match["percent"] else ""
    named = (match["currency"] or match["after"] or "").strip().lower()
    unit = unit or _CURRENCIES.get(named, _CURRENCIES.get(named.removesuffix("s"), named.upper()))
    return Quantity(value=value, unit=unit, step=step, written=match.group().strip())
