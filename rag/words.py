"""Words as the extractive generator and the lexical verifier compare them: stemmed, stop words known, names kept."""

from __future__ import annotations

import re

STOP_WORDS = frozenset(
    """
    a about above after again all also am an and any are as at be because been before being below between both
    but by can could did do does doing down during each either else ever few for from further get had has have
    having he her here hers him his how however i if in into is it its itself just let many may me might more
    most much must my near no nor not now of off often on once only onto or other our ours out over own per
    please rather same shall she should since so some such than that the their theirs them then there these they
    this those though through thus to too under until up upon us use used using very via was we were what
    whatever when where whether which while who whom whose why will with within without would yes yet you your
    yours one two there's it's don't doesn't isn't aren't can't cannot won't s t re ve ll d m
    """.split()  # noqa: SIM905  # a block of words reads better than a list of strings
)

WORD = re.compile(r"[^\W_]+(?:['\u2019\-./&][^\W_]+)*")


def words(text: str) -> list[str]:
    """The words of ``text`` in lower case, in order; hyphenated words and their parts are both given."""
    found: list[str] = []
    for match in WORD.finditer(text.replace("\u2019", "'")):
        word = match.group().lower().removesuffix("'s")
        found.append(word)
        if "-" in word or "/" in word:
            found.extend(part for part in re.split(r"[-/]", word) if part)
    return found


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


def stem(word: str) -> str:
    """An English word without its inflection; a word with a digit stays as it is.

    Steps 1 and a part of 4 of Porter's algorithm, so that "paying", "payment" and "pays" meet.

    Source: M. F. Porter, "An algorithm for suffix stripping", Program 14(3), 1980.
    """
    if len(word) <= 3 or not word.isalpha():
        return word
    for ending, instead in (("sses", "ss"), ("ies", "y"), ("ied", "y"), ("xes", "x"), ("ches", "ch"), ("shes", "sh")):
        if word.endswith(ending):
            return _shorter(word[: -len(ending)] + instead)
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    return _shorter(word)


def _shorter(word: str) -> str:
    for ending in (
        "ations",
        "ation",
        "ements",
        "ement",
        "ments",
        "ment",
        "ings",
        "ing",
        "edly",
        "ed",
        "ly",
        "ers",
        "er",
    ):
        left = word.removesuffix(ending)
        if left != word and len(left) >= 3 and any(vowel in "aeiouy" for vowel in left):
            word = left
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
        return word[:-1]
    return word[:-1] if len(word) > 4 and word.endswith("e") else word
