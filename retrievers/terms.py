"""What in a text is a word worth searching for: stop words dropped, codes and numbers kept whole."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

MAX_QUERY_CHARS = 20_000
"""What of a question is searched for; the rest of a longer one is ignored."""

LEAST_DIGITS = 4
"""Shorter plain numbers are words like others: they are nowhere written in groups."""

STOP_WORDS = frozenset(
    """
    a about above after again all also am an and any are as at be because been before being below between both but by
    can could did do does doing down during each few for from further get give had has have having he her here hers
    him his how i if in into is it its itself just many may me might more most much must my no nor not now of off on
    once only or other our ours out over own please same shall she should show so some such tell than that the their
    theirs them then there these they this those through to too under until up upon us very was we were what when
    where whether which while who whom whose why will with would you your yours s t re ve ll d m
    """.split()  # noqa: SIM905  # a block of words reads better than 150 quoted ones
)

_CODE = re.compile("[^\\W_]+(?:[-./_:,&'\u2019\u2010\u2011\u2013]{1,2}[^\\W_]+)*")
_JOINERS = re.compile("[-_/:&'\u2019\u2010\u2011\u2013]+")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?:\D|$))")
_NO_CENTS = re.compile(r"(?<=\d)\.0+$")
_DIGIT = re.compile(r"\d")
_RUNS = re.compile(r"\d+|[^\W\d_]+")
_LETTERS_AND_NUMBER = re.compile(r"[^\W\d_]+\d+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def searchable(text: str) -> str:
    """``text`` as the index takes it: lone surrogates, which no UTF-8 can hold, become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def codes(text: str) -> list[str]:
    """Every token with a digit, in one spelling, in order of appearance; not numbers of fewer than four digits alone.

    Codes, identifiers and grouped or decimal numbers: ``10-K`` and ``10K`` give ``10k``; ``ISO-27001`` gives
    ``iso27001``; ``$1,577`` and ``1577.00`` give ``1577``; ``3.5`` and ``v1.2.3`` stay. Words without a digit give
    nothing.
    """
    found: list[str] = []
    # A code holds no blank, and most words hold nothing but letters: looking for matches in those takes the longest.
    mixed = " ".join(word for word in text.split() if not word.isalpha() and _DIGIT.search(word))
    for match in _CODE.finditer(mixed):
        token = match.group()
        if token.isalpha() or (token.isdigit() and len(token) < LEAST_DIGITS) or not _DIGIT.search(token):
            continue
        code = _NO_CENTS.sub("", _JOINERS.sub("", _THOUSANDS.sub("", token.casefold())))
        found.extend(part for part in code.split(",") if _DIGIT.search(part))
    return found


def name_words(title: str, uri: str) -> str:
    """The words of a document's name: its title, and its path taken apart at signs, capitals and digits.

    ``3M_2018_10K.pdf`` gives ``3M 2018 10K`` and, besides, ``3 M 10 K``; ``2022Q2`` gives ``2022 Q 2`` and ``Q2``. The
    suffix is dropped.
    """
    path = PurePosixPath(uri)
    stem = " ".join((*path.parts[:-1], path.stem)).replace("_", " ")
    mixed = [word for word in stem.split() if not (word.isalpha() or word.isdigit())]
    apart = [part for word in mixed for pattern in (_RUNS, _LETTERS_AND_NUMBER) for part in pattern.findall(word)]
    return " ".join((title, stem, _CAMEL.sub(" ", stem) if _CAMEL.search(stem) else "", *apart))


def years_inside(text: str) -> list[str]:
    """Runs of four digits inside tokens that also hold letters: ``FY2018`` gives ``2018``."""
    return [
        run
        for match in _CODE.finditer(text)
        if not match.group().isdigit()
        for run in _RUNS.findall(match.group())
        if len(run) == 4 and run.isdigit()
    ]


def content_words(words: list[str]) -> list[str]:
    """``words`` (lower case) once each, without stop words; all of them where nothing else is left."""
    unique = list(dict.fromkeys(words))
    return [word for word in unique if word not in STOP_WORDS] or unique


def overlap_words(text: str) -> frozenset[str]:
    """The content words of ``text``, in lower case."""
    return frozenset(content_words(re.findall(r"\w+", text.casefold())))
