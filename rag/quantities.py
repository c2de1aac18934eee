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
_MEASURES: dict[str, tuple[str, float]] = {
    **dict.fromkeys(("minute", "min"), ("minute", 1)),
    **dict.fromkeys(("hour", "hr", "h"), ("minute", 60)),
    "day": ("minute", 1440),
    "week": ("minute", 10_080),
    "month": ("month", 1),
    **dict.fromkeys(("year", "yr"), ("month", 12)),
    **dict.fromkeys(("gram", "gramme", "g"), ("g", 1)),
    **dict.fromkeys(("kilogram", "kilo", "kg"), ("g", 1e3)),
    **dict.fromkeys(("tonne", "ton", "t"), ("g", 1e6)),
    **dict.fromkeys(("millimetre", "millimeter", "mm"), ("m", 0.001)),
    **dict.fromkeys(("centimetre", "centimeter", "cm"), ("m", 0.01)),
    **dict.fromkeys(("metre", "meter", "m"), ("m", 1)),
    **dict.fromkeys(("kilometre", "kilometer", "km"), ("m", 1e3)),
    "mile": ("mile", 1),
    **dict.fromkeys(("millilitre", "milliliter", "ml"), ("l", 0.001)),
    **dict.fromkeys(("litre", "liter", "l"), ("l", 1)),
}
"""A unit of measure: what it is counted in, and how many of those it is. A month is no fixed number of days."""

_MEASURE = "|".join(sorted((f"{name}s?" if len(name) > 2 else name for name in _MEASURES), key=len, reverse=True))
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
    # A minus stands at the start of a word: the one of "3-5" is a range.
    r"(?P<open>(?<=\())?(?P<sign>(?<![^\s(\[])[-\u2212](?=[$€£¥]?\.?\d))?"
    r"(?P<currency>[$€£¥]|\b(?:USD|EUR|GBP|CHF)\s)?\s?(?P<minus>(?<=[\s$€£¥])[-\u2212](?=\d))?"
    r"(?:(?<![\w.])(?<![A-Za-z]-)(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
    rf"|\b(?P<word>(?:{'|'.join(_TENS)})(?:-(?:{'|'.join(_SMALL[1:10])}))?|{'|'.join(_SMALL)})\b)"
    r"(?:\s?(?P<scale>hundred|thousand|million|billion|trillion|mn|bn|[kmb](?![\w]))\b)?"
    r"(?:\s?(?P<percent>%|percent\b|per\s?cent\b|pct\b)|\s(?P<after>usd|dollars?|eur|euros?|gbp|pounds?|chf|yen)\b)?"
    # Looked at and not consumed: what is measured stays among the content words.
    r"(?:(?=[\s-]?(?:(?:working|business|calendar|full|whole|consecutive|additional|extra|more|further|paid)\s)?"
    rf"(?P<measure>{_MEASURE})\b))?",
    re.IGNORECASE,
)
_ONE_MEASURE = re.compile(
    rf"\b(?:is|was|for|of|within|after|before|in|by|than|least|most|to|takes?|lasts?|half)\s+an?\s+(?P<measure>{_MEASURE})\b",
    re.IGNORECASE,
)
_FALL = re.compile(
    r"\b(?:fell|fall\w*|drop\w*|declin\w*|decreas\w*|down|loss\w*|lost|lower\w*|less|fewer|reduc\w*|shr[aiu]nk\w*|cut|"
    r"contract\w*|minus|negative|below|deficit|outflow\w*|used)\b",
    re.IGNORECASE,
)
_BEFORE_A_YEAR = re.compile(
    r"(?:\b(?:in|since|fiscal|until|till|during|year|FY|from|through|early|late|mid)|"
    r"(?P<loose>\b(?:of|for|by|the|and|or|to|than|between|before|after|versus|vs\.?)))[\s-]+$",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"\s+(?!(?:is|was|has|as|its|this)\b)[a-z]+s\b")


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
    """A number as it is written.

    Attributes:
        unit: "%", a currency's code, or "".
        step: What its last written digit is worth.
        measure: A unit of time, mass, length or volume in the singular ("week", "kg"), or "".
        either_sign: It may be meant as negative without a minus: "(12)" in accounts, "fell by 12".
    """

    value: float
    unit: str
    step: float
    written: str
    measure: str = ""
    either_sign: bool = False

    def borne_out_by(self, other: Quantity) -> bool:
        """Whether ``other`` is the same number, or rounds to it as it is written here.

        A unit that both write must not differ, except that 14 days are two weeks; a sign must not differ.
        """
        if self.unit != other.unit and (self.unit == "%" or other.unit == "%" or (self.unit and other.unit)):
            return False
        mine, theirs = self.value, other.value
        if self.either_sign or other.either_sign:
            mine, theirs = abs(mine), abs(theirs)
        if self.measure and other.measure and _MEASURES[self.measure] != _MEASURES[other.measure]:
            return _in_base(mine, self.measure) == _in_base(theirs, other.measure)
        return abs(mine - theirs) <= 0.5 * self.step * 1.000001 and (
            self.step >= other.step or abs(mine - theirs) < 1e-9 * max(abs(mine), 1.0)
        )


def dates_in(text: str) -> list[Date]:
    """The dates of ``text`` that name a month, in order."""
    return [date for _span, date in _dates(text)]


def quantities_in(text: str) -> list[Quantity]:
    """The numbers of ``text`` that are no part of a date with a month, in order."""
    return [quantity for _span, quantity in _quantities(text)]


def without_quantities(text: str) -> str:
    """``text`` with blanks where its dates, numbers and their units stand."""
    masked = _masked(text, " ")
    return _NUMBER.sub(lambda match: " " * len(match.group()), masked)


def missing_numbers(claim: str, evidence: Sequence[str]) -> list[str]:
    """The numbers and dates of ``claim``, as written there, that no number or date of ``evidence`` bears out."""
    joined = "\n".join(evidence)
    held, held_dates = quantities_in(joined), dates_in(joined)
    years = {date.year for date in held_dates}
    known_years = years | {quantity.value for quantity in held if _may_be_year(quantity)}
    missing = [
        date.written
        for date in dates_in(claim)
        if not any(date.borne_out_by(other) for other in held_dates)
        or (date.year is not None and date.year not in known_years)
    ]
    held += [_one(match["measure"]) for match in _ONE_MEASURE.finditer(joined)]
    for span, quantity in _quantities(claim):
        year_of_a_date = quantity.value in years and _may_be_year(quantity) and _reads_as_year(claim, span)
        an_article = quantity.written.lower() == "one"
        if not (year_of_a_date or an_article or any(quantity.borne_out_by(other) for other in held)):
            missing.append(quantity.written)
    return missing


def _may_be_year(quantity: Quantity) -> bool:
    return re.fullmatch(r"(?:19|20)\d\d", quantity.written) is not None


def _reads_as_year(text: str, span: tuple[int, int]) -> bool:
    """Whether the number at ``span`` follows a word that years follow, or ends its clause: "2024 pallets" does not."""
    start, end = span
    before, rest = _BEFORE_A_YEAR.search(text[max(0, start - 12) : start]), text[end:]
    if before:
        return not (before["loose"] and _COUNTED.match(rest))
    return not rest.strip() or rest.lstrip()[0] in ".,;:!?)]/\u2013"


def _one(measure: str) -> Quantity:
    return Quantity(value=1.0, unit="", step=1.0, written=measure, measure=_measure(measure))


def _measure(written: str) -> str:
    name = written.lower()
    return name if name in _MEASURES else name.removesuffix("s")


def _in_base(value: float, measure: str) -> tuple[str, float]:
    base, factor = _MEASURES[measure]
    return base, round(value * factor, 6)


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


def _quantities(text: str) -> Iterator[tuple[tuple[int, int], Quantity]]:
    masked = _masked(text, "x")
    for match in _NUMBER.finditer(masked):
        blanks = len(match.group()) - len(match.group().lstrip())
        yield (match.start() + blanks, match.end()), _quantity(match)


def _quantity(match: re.Match[str]) -> Quantity:
    unit, measure = _unit(match), _measure(match["measure"] or "")
    # "10 m" is a length, "10m" and "EUR 10 m" are millions.
    metres = match["scale"] in {"m", "M"} and not unit and match.string[match.start("scale") - 1].isspace()
    value, step = _value(match, 1.0 if metres else _SCALES.get((match["scale"] or "").lower(), 1.0))
    in_brackets = match["open"] is not None and match.string[match.end() : match.end() + 1] == ")"
    return Quantity(
        value=-value if match["sign"] or match["minus"] else value,
        unit=unit,
        step=step,
        written=match.string[match.start() : match.end("measure") if measure else match.end()].strip(),
        measure="m" if metres else measure,
        either_sign=(in_brackets and not match["sign"]) or _falls(match),
    )


def _unit(match: re.Match[str]) -> str:
    if match["percent"]:
        return "%"
    named = (match["currency"] or match["after"] or "").strip().lower()
    return _CURRENCIES.get(named, _CURRENCIES.get(named.removesuffix("s"), named.upper()))


def _value(match: re.Match[str], factor: float) -> tuple[float, float]:
    """The number without its sign, and what its last written digit is worth."""
    if match["digits"] is None:
        return float(sum(_WORDS[part] for part in match["word"].lower().split("-"))) * factor, factor
    plain = match["digits"].replace(",", "")
    return float(plain) * factor, 10.0 ** -len(plain.partition(".")[2]) * factor


def _falls(match: re.Match[str]) -> bool:
    """Whether a word near the number says that it goes down, which a minus elsewhere may stand for."""
    start, end = match.span()
    return bool(_FALL.search(match.string, max(0, start - 40), start) or _FALL.search(match.string, end, end + 20))
