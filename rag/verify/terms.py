"""The words of a sentence as the scorer compares them, and the small words that turn what is said."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from rag.verify.rarity import rarity
from rag.words import STOP_WORDS, WORD, stem

NEGATIONS = frozenset(
    """
    not no never none nor neither non cannot without nobody nothing unable can't won't don't doesn't didn't isn't aren't
    wasn't weren't hasn't haven't hadn't shouldn't mustn't couldn't wouldn't needn't hardly barely fail fails failed
    lack lacks except excluding
    """.split()  # noqa: SIM905  # a block of words reads better than a list of strings
)
QUANTIFIERS = frozenset(
    """
    all every each any some most many few several always often sometimes only entire whole both half more less least
    fewer may might could must should will would can
    """.split()  # noqa: SIM905
)
"""And the verbs that say how sure something is."""

PLACERS = frozenset(
    """
    before after above below over under into out off up down within until since during from against between through
    """.split()  # noqa: SIM905
)
SPEAKER = frozenset({"i", "me", "my", "you", "your", "we", "i'm"})
"""What a claim about the one who speaks is told by: no source bears that out."""

LEAST_WEIGHT = 0.25

_HYPHEN = re.compile(r"[-/]")


@dataclass(frozen=True, slots=True)
class Term:
    """A word in lower case, its stem, whether it carries content, and how much of the claim it is."""

    word: str
    stem: str
    content: bool
    weight: float


def terms(text: str) -> tuple[Term, ...]:
    """The words of ``text`` in order, hyphenated ones taken apart but for numbers."""
    found: list[Term] = []
    for match in WORD.finditer(text.replace("\u2019", "'")):
        word = match.group().lower().removesuffix("'s")
        apart = "-" in word and not word.replace("-", "").isdigit()
        found.extend(_term(part) for part in (_HYPHEN.split(word) if apart else [word]) if part)
    return tuple(found)


@functools.lru_cache(maxsize=65_536)
def _term(word: str) -> Term:
    content = word not in STOP_WORDS and (len(word) > 1 or word.isdigit())
    return Term(word, stem(word), content, LEAST_WEIGHT + rarity(word))
