"""Numbers changed: to one that the evidence does not hold, or to another one that it does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from evals.edits.edit import Given, Rules

_DIGITS = re.compile(
    r"(?<![\w.,:/-])(?<!\d )\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\w:/-])|(?<![\w.,:/-])\d+(?:\.\d+)?(?![\w:/-]|[.,]\d)"
)
_PERCENT = re.compile(r"\s?(?:%|percent|per cent|pct)")
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
_MONTH = re.compile(
    r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*\.?,?\s*$|\b(?:no|page|section|chapter|vol|covid)\.?[\s-]*$",
    re.IGNORECASE,
)
_MONTH_AFTER = re.compile(
    r"\s*(?:st|nd|rd|th)?,?\s*(?:of\s+)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)", re.IGNORECASE
)
_WORDS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_WORD = re.compile(rf"\b(?:{'|'.join(_WORDS)})\b(?!-)")


def nudged(given: Given) -> str | None:
    """Its last digit is another one."""
    return _with(given, lambda written: written[:-1] + str((int(written[-1]) + given.chance.randint(1, 8)) % 10))


def multiplied(given: Given) -> str | None:
    """Ten times as much: a digit is put before its end."""
    return _with(given, lambda written: _grouped(written.replace(",", ""), "0") if "." not in written else None)


def digits_swapped(given: Given) -> str | None:
    """Two neighbouring digits change places."""
    return _with(given, _swapped)


def other_first_digit(given: Given) -> str | None:
    """Its first digit is another one, and not 0."""
    return _with(given, lambda written: str(int(written[0]) % 9 + 1) + written[1:])


def other_word(given: Given) -> str | None:
    """A number written as a word is another one."""
    found = list(_WORD.finditer(given.claim))
    if not found:
        return None
    match = found[given.chance.randrange(len(found))]
    others = [word for word in _WORDS if word != match.group() and not _holds_word(given.evidence, word)]
    return _put(given.claim, match, given.one_of(others)) if others else None


def from_the_sentence(given: Given) -> str | None:
    """Two numbers of the claim change places."""
    found = [match for match in numbers(given.claim) if len(match.group()) > 1]
    pairs = [(a, b) for a in found for b in found if a.start() < b.start() and a.group() != b.group()]
    pairs = [(a, b) for a, b in pairs if _sort(given.claim, a) == _sort(given.claim, b)]
    if not pairs:
        return None
    one, other = pairs[given.chance.randrange(len(pairs))]
    text = given.claim
    return text[: one.start()] + other.group() + text[one.end() : other.start()] + one.group() + text[other.end() :]


def from_the_evidence(given: Given) -> str | None:
    """A number of the claim gives way to one that stands elsewhere in the evidence."""
    found = [match for match in numbers(given.claim) if len(match.group()) > 1]
    if not found:
        return None
    match = found[given.chance.randrange(len(found))]
    said = {other.group() for other in numbers(given.claim)}
    others = sorted(
        {
            other.group()
            for other in numbers(given.evidence)
            if other.group() not in said
            and len(other.group()) > 1
            and _sort(given.evidence, other) == _sort(given.claim, match)
        }
    )
    return _put(given.claim, match, given.one_of(others)) if others else None


def percent_changed(given: Given) -> str | None:
    """A percentage is one to four points off."""
    return _with(given, lambda written: _plus(written, given.chance.randint(1, 4)), percent=True)


def percent_of_the_rest(given: Given) -> str | None:
    """A percentage is what is left of a hundred."""
    return _with(given, lambda written: _rest(written), percent=True)


def percent_turned(given: Given) -> str | None:
    """A percentage has another first digit."""
    return _with(given, lambda written: str(int(written[0]) % 9 + 1) + written[1:], percent=True)


def numbers(text: str) -> Iterator[re.Match[str]]:
    """The numbers in digits that are no years, days of months, codes or parts of names."""
    for match in _DIGITS.finditer(text):
        before, after = text[max(0, match.start() - 12) : match.start()], text[match.end() : match.end() + 14]
        if not (_YEAR.fullmatch(match.group()) or _MONTH.search(before) or _MONTH_AFTER.match(after)):
            yield match


def _with(given: Given, change: Callable[[str], str | None], *, percent: bool = False) -> str | None:
    """The claim with one number changed, if the evidence nowhere holds what it was changed to."""
    found = [match for match in numbers(given.claim) if (_sort(given.claim, match) == "%") == percent]
    if not found:
        return None
    match = found[given.chance.randrange(len(found))]
    new = change(match.group())
    if new is None or new == match.group() or _holds_number(given.evidence, new):
        return None
    return _put(given.claim, match, new)


def _put(text: str, match: re.Match[str], new: str) -> str:
    return text[: match.start()] + new + text[match.end() :]


def _swapped(written: str) -> str | None:
    for at in range(len(written) - 1):
        one, other = written[at], written[at + 1]
        if one.isdigit() and other.isdigit() and one != other and not (at == 0 and other == "0"):
            return written[:at] + other + one + written[at + 2 :]
    return None


def _plus(written: str, points: int) -> str:
    whole, dot, rest = written.partition(".")
    return f"{int(whole.replace(',', '')) + points}{dot}{rest}"


def _rest(written: str) -> str | None:
    if "." in written or not 0 < int(written.replace(",", "")) < 100:
        return None
    return str(100 - int(written)) if int(written) != 50 else None


def _grouped(plain: str, digit: str) -> str:
    return f"{int(plain + digit):,}"


def _sort(text: str, match: re.Match[str]) -> str:
    """What may stand in for each other: percentages, money, and all else."""
    if _PERCENT.match(text, match.end()):
        return "%"
    return "$" if text[max(0, match.start() - 1) : match.start()] in {"$", "€", "£"} else ""


def _holds_number(text: str, written: str) -> bool:
    plain = written.replace(",", "")
    return any(match.group().replace(",", "") == plain for match in re.finditer(r"\d[\d,]*(?:\.\d+)?", text))


def _holds_word(text: str, word: str) -> bool:
    digit = str(_WORDS.index(word) + 2)
    return re.search(rf"\b(?:{word}|{digit})\b", text, re.IGNORECASE) is not None


NUMBER = Rules(train=(nudged, multiplied), test=(digits_swapped, other_first_digit, other_word))
PERCENT = Rules(train=(percent_changed,), test=(percent_of_the_rest, percent_turned))
MISPLACED = Rules(train=(from_the_sentence,), test=(from_the_evidence,))
