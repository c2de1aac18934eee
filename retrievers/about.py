"""Document first, then place: which documents a question is about, by the names it says.

A name counts for what it tells: the fewer documents carry it, and the more the chunks that say it are those documents'
own. "Company" in a title tells nothing, since every text speaks of the company; "Corning" in a title does, and so does
the year of a report, which its text says oftener than others do. Nothing is learned, and there is no list of words.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from retrievers.lexical.language import stems
from retrievers.lexical.names import asked_names, is_year

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from indexers.store import Snapshot
    from retrievers.lexical import LexicalIndex

LATEST_YEAR = 2.0
"""What the latest year of a question counts more than the others: a report says the years before it as well. On 45
questions over 26 filings it finds the evidence page among five for 62% instead of 58%, and changes no other figure by
more than a question.
"""

DOUBT = 10.0
"""As if so many more chunks said a name's words, spread by chance: what two chunks say shows little."""


class AboutRanker:
    """A `Ranker` that gives each chunk how much the question names its document, from 0 to 1; threads may share it."""

    def __init__(self, index: LexicalIndex) -> None:
        self._index = index
        self._tellings: dict[tuple[str, int], float] = {}

    @property
    def name(self) -> str:
        """``about``."""
        return "about"

    def scores(self, question: str, chunk_ids: Sequence[str], *, snapshot: Snapshot) -> NDArray[np.float32]:
        """One score a chunk, in the order given, shape ``(len(chunk_ids),)``; 0 where its document is not named.

        1 is a name that one document of many carries, and that no other speaks of.
        """
        weights = self.names(question, documents=len(snapshot.loaded.entries))
        if not weights or not chunk_ids:
            return np.zeros(len(chunk_ids), dtype=np.float32)
        found = np.array(self._index.sums("about", weights, chunk_ids), dtype=np.float32)
        return np.asarray(found / max(1.0, float(found.max())), dtype=np.float32)

    def names(self, question: str, *, documents: int) -> dict[str, float]:
        """The names that the question says, of any of ``documents`` documents, with what each tells (above 0)."""
        told: dict[str, float] = {}
        for name, words in asked_names(question).items():
            telling = self._telling(name, words, documents)
            if telling > 0:
                told[name] = telling
        latest = max(filter(is_year, told), default=None)
        if latest is not None:
            told[latest] *= LATEST_YEAR
        return told

    def _telling(self, name: str, words: tuple[str, ...], documents: int) -> float:
        """How rare a name is among documents (1: one of many carries it), times how far its words keep to those."""
        carrying = min(self._index.frequency("titled", name), documents)
        if not carrying:
            return 0.0
        if (name, documents) not in self._tellings:
            rarity = math.log1p((documents - carrying + 0.5) / (carrying + 0.5)) / math.log1p(documents)
            self._tellings[name, documents] = rarity * self._kept_to(name, words)
        return self._tellings[name, documents]

    def _kept_to(self, name: str, words: tuple[str, ...]) -> float:
        """Of the chunks that say the words, how many more than by chance are of documents with the name: 0 to 1."""
        index = self._index
        chance = index.frequency("about", name) / max(index.chunks, 1)
        if chance >= 1.0:
            return 0.0
        language = index.languages[0] if index.languages else "english"
        said = [("words", stem) for word in words for stem in stems(word, language)]
        chunks = index.count(said)
        if not chunks:
            return 1.0  # what no text says can only be a name
        share = (index.count([*said, ("about", name)]) + DOUBT * chance) / (chunks + DOUBT)
        return max(0.0, (share - chance) / (1.0 - chance))
