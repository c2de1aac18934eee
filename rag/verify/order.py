"""How much of a claim is said in the evidence's order: n-grams, runs, neighbours, words put between neighbours."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING

from rag.verify.index import LONGEST_NGRAM, grams, ngrams

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.verify.index import Index
    from rag.verify.terms import Term

NEAR_WORDS = 6
"""Words so far apart in the evidence are taken to be said of each other."""

GAP_WORDS = 5
"""Neighbours of the claim that stand so near in the evidence leave room for the word between them and little else."""

AROUND_WORDS = 3


def shared_ngrams(said: Sequence[Term], index: Index) -> list[tuple[int, int]]:
    """For n of 1 to `LONGEST_NGRAM` how many n-grams of stems the evidence has too, and how many there are."""
    stems = [term.stem for term in said]
    each = [ngrams(stems, n) for n in range(1, LONGEST_NGRAM + 1)]
    return [(sum(gram in known for gram in here), len(here)) for here, known in zip(each, index.ngrams, strict=True)]


def shared_grams(said: Sequence[Term], index: Index) -> tuple[int, int]:
    """How many runs of a few characters the evidence has too, and how many there are."""
    here = grams(said)
    return sum(gram in index.grams for gram in here), len(here)


def longest_run(said: Sequence[Term], index: Index) -> int:
    """The most words in a row that stand so in the evidence."""
    longest, run = 0, 0
    ends: set[int] = set()
    for term in said:
        places = index.places.get(term.stem, ())
        going_on = {place for place in places if place - 1 in ends}
        run = run + 1 if going_on else int(bool(places))
        ends = going_on or set(places)
        longest = max(longest, run)
    return longest


def neighbours(content: Sequence[Term], index: Index) -> list[bool]:
    """For each two content words in a row that the evidence has, whether they stand near each other there too."""
    places = [index.places.get(term.stem) for term in content]
    return [_near(one, other) for one, other in pairwise(places) if one and other]


def put_between(content: Sequence[Term], index: Index) -> list[Term]:
    """The words whose neighbours stand together in the evidence, though nowhere with this word by them."""
    found = []
    for before, term, after in zip(content, content[1:], content[2:], strict=False):
        left, right = index.places.get(before.stem), index.places.get(after.stem)
        gaps = [(a, b) for a in left or () for b in _following(a, right or ())]
        if gaps and not any(term.stem in index.stems[max(0, a - AROUND_WORDS) : b + AROUND_WORDS + 1] for a, b in gaps):
            found.append(term)
    return found


def _following(place: int, ascending: Sequence[int]) -> Sequence[int]:
    """Those of ``ascending`` that come at most `GAP_WORDS` after ``place``."""
    return ascending[bisect_right(ascending, place) : bisect_right(ascending, place + GAP_WORDS)]


def _near(one: Sequence[int], other: Sequence[int]) -> bool:
    """Whether some of two ascending lists of places are at most `NEAR_WORDS` apart."""
    at = 0
    for place in one:
        while at < len(other) and other[at] < place - NEAR_WORDS:
            at += 1
        if at < len(other) and other[at] <= place + NEAR_WORDS:
            return True
    return False
