"""Numbers and dates in text, compared as people do: by value, at any stated scale, up to the rounding shown.

Apart from `rag.quantities` on purpose: the verifier's reading of numbers is among the things that are measured.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal

_SCALES = {
    "thousand": 3, "k": 3, "million": 6, "mn": 6, "mm": 6, "m": 6, "billion": 9, "bn": 9, "b": 9, "trillion": 12,
}  # fmt: skip
_CURRENCIES = {"us$": "$", "usd": "$", "dollar": "$", "dollars": "$", "eur": "€", "euro": "€", "euros": "€",
               "gbp": "£", "pound": "£", "pounds": "£", "$": "$", "€": "€", "£": "£"}  # fmt: skip
_NUMBER = re.compile(
    r"(?:(?P<before>us\$|\b(?:usd|eur|gbp)\b|[$€£])\s*)?"
    r"(?<![\w.,])(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?:st|nd|rd|th|x)?"
    r"(?:\s*(?P<scale>thousand|million|billion|trillion|mn|mm|bn)\b|(?P<letter>[kmb])\b)?"
    r"(?:\s*(?P<percent>%|per\s?cent\b|percentage points?\b)"
    r"|\s*(?P<after>(?:usd|eur|gbp|euros?|dollars?|pounds)\b|[$€£](?!\s*\d)))?",
    re.IGNORECASE,
)
_CELL_BEFORE = re.compile(r"\|\s*$")
_CELL_AFTER = re.compile(r"\s*(?:\||\n|$)")
_ASKED_SCALE = re.compile(
    r"\bin\s+(?:us\s+)?(?:usd\s+|us\$\s*|dollars?\s+)?(thousands|millions|billions)\b", re.IGNORECASE
)
_FISCAL_YEAR = re.compile(r"\bfy\s?'?(?=\d{2,4}\b)", re.IGNORECASE)
_ONES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_TEN_WORDS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SMALL = {word: value for value, word in enumerate(_ONES + _TEENS, start=1)}
_TENS = {word: 10 * value for value, word in enumerate(_TEN_WORDS, start=2)}
_NUMBER_WORD = re.compile(
    rf"\b(?:(?P<tens>{'|'.join(_TENS)})(?:[- ](?P<ones>{'|'.join(_ONES)}))?"
    rf"|(?P<small>{'|'.join(_ONES[1:] + _TEENS)}))\b",
    re.IGNORECASE,
)  # "one" alone is mostly a pronoun
_MONTHS = {
    name: month
    for month, names in enumerate(
        ("january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
         "september sept sep", "october oct", "november nov", "december dec"), start=1)
    for name in names.split()
}  # fmt: skip
_MONTH = rf"(?P<month>{'|'.join(_MONTHS)})\.?"
_DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})\b",
        rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?\s+{_MONTH}(?:,?\s+(?P<year>\d{{4}}))?\b",
        rf"\b{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(?P<year>\d{{4}})\b)?",
        rf"\b{_MONTH}\s+(?P<year>\d{{4}})\b",
    )
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number as printed: ``step`` is the value of its last significant place, ``unit`` a currency, "%" or nothing.

    ``scaled`` is true where the text itself names the scale ("million"); a bare number may stand in a table whose
    heading does. ``in_cell`` is true for a bare number between bars: its unit may stand in the heading as well.
    """

    value: Decimal
    step: Decimal
    unit: str = ""
    scaled: bool = False
    in_cell: bool = False


@dataclass(frozen=True, slots=True)
class Date:
    """A date as far as it is given."""

    year: int | None
    month: int
    day: int | None


Quantity = Number | Date


def quantities(text: str) -> tuple[Quantity, ...]:
    """The dates and numbers of ``text``, each once; the sign is not kept (accounts print a loss as ``(12)``)."""
    found: list[Quantity] = []
    for pattern in _DATES:
        found.extend(_date(match) for match in pattern.finditer(text))
        text = pattern.sub(" ", text)
    text = _FISCAL_YEAR.sub("", _NUMBER_WORD.sub(_digits, text))
    found.extend(_number(match) for match in _NUMBER.finditer(text))
    return tuple(dict.fromkeys(found))


def without_quantities(text: str) -> str:
    """``text`` without its dates and numbers, so that "million" or a month is not counted a second time as a word."""
    for pattern in _DATES:
        text = pattern.sub(" ", text)
    return _NUMBER.sub(" ", _NUMBER_WORD.sub("0", text))


def same(wanted: Quantity, said: Quantity) -> bool:
    """Whether ``said`` gives ``wanted``: the same date as far as wanted, or the same number.

    Numbers are the same when one is the other rounded to the places it shows, two significant digits at least. Where
    one of the two names its scale, the other may be read in thousands, millions or billions. Units must not contradict
    each other: 54% is 0.54, and is not 54.
    """
    if isinstance(wanted, Date) or isinstance(said, Date):
        return isinstance(wanted, Date) and isinstance(said, Date) and _same_date(wanted, said)
    if "%" in (wanted.unit, said.unit):
        return _same_share(wanted, said)
    if wanted.unit and said.unit and wanted.unit != said.unit:
        return False
    return _close(wanted, said) or _same_rescaled(wanted, said)


def in_scale_of(question: str, number: Quantity) -> Quantity:
    """``number`` in the scale that the question asks for ("Answer in USD millions"), unless it names its own."""
    asked = _ASKED_SCALE.search(question)
    if asked is None or isinstance(number, Date) or number.scaled or number.unit == "%":
        return number
    return replace(_times(number, _SCALES[asked.group(1).lower().removesuffix("s")]), scaled=True)


def _same_date(wanted: Date, said: Date) -> bool:
    pairs = ((wanted.year, said.year), (wanted.month, said.month), (wanted.day, said.day))
    return all(want is None or want == have for want, have in pairs)


def _same_share(wanted: Number, said: Number) -> bool:
    if wanted.unit == said.unit:
        return _close(wanted, said)
    if wanted.unit and said.unit:
        return False
    share, bare = (wanted, said) if wanted.unit == "%" else (said, wanted)
    if bare.in_cell and _close(wanted, said):
        return True
    return bare.value <= 1 < share.value and _close(share, _times(bare, 2))


def _same_rescaled(wanted: Number, said: Number) -> bool:
    if wanted.scaled == said.scaled:
        return False
    scaled, bare = (wanted, said) if wanted.scaled else (said, wanted)
    if not bare.unit and bare.step >= 1 and bare.value < 10 * bare.step:
        return False  # the 5 of "5 days" is not 5 million
    return any(_close(scaled, _times(bare, power)) for power in (3, 6, 9))


def _times(number: Number, power: int) -> Number:
    factor = Decimal(10) ** power
    return replace(number, value=number.value * factor, step=number.step * factor)


def _close(one: Number, other: Number) -> bool:
    if one.value == other.value:
        return True
    rounded, exact = (one, other) if one.step >= other.step else (other, one)
    return rounded.value >= 10 * rounded.step and abs(rounded.value - exact.value) * 2 <= rounded.step


def _date(match: re.Match[str]) -> Date:
    parts = match.groupdict()
    month = parts["month"].lower()
    year, day = parts.get("year"), parts.get("day")
    return Date(int(year) if year else None, _MONTHS.get(month) or int(month), int(day) if day else None)


def _digits(match: re.Match[str]) -> str:
    small, tens, ones = (match.group(name) for name in ("small", "tens", "ones"))
    if small:
        return str(_SMALL[small.lower()])
    return str(_TENS[tens.lower()] + (_SMALL[ones.lower()] if ones else 0))


def _number(match: re.Match[str]) -> Number:
    digits = match.group("digits").replace(",", "")
    currency = match.group("before") or match.group("after")
    letter = match.group("letter") if currency else None  # "$5m" is millions, "5m" may be metres
    scale = _SCALES.get((match.group("scale") or letter or "").lower(), 0)
    factor = Decimal(10) ** scale
    places = len(digits.partition(".")[2].rstrip("0"))  # $1577.00 claims no cents
    unit = "%" if match.group("percent") else _CURRENCIES.get((currency or "").lower(), "")
    in_cell = not unit and bool(_CELL_BEFORE.search(match.string[: match.start()][-9:]))
    in_cell = in_cell and bool(_CELL_AFTER.match(match.string, match.end()))
    return Number(Decimal(digits) * factor, factor / Decimal(10) ** places, unit, scale > 0, in_cell)
