"""Claims said otherwise and still true: what raises an alarm here is a false alarm."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from evals.edits.clean import clean_texts
from evals.edits.edit import Given, Rules
from evals.edits.numbers import numbers
from evals.edits.swaps import swap

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_AMERICAN = re.compile(rf"\b(?P<month>{'|'.join(_MONTHS)}) (?P<day>\d{{1,2}}),? (?P<year>\d{{4}})\b")
_BRITISH = re.compile(rf"\b(?P<day>\d{{1,2}}) (?P<month>{'|'.join(_MONTHS)}) (?P<year>\d{{4}})\b")
_SCALED = re.compile(r"(?P<figure>\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?) (?P<scale>thousand|million|billion)\b")
_LONG = re.compile(r"(?<![\d,.])\d{1,3}(?:,\d{3})+(?![\d,]|\.\d)(?! (?:thousand|million|billion))")
_WHICH = re.compile(r", (?:which|who|where)\b[^,;:]{8,}(?=[.!]$)")
_BRACKETS = re.compile(r" \([^()]{2,60}\)")
_SHORT = {
    "do not": "don't", "does not": "doesn't", "did not": "didn't", "is not": "isn't", "are not": "aren't",
    "was not": "wasn't", "were not": "weren't", "cannot": "can't", "will not": "won't", "it is": "it's",
    "we are": "we're", "they are": "they're", "you are": "you're",
}  # fmt: skip
_SMALL = {
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
    "ten": "10",
}


def copied(given: Given) -> str | None:
    """As it is, without its last mark."""
    return given.claim.rstrip(".!")


def clause_dropped(given: Given) -> str | None:
    """A relative clause at the end is left out."""
    shorter = _WHICH.sub("", given.claim)
    return shorter if shorter != given.claim and len(shorter.split()) > 4 else None


def brackets_dropped(given: Given) -> str | None:
    """What stands in brackets is left out."""
    shorter = _BRACKETS.sub("", given.claim)
    return shorter if shorter != given.claim else None


def commas_taken_out(given: Given) -> str | None:
    """A number is written without its groups."""
    match = _LONG.search(given.claim)
    return given.claim[: match.start()] + match.group().replace(",", "") + given.claim[match.end() :] if match else None


def day_first(given: Given) -> str | None:
    """A date is written the other way round."""
    match = _AMERICAN.search(given.claim)
    if match:
        return (
            f"{given.claim[: match.start()]}{match['day']} {match['month']} {match['year']}{given.claim[match.end() :]}"
        )
    match = _BRITISH.search(given.claim)
    return (
        f"{given.claim[: match.start()]}{match['month']} {match['day']}, {match['year']}{given.claim[match.end() :]}"
        if match
        else None
    )


def as_iso(given: Given) -> str | None:
    """A date is written in figures alone."""
    match = _AMERICAN.search(given.claim) or _BRITISH.search(given.claim)
    if match is None:
        return None
    month = _MONTHS.index(match["month"]) + 1
    return (
        f"{given.claim[: match.start()]}{match['year']}-{month:02}-{int(match['day']):02}{given.claim[match.end() :]}"
    )


def rounded(given: Given) -> str | None:
    """A number of three digits or more is rounded to two, and said to be so."""
    found = [match for match in numbers(given.claim) if len(re.sub(r"\D", "", match.group())) >= 3]
    found = [match for match in found if not re.search(r"[$€£]$|about |than |of ", given.claim[: match.start()][-6:])]
    if not found:
        return None
    match = found[given.chance.randrange(len(found))]
    exact = Decimal(match.group().replace(",", ""))
    if not exact:
        return None
    place = Decimal(1).scaleb(exact.adjusted() - 1)
    about = (exact / place).quantize(Decimal(1), ROUND_HALF_UP) * place
    written = f"{about:,f}" if "," in match.group() else f"{about:f}"
    return f"{given.claim[: match.start()]}about {written}{given.claim[match.end() :]}"


def rescaled(given: Given) -> str | None:
    """An amount is written at another scale."""
    match = _SCALED.search(given.claim)
    if match is None:
        return None
    figure = Decimal(match["figure"].replace(",", ""))
    scale = ("thousand", "million", "billion").index(match["scale"])
    if figure >= 1000 and scale < 2:
        said = f"{(figure / 1000).normalize():f} {('million', 'billion')[scale]}"
    else:
        said = f"{(figure * 1000).normalize():,f} {'' if scale == 0 else ('thousand', 'million')[scale - 1]}".strip()
    return given.claim[: match.start()] + said + given.claim[match.end() :]


def fused(given: Given) -> str | None:
    """The claim follows another sentence of the evidence, as one sentence."""
    others = [text.sentence for text in clean_texts("", given.evidence) if text.sentence != given.claim]
    if not others:
        return None
    return f"{given.one_of(others).rstrip('.!')}; {given.claim}"


_CONNECTIVES = {
    "however": "but", "therefore": "so", "in addition": "also", "because": "since", "although": "though",
    "in order to": "to",
}  # fmt: skip
_OTHER_CONNECTIVES = {
    "but": "yet", "while": "whereas", "as well as": "and", "such as": "like", "for example": "for instance",
    "approximately": "about", "about": "around", "according to": "as stated by",
}  # fmt: skip

TRUE = Rules(
    train=(
        copied,
        clause_dropped,
        commas_taken_out,
        day_first,
        swap("connective", _CONNECTIVES),
        swap("word_as_figure", _SMALL, before=r"(?= [a-z]+s\b)"),
    ),
    test=(
        brackets_dropped,
        as_iso,
        rounded,
        rescaled,
        fused,
        swap("short_form", _SHORT),
        swap("other_connective", _OTHER_CONNECTIVES),
        swap("percent_sign", {"per cent": "percent", "percent": "per cent"}),
    ),
)
