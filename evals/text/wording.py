"""An answer's words and yes/no, made comparable: case, plural, negation and citation marks do not tell them apart.

Apart from `rag.words` on purpose: a change of the product's word folding must not move the measure that judges it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

_MARK = re.compile(r"\[\d+(?:\s*,\s*\d+)*\]")
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W_]+(?:['\u2019][^\W_]+)*")
_POLARITY = re.compile(r"\W*(yes|no)\b(?!\s+(?:one|more|less|later|longer|earlier|fewer)\b)", re.IGNORECASE)
_NEGATIONS = frozenset({"no", "not", "never", "none", "neither", "nor", "cannot", "without"})
_CAPITALISED = re.compile(r"\b[A-Z\u00c0-\u00de][^\W_]+(?:['\u2019][^\W_]+)*")
_CURRENCY_CODES = frozenset({"USD", "EUR", "GBP", "CHF"})
NEGATION = "not"
"""What every negation is folded to."""

STOPWORDS = frozenset(
    """
    a about all also an and any are as at be been being but by can could did do does each either every for from had
    has have he her here his how i if in into is it its itself may me might more most must my of on only or other
    our out over per shall she should so some such than that the their them then there these they this those through
    to under up upon was we were what when where whether which while who whom whose why will with within would yes
    you your approximately around roughly
    """.split()  # noqa: SIM905  a list of a hundred quoted words is harder to read
)


def without_marks(text: str) -> str:
    """``text`` without citation marks such as ``[1]`` or ``[2, 3]``, whose numbers are no part of the answer."""
    return _MARK.sub(" ", text)


def words(text: str) -> list[str]:
    """The words and numbers of ``text`` in order, folded: NFKC, lower case, singular, negations as ``NEGATION``."""
    folded = unicodedata.normalize("NFKC", without_marks(text)).casefold()
    return [_fold(word) for word in _WORD.findall(folded)]


def content_words(text: str) -> list[str]:
    """The words that carry meaning, negation among them; numbers are not (see ``evals.text.quantities``)."""
    return [word for word in words(text) if word not in STOPWORDS and not word[0].isdigit()]


def names(text: str) -> list[str]:
    """The capitalised words of ``text`` that are names for all one can see, folded as by ``words``, each once.

    The first word of a sentence counts only where the next is capitalised too ("Ruben Achterberg"). A currency's code
    is part of a number.
    """
    found: list[str] = []
    capitals = list(_CAPITALISED.finditer(text))
    for at, match in enumerate(capitals):
        begins = text[: match.start()].rstrip()[-1:] in {"", ".", "!", "?", ":", ";"}
        paired = at + 1 < len(capitals) and text[match.end() : capitals[at + 1].start()] == " "
        if match.group() not in _CURRENCY_CODES and (not begins or paired):
            found += [word for word in words(match.group()) if word not in STOPWORDS]
    return list(dict.fromkeys(found))


def polarity(text: str) -> Literal["yes", "no"] | None:
    """The yes or no with which ``text`` begins, if it does."""
    found = _POLARITY.match(without_marks(text))
    return None if found is None else ("yes" if found.group(1).lower() == "yes" else "no")


def _fold(word: str) -> str:
    word = word.replace("\u2019", "'")
    if word in _NEGATIONS or word.endswith("n't"):
        return NEGATION
    return _singular(word.removesuffix("'s"))


def _singular(word: str) -> str:
    """The singular by the S-stemmer's three rules. Source: Harman, How effective is suffixing?, JASIS 42(1), 1991."""
    if word.endswith("ies") and len(word) > 4 and not word.endswith(("eies", "aies")):
        return word[:-3] + "y"
    if word.endswith("es") and not word.endswith(("aes", "ees", "oes")):
        return word[:-1]
    if word.endswith("s") and len(word) > 3 and not word.endswith(("us", "ss")):
        return word[:-1]
    return word
