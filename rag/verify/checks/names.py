"""Names that the evidence lacks, abbreviations known, or that stand in another's place."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from rag.verify.comparison import NEAR_COPY, Change, Comparison, Counterpart
from rag.verify.evidence import Sentence, fold
from rag.verify.tokens import Token
from rag.verify.verdict import Reason
from rag.words import names_in, stem

_TITLES = frozenset(
    """mr mrs ms miss dr prof professor sir lady lord president chairman chairwoman ceo cfo director king queen prince
    princess saint st inc ltd llc plc corp co gmbh company corporation university the a an""".split()  # noqa: SIM905  # a block of words reads better
)
"""What a name may come with or without."""

_DEMONYM = re.compile(r"(?:ians?|ans?|ish|ese|ns?|is?|ic|ite|ers?)$")
LEAST_ROOT = 4


def check(compared: Comparison) -> Iterator[Reason]:
    """A reason for every name in another's place, and for every one that the evidence lacks.

    A missing name counts as a failure in a claim that otherwise follows the evidence; elsewhere it is noted, since a
    reader may know that Metallica are a band.
    """
    told = set()
    for change, counterpart in compared.changes(least_share=NEAR_COPY):
        swapped = _swapped(change, counterpart, compared)
        if swapped is not None:
            mine, theirs = swapped
            told.update(mine.split())
            yield Reason("name", f"says {mine!r} where the evidence says {theirs!r}", "contradicts")
    whole = compared.evidence.whole
    for name in names_in(compared.claim.text):
        if name not in told and name.lower() not in _TITLES and not _is_known(name, whole):
            yield Reason("name", f"name {name!r} is not in the evidence", "lacks" if compared.follows else "notes")


def abbreviates(name: str, text: Sentence) -> bool:
    """Whether ``name`` is made of the first letters of words that follow each other in ``text``."""
    if not name.isupper() or len(name) < 2:
        return False
    return name.lower() in text.initials


def _is_known(name: str, whole: Sentence) -> bool:
    low = name.lower()
    if stem(low) in whole.stem_set or low in whole.folded or abbreviates(name, whole):
        return True
    plain = _unaccented(low)
    root = _DEMONYM.sub("", plain.removesuffix("s"))
    # Norway and Norwegian, Ukrainians and Ukraine: one begins as the other does.
    return plain in whole.unaccented or (len(root) >= LEAST_ROOT and f" {root}" in whole.unaccented)


def _swapped(change: Change, counterpart: Counterpart, compared: Comparison) -> tuple[str, str] | None:
    """The names of the two sides of a change where each side has names that the other sentence lacks."""
    if not change.framed:
        return None
    mine = _names(change.mine, {token.key for token in counterpart.tokens}, compared.tokens)
    theirs = _names(change.theirs, {token.key for token in compared.tokens}, counterpart.tokens)
    if not mine or not theirs or _alike(mine, theirs):
        return None
    return " ".join(token.text for token in mine), " ".join(token.text for token in theirs)


def _names(tokens: tuple[Token, ...], other: set[str], sentence: tuple[Token, ...]) -> list[Token]:
    first = sentence[0] if sentence else None
    return [
        token
        for token in tokens
        if token.is_name
        and token is not first
        and token.carries
        and len(token.text) > 1
        and token.key not in other
        and token.text.lower() not in _TITLES
    ]


def _alike(mine: list[Token], theirs: list[Token]) -> bool:
    """Whether one may stand for the other: initials, a short form, another ending."""
    one, other = ("".join(token.text for token in side) for side in (mine, theirs))
    initials = {"".join(token.text[0] for token in side).lower() for side in (mine, theirs)}
    short, long = sorted((_unaccented(fold(one)), _unaccented(fold(other))), key=len)
    return short in initials or short in long or long.startswith(short[: max(LEAST_ROOT, len(short) - 2)])


def _unaccented(text: str) -> str:
    return "".join(mark for mark in unicodedata.normalize("NFKD", text) if not unicodedata.combining(mark))
