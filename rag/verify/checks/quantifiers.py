"""How many, how often, how surely and up to which bound, said more strongly than the evidence says it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.quantities import MOST_CHECKED
from rag.verify.comparison import NEAR_COPY, Change, Comparison
from rag.verify.verdict import Reason

_ABOVE = """
    all every each everyone everybody everything entire whole > some many most several few half part much no none
    certain other various someone somebody something nobody nothing any
    no none neither nobody nothing zero > some all many most several few every each both half much everyone everybody
    everything any a the one two three someone something either
    most > some few several half
    many > few some no
    few > many most all several
    both > neither either one
    always invariably > often usually sometimes never rarely generally typically occasionally normally mostly frequently
    optionally
    never > often usually sometimes always rarely generally typically ever
    often > rarely seldom sometimes never occasionally
    usually > rarely sometimes never occasionally
    must shall > may can should could might
    will would > may might could can
    only exclusively solely > mainly mostly also primarily particularly often
    definitely > probably possibly perhaps
"""


def _read(block: str) -> dict[str, frozenset[str]]:
    """Of each word before a ``>`` what stands after it, up to the next line that has one."""
    table: dict[str, frozenset[str]] = {}
    for line in re.sub(r"\n +(?![^>\n]*>)", " ", block).split("\n"):
        words, _, weaker = line.partition(">")
        table |= dict.fromkeys(words.split(), frozenset(weaker.split()))
    return table


_STRONGER = _read(_ABOVE)
"""What says more than, or the contrary of, what the evidence has in its place."""

_AGAINST = {">": {"<", "≤"}, "≥": {"<", "≤"}, "<": {">", "≥"}, "≤": {">", "≥"}}
_BOUND_WORDS = {">": "more than", "≥": "at least", "<": "less than", "≤": "at most"}


def check(compared: Comparison) -> Iterator[Reason]:
    """A reason for a quantifier or modal that is stronger than the one in its place, and for a bound turned round."""
    for change, counterpart in compared.changes(least_share=NEAR_COPY):
        pair = _stronger(change, {token.text.lower() for token in counterpart.tokens})
        if pair is not None and change.framed:
            yield Reason("quantifier", f"says {pair[0]!r} where the evidence says {pair[1]!r}", "contradicts")
    yield from _bounds(compared)


def _stronger(change: Change, held: set[str]) -> tuple[str, str] | None:
    theirs = {token.text.lower() for token in change.theirs}
    for token in change.mine:
        low = token.text.lower()
        weaker = _STRONGER.get(low, frozenset()) & theirs
        if weaker and low not in held:
            return token.text, min(weaker)
    return None


def _bounds(compared: Comparison) -> Iterator[Reason]:
    """A number under which the evidence goes, and the claim not, or the other way round."""
    held = compared.evidence.whole.figures.values
    for _, mine in compared.claim.figures.quantities[:MOST_CHECKED]:
        if mine.bound not in _AGAINST:
            continue
        same = [other for other in held if other.value == mine.value and other.unit == mine.unit]
        if same and all(other.bound in _AGAINST[mine.bound] for other in same):
            said, theirs = _BOUND_WORDS[mine.bound], _BOUND_WORDS[same[0].bound]
            yield Reason("quantifier", f"says {said} {mine.written!r} where the evidence says {theirs}", "contradicts")
