"""What the scorer asks of evidence, laid out once: words of each sentence, where stems stand, n-grams."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from rag.verify.terms import Term

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST_NGRAM = 4
GRAM_CHARS = 4

MOST_PLACES = 1000
"""What is asked of the places grows with them: a text of one word again and again would take minutes."""


@dataclass(frozen=True)
class Index:
    """Of all sentences of some evidence, in order, at least one: `rag.verify.evidence.Evidence.index` makes it."""

    sentences: tuple[tuple[Term, ...], ...]

    @cached_property
    def stem_sets(self) -> tuple[frozenset[str], ...]:
        """Of each sentence its stems, small words too."""
        return tuple(frozenset(term.stem for term in sentence) for sentence in self.sentences)

    @cached_property
    def word_sets(self) -> tuple[frozenset[str], ...]:
        """Of each sentence its words."""
        return tuple(frozenset(term.word for term in sentence) for sentence in self.sentences)

    @cached_property
    def stems(self) -> tuple[str, ...]:
        """All stems, one after the other."""
        return tuple(term.stem for sentence in self.sentences for term in sentence)

    @cached_property
    def everything(self) -> frozenset[str]:
        """All stems, once each."""
        return frozenset(self.stems)

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """Where in `stems` each stem stands, ascending; of one that is everywhere the first `MOST_PLACES`."""
        found: dict[str, list[int]] = defaultdict(list)
        for at, stem in enumerate(self.stems):
            if len(found[stem]) < MOST_PLACES:
                found[stem].append(at)
        return dict(found)

    @cached_property
    def ngrams(self) -> tuple[frozenset[tuple[str, ...]], ...]:
        """The n-grams of `stems`, of 1 to `LONGEST_NGRAM`."""
        return tuple(frozenset(ngrams(self.stems, n)) for n in range(1, LONGEST_NGRAM + 1))

    @cached_property
    def grams(self) -> frozenset[str]:
        """Every run of `GRAM_CHARS` characters of the words, a blank between two."""
        return frozenset(grams([term for sentence in self.sentences for term in sentence]))


def ngrams(stems: Sequence[str], n: int) -> list[tuple[str, ...]]:
    """Every run of ``n`` stems."""
    return list(zip(*(stems[at:] for at in range(n)), strict=False))


def grams(said: Sequence[Term]) -> list[str]:
    """Every run of `GRAM_CHARS` characters of the words, a blank between two."""
    text = " ".join(term.word for term in said)
    return [text[at : at + GRAM_CHARS] for at in range(len(text) - GRAM_CHARS + 1)]
