"""Words as the extractive generator and the lexical verifier compare them: stemmed, stop words known, names kept."""

from __future__ import annotations

import functools
import re

import snowballstemmer

from retrievers.terms import STOP_WORDS as SEARCH_STOP_WORDS

STOP_WORDS = SEARCH_STOP_WORDS | set(
    """
    either else ever however let me near nor onto per rather since upon use used using via whatever whenever within
    without yes yet one there's it's don't doesn't isn't aren't can't cannot won't
    """.split()  # noqa: SIM905  # a block of words reads better than a list of strings
)
"""Those of the search, and words that carry no claim of their own."""

_FISCAL_YEAR = re.compile(r"^fy'?((?:19|20)?\d\d)$")

WORD = re.compile(r"[^\W_]+(?:['\u2019\-./&][^\W_]+)*")


def words(text: str) -> list[str]:
    """The words of ``text`` in lower case, in order; hyphenated words and their parts are both given, FY18 as 2018."""
    found: list[str] = []
    for match in WORD.finditer(text.replace("\u2019", "'")):
        word = match.group().lower().removesuffix("'s")
        if word.startswith("fy"):
            word = _FISCAL_YEAR.sub(_full_year, word)
        found.append(word)
        if "-" in word or "/" in word:
            found.extend(part for part in re.split(r"[-/]", word) if part)
    return found


def _full_year(match: re.Match[str]) -> str:
    """FY2018 and FY18 are written "fiscal 2018" or "2018" in the documents."""
    return match[1] if len(match[1]) == 4 else f"20{match[1]}"


def content_stems(text: str) -> list[str]:
    """The stems of the words that carry meaning, in order."""
    return [stem(word) for word in words(text) if word not in STOP_WORDS and (len(word) > 1 or word.isdigit())]


def names_in(text: str) -> list[str]:
    """The capitalised words of ``text`` that do not begin a sentence of it, once each, in order."""
    names = []
    for match in WORD.finditer(text):
        name = match.group().removesuffix("'s").removesuffix("\u2019s")
        before = text[: match.start()].rstrip().rstrip("\"'([\u201c\u2018")[-1:]
        begins = before in {"", ".", "!", "?", ":", ";", "|"}
        if name[0].isupper() and not begins and name.lower() not in STOP_WORDS and len(name) > 1 and name.isalpha():
            names.append(name)
    return list(dict.fromkeys(names))


@functools.lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """An English word in lower case without its inflection; a word with a digit stays as it is.

    Source: M. F. Porter, the Snowball English stemmer, https://snowballstem.org/algorithms/english/stemmer.html.
    """
    if len(word) <= 3 or not word.isalpha():
        return word
    return str(_stemmer().stemWord(word))


@functools.lru_cache(maxsize=1)
def _stemmer() -> snowballstemmer.stemmer:
    return snowballstemmer.stemmer("english")
