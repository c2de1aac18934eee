"""Numbers in a text as values: with scale, unit, sign, the rounding they are written in, and the bound they state."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from rag.quantities.units import EXACT, MEASURE, MEASURES, SCALES, currency_of, in_base, measure_of

_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORDS = {word: value for value, word in enumerate(_SMALL)} | {word: 10 * at for at, word in enumerate(_TENS, start=2)}
NUMBER_WORDS = {word: str(value) for word, value in _WORDS.items() if value > 1}
"""Words that say a number, with its digits; "one" is mostly an article."""

_BELOW_100 = rf"(?:(?:{'|'.join(_TENS)})(?:[- ](?:{'|'.join(_SMALL[1:10])})\b)?|{'|'.join(_SMALL)})"
_NUMBER = re.compile(
    # A minus stands at the start of a word: the one of "3-5" is a range.
    r"(?P<open>(?<=\())?(?P<sign>(?<![^\s(\[])[-\u2212](?=[$€£¥₹]?\.?\d))?"
    r"(?P<currency>(?:\bUS)?[$€£¥₹]|\b(?:USD|EUR|GBP|CHF|JPY|INR|CNY)\s)?\s?(?P<minus>(?<=[\s$€£¥])[-\u2212](?=\d))?"
    r"(?:(?<![\w.])(?<![A-Za-z]-)(?P<digits>\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
    rf"|\b(?P<word>{_BELOW_100}(?:\shundred\s(?:and\s)?{_BELOW_100})?)\b)"
    r"(?:[\s-]?(?P<scale>hundred|thousand|million|billion|trillion|dozen|mn|bn|tn|[kmb](?![\w]))\b)?"
    r"(?:\s?(?P<percent>%|percent\b|per\s?cent\b|pct\b)"
    r"|[\s-](?P<after>usd|dollars?|eur|euros?|gbp|pounds?|chf|francs?|yen|rupees?|yuan)\b|(?P<sign_after>\s?[€£](?!\s?\d)))?"
    # Looked at and not consumed: what is measured stays among the content words.
    r"(?:(?=[\s-]?(?:(?:working|business|calendar|full|whole|consecutive|additional|extra|more|further|paid|square"
    rf"|cubic)\s)?(?P<measure>{MEASURE})\b))?",
    re.IGNORECASE,
)
_ONE_MEASURE = re.compile(
    r"\b(?:is|was|for|of|within|after|before|in|by|than|least|most|to|takes?|lasts?|half|per|once|each|every)\s+"
    rf"(?:an?\s+)?(?P<measure>{MEASURE})\b",
    re.IGNORECASE,
)
_FALL = re.compile(
    r"\b(?:fell|fall\w*|drop\w*|declin\w*|decreas\w*|down|loss\w*|lost|lower\w*|less|fewer|reduc\w*|shr[aiu]nk\w*|cut|"
    r"contract\w*|minus|negative|below|deficit|outflow\w*|used)\b",
    re.IGNORECASE,
)
_BOUND = re.compile(
    r"(?:(?P<no>\b(?:no|not)\s)?(?:(?P<above>\b(?:more|greater|higher|longer|larger|older|later)\sthan|\bover|\babove"
    r"|\bexceed(?:s|ed|ing)?|\bupwards?\sof|>)"
    r"|(?P<below>\b(?:less|fewer|lower|shorter|smaller|younger|earlier)\sthan|\bunder|\bbelow|<))"
    r"|(?P<least>\b(?:at\sleast|a\sminimum\sof|minimum\sof|≥))|(?P<most>\b(?:at\smost|up\sto|a\smaximum\sof|maximum\sof|≤))"
    r"|(?P<nearly>\b(?:nearly|almost|just\sunder|close\sto))"
    r"|(?P<about>\b(?:about|around|approximately|approx\.?|roughly|some|circa|ca\.|an\sestimated|estimated)|~|≈))"
    r"\s?(?:the\s|a\s)?[$€£¥]?$",
    re.IGNORECASE,
)
_LOOSE = {
    "half": (50.0, "%"), "halves": (50.0, "%"), "halved": (50.0, "%"), "quarter": (25.0, "%"), "third": (100 / 3, "%"),
    "two thirds": (200 / 3, "%"), "two-thirds": (200 / 3, "%"), "three quarters": (75.0, "%"),
    "three-quarters": (75.0, "%"), "one-third": (100 / 3, "%"), "one-quarter": (25.0, "%"), "doubled": (100.0, "%"),
    "twice": (2.0, ""), "double": (2.0, ""), "both": (2.0, ""), "pair": (2.0, ""), "couple": (2.0, ""),
    "two-fold": (2.0, ""), "twofold": (2.0, ""), "triple": (3.0, ""), "tripled": (3.0, ""), "thrice": (3.0, ""),
    "dozen": (12.0, ""), "a hundred": (100.0, ""), "a thousand": (1000.0, ""), "a million": (1e6, ""),
    "a billion": (1e9, ""), "single": (1.0, ""), "once": (1.0, ""), "half of": (0.5, ""), "fully": (100.0, "%"),
    "first half": (6.0, ""), "trio": (3.0, ""), "quartet": (4.0, ""), "quintet": (5.0, ""),
}  # fmt: skip
_LOOSE_WORD = re.compile(rf"\b(?:{'|'.join(sorted(_LOOSE, key=len, reverse=True))})\b", re.IGNORECASE)
_YEAR = re.compile(r"(?:1\d|20)\d\d")
LONGEST_WRITTEN = 80
"""Longer ones are shown cut: a number may have a million digits."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as it is written.

    Attributes:
        unit: "%", a currency's code, or "".
        step: What its last written digit is worth.
        measure: A unit of time, mass, length and so on in the singular ("week", "kg"), or "".
        either_sign: It may be meant as negative without a minus: "(12)" in accounts, "fell by 12".
        bound: ">", "<", "≥", "≤" or "~" where the words before it say so, else "".
        as_word: It is written in letters.
    """

    value: float
    unit: str
    step: float
    written: str
    measure: str = ""
    either_sign: bool = False
    bound: str = ""
    as_word: bool = False

    @property
    def may_be_year(self) -> bool:
        """Whether it is four digits of a usual year."""
        return _YEAR.fullmatch(self.written) is not None

    @property
    def is_small_count(self) -> bool:
        """Whether it counts few things, which a reader may have counted in a list."""
        return 0 < self.value <= 12 and self.value.is_integer() and not (self.unit or self.measure) and self.step == 1.0

    @property
    def is_bare(self) -> bool:
        """Whether it is figures alone, perhaps with a currency, that a note of a table may scale; no year."""
        if self.as_word or self.unit == "%" or not self.written[-1].isdigit():
            return False
        return bool(self.unit) or not (self.may_be_year and 1900 <= abs(self.value) < 2100)

    def scaled(self, factor: float) -> Quantity:
        """It as counted in thousands or millions, where ``factor`` is 1e3 or 1e6."""
        return replace(self, value=self.value * factor, step=self.step * factor)

    def borne_out_by(self, other: Quantity) -> bool:
        """Whether ``other`` is the same number, or rounds to it as it is written here.

        A unit that both write must not differ, except that 14 days are two weeks; a sign must not differ. "About 1,300"
        may be off by 5%, or by half of its last digit that is not 0; "over 1,200" may be exceeded by half, unless
        ``other`` states a bound of its own.
        """
        if self.unit != other.unit and (self.unit == "%" or other.unit == "%" or (self.unit and other.unit)):
            return False
        mine, theirs = self.value, other.value
        if self.either_sign or other.either_sign:
            mine, theirs = abs(mine), abs(theirs)
        if self.measure and other.measure and MEASURES[self.measure] != MEASURES[other.measure]:
            return _same_measure(mine, self, theirs, other)
        if mine == theirs:
            return True
        return self._rounds(mine, theirs, other.step) or (not other.bound and self._bounds(mine, theirs))

    def _rounds(self, mine: float, theirs: float, their_step: float) -> bool:
        if abs(mine - theirs) > 0.5 * self.step * 1.000001:
            return False
        return self.step >= their_step or abs(mine - theirs) < 1e-9 * max(abs(mine), 1.0)

    def _bounds(self, mine: float, theirs: float) -> bool:
        if self.bound in {">", "≥"}:
            return mine <= theirs <= 1.5 * mine
        if self.bound in {"<", "≤"}:
            return mine / 1.5 <= theirs <= mine
        return self.bound == "~" and abs(mine - theirs) <= max(0.05 * abs(mine), 0.5 * _round_step(mine))


def numbers_with_spans(text: str) -> Iterator[tuple[tuple[int, int], Quantity]]:
    """The numbers of ``text``, in which dates are blanked out, each with its ``[start, end)``."""
    for match in _NUMBER.finditer(text):
        blanks = len(match.group()) - len(match.group().lstrip())
        yield (match.start() + blanks, match.end()), _quantity(match)


def implied_in(text: str) -> Iterator[Quantity]:
    """Numbers that words imply: half, twice, a dozen, "a week" as one week. They bear out, and are not asked for."""
    for match in _ONE_MEASURE.finditer(text):
        yield Quantity(1.0, "", 1.0, match["measure"], measure=measure_of(match["measure"]))
    for match in _LOOSE_WORD.finditer(text):
        value, unit = _LOOSE[match.group().lower()]
        yield Quantity(value, unit, 1.0, match.group())


def without_numbers(text: str) -> str:
    """``text`` with blanks where its numbers and their units stand."""
    return _NUMBER.sub(lambda match: " " * len(match.group()), text)


def _same_measure(mine: float, one: Quantity, theirs: float, other: Quantity) -> bool:
    (base, value), (their_base, their_value) = in_base(mine, one.measure), in_base(theirs, other.measure)
    if base != their_base:
        return False
    off = abs(value - their_value)
    if base in EXACT:
        return off <= 1e-6 * max(abs(value), 1.0)
    return off <= max(0.5 * in_base(one.step, one.measure)[1], 0.01 * abs(value))


def _round_step(value: float) -> float:
    """What the last digit that is not 0 is worth."""
    whole = int(abs(value)) if abs(value) < 1e15 else 0
    step = 1
    while whole and whole % (step * 10) == 0:
        step *= 10
    return float(step)


def _quantity(match: re.Match[str]) -> Quantity:
    unit, measure = _unit(match), measure_of(match["measure"] or "")
    # "10 m" is a length, "10m" and "EUR 10 m" are millions.
    metres = match["scale"] in {"m", "M"} and not unit and match.string[match.start("scale") - 1].isspace()
    value, step = _value(match, 1.0 if metres else SCALES.get((match["scale"] or "").lower(), 1.0))
    in_brackets = match["open"] is not None and match.string[match.end() : match.end() + 1] == ")"
    return Quantity(
        value=-value if match["sign"] or match["minus"] else value,
        unit=unit,
        step=step,
        written=match.string[match.start() : match.end("measure") if measure else match.end()].strip()[
            :LONGEST_WRITTEN
        ],
        measure="m" if metres else measure,
        either_sign=(in_brackets and not match["sign"]) or _falls(match),
        bound=_bound(match),
        as_word=match["digits"] is None,
    )


def _unit(match: re.Match[str]) -> str:
    if match["percent"]:
        return "%"
    return currency_of(match["currency"] or match["after"] or match["sign_after"] or "")


def _value(match: re.Match[str], factor: float) -> tuple[float, float]:
    """The number without its sign, and what its last written digit is worth."""
    if match["digits"] is None:
        hundreds, said, rest = match["word"].lower().partition("hundred")
        value = _below_100(hundreds) * (100 if said else 1) + (_below_100(rest.removeprefix(" and")) if said else 0)
        return float(value) * factor, factor
    plain = match["digits"].replace(",", "")
    return float(plain) * factor, 10.0 ** -len(plain.partition(".")[2]) * factor


def _below_100(written: str) -> int:
    return sum(_WORDS[part] for part in re.split(r"[-\s]+", written.strip()) if part)


def _bound(match: re.Match[str]) -> str:
    start = match.start()
    found = _BOUND.search(match.string[max(0, start - 24) : start].rstrip())
    if found is None:
        return ""
    if found["above"]:
        return "≤" if found["no"] else ">"
    if found["below"]:
        return "≥" if found["no"] else "<"
    return "≥" if found["least"] else "≤" if found["most"] else "~"


def _falls(match: re.Match[str]) -> bool:
    """Whether a word near the number says that it goes down, which a minus elsewhere may stand for."""
    start, end = match.span()
    return bool(_FALL.search(match.string, max(0, start - 40), start) or _FALL.search(match.string, end, end + 20))
