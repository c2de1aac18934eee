"""What must be copied exactly, copied wrongly: identifiers and quotations."""

from __future__ import annotations

import re
from collections.abc import Callable

from evals.edits.edit import Given, Rules

_IDENTIFIER = re.compile(
    r"(?<![\w/@.-])(?=[\w./@:-]*\d)(?=[\w./@:-]*[A-Za-z.\-])[A-Za-z0-9][\w./@:-]*[A-Za-z0-9](?![\w/@-])"
)
_NO_IDENTIFIER = re.compile(
    r"\d+(?:st|nd|rd|th|s|k|m|bn|b|x|am|pm|%)|\d+\.\d+|\d[\d,.:/-]*|[\d.]+[kmb]|\d+-[a-z]+(?:-[a-z]+)?|(?:mid|pre|post)-\d+s?",
    re.IGNORECASE,
)
_VERSION = re.compile(r"\d+\.\d+\.\d+(?:\.\d+)*|\d+-\d+-\d+-\d+")
_CODE = re.compile(r"^(?=.{4,})(?:[A-Z]|.*[_@]|https?:|www\.|v\d)")
_QUOTE = re.compile(r"[\"\u201c](?P<words>[^\"\u201c\u201d]{12,200})[\"\u201d]")


def identifiers(text: str) -> list[re.Match[str]]:
    """Part numbers, versions, addresses and codes: letters or several dots, and digits."""
    return [
        match
        for match in _IDENTIFIER.finditer(text)
        if _VERSION.fullmatch(match.group())
        or (_CODE.search(match.group()) and not _NO_IDENTIFIER.fullmatch(match.group()))
    ]


def digit_changed(given: Given) -> str | None:
    """The last digit of an identifier is another one."""
    return _identifier(given, lambda old: re.sub(r"\d(?=\D*$)", lambda m: str((int(m.group()) + 3) % 10), old))


def letter_changed(given: Given) -> str | None:
    """The last letter of an identifier is the one after it."""
    return _identifier(given, lambda old: re.sub(r"[A-Za-z](?=[^A-Za-z]*$)", lambda m: _next_letter(m.group()), old))


def digit_put_in(given: Given) -> str | None:
    """A digit is put after the first one of an identifier."""
    return _identifier(given, lambda old: re.sub(r"\d", lambda m: m.group() + "7", old, count=1))


def word_of_quotation_changed(given: Given) -> str | None:
    """A word within quotation marks gives way to one of the evidence."""
    return _quotation(given, lambda words: [*words[:-1], given.one_of(_long_words(given.evidence) or ["otherwise"])])


def quotation_reordered(given: Given) -> str | None:
    """The halves of a quotation change places."""
    return _quotation(given, lambda words: words[len(words) // 2 :] + words[: len(words) // 2])


def quotation_shortened(given: Given) -> str | None:
    """A word in the middle of a quotation is left out."""
    return _quotation(given, lambda words: words[: len(words) // 2] + words[len(words) // 2 + 1 :])


def paraphrase_quoted(given: Given) -> str | None:
    """What the evidence says is put between quotation marks in another order."""
    if _QUOTE.search(given.claim) or '"' in given.claim:
        return None
    words = given.claim.rstrip(".!").split()
    if len(words) < 10:
        return None
    middle = words[-6:]
    return f'{" ".join(words[:-6])} "{" ".join(middle[3:] + middle[:3])}".'


def _identifier(given: Given, change: Callable[[str], str]) -> str | None:
    found = identifiers(given.claim)
    if not found:
        return None
    match = found[given.chance.randrange(len(found))]
    new = change(match.group())
    if new == match.group() or new.lower() in given.evidence.lower():
        return None
    return given.claim[: match.start()] + str(new) + given.claim[match.end() :]


def _quotation(given: Given, change: Callable[[list[str]], list[str]]) -> str | None:
    match = _QUOTE.search(given.claim)
    if match is None or len(match["words"].split()) < 4:
        return None
    new = " ".join(change(match["words"].split()))
    if _plain(new) in _plain(given.evidence):
        return None
    return given.claim[: match.start("words")] + new + given.claim[match.end("words") :]


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def _next_letter(letter: str) -> str:
    return {"z": "a", "Z": "A"}.get(letter) or chr(ord(letter) + 1)


def _long_words(text: str) -> list[str]:
    return sorted(set(re.findall(r"\b[a-z]{6,}\b", text)))


IDENTIFIER = Rules(train=(digit_changed,), test=(letter_changed, digit_put_in))
QUOTATION = Rules(
    train=(word_of_quotation_changed,), test=(quotation_reordered, quotation_shortened, paraphrase_quoted)
)
