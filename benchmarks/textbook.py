"""The textbook's retrievers, apart from the product: BM25, MiniLM cut at 256 tokens, and fusions of the two.

BM25 is that of ``bm25s`` as it comes (k1 1.5, b 0.75, Lucene's idf, words of two letters and more, 33 English stop
words) with the Snowball stemmer: on Cranfield and CISI it has the published nDCG@10 of 0.437 and 0.396.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import numpy as np
import snowballstemmer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from evals.search.collection import Collection
    from indexers.embed import Embedder

K1, B = 1.5, 0.75
CANDIDATES = 100
WEIGHTS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
RRF = 60

_WORD = re.compile(r"\b\w\w+\b")
_STOP_WORDS = frozenset(
    """
    a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to
    was will with
    """.split()  # noqa: SIM905  # a block of words reads better than 33 quoted ones
)


class Textbook:
    """Both retrievers over one collection, each document whole."""

    def __init__(self, collection: Collection, embedder: Embedder) -> None:
        texts = [f"{record.title} {record.text}".strip() for record in collection.records]
        self.names = [record.id for record in collection.records]
        self._bm25 = _Bm25(texts)
        self._embedder = embedder
        self._matrix = embedder.embed_passages([text or "." for text in texts], cut=True)

    def rankings(self, question: str) -> dict[str, list[str]]:
        """The first hundred documents by each retriever and each fusion."""
        words = self._bm25.scores(question)
        meaning = (self._matrix @ self._embedder.embed_query(question or ".")).astype(np.float64)
        rankings = {"BM25": _best(words, words > 0), "MiniLM": _best(meaning)}
        fused = np.zeros(len(self.names))
        for ranking in rankings.values():
            fused[ranking] += 1 / (RRF + 1 + np.arange(len(ranking)))
        places = {**rankings, "RRF": _best(fused, fused > 0)}
        for weight in WEIGHTS:
            both = weight * _min_max(meaning) + (1 - weight) * words / max(words.max(), 1e-9)
            places[f"W {weight}"] = _best(both)
        return {name: [self.names[place] for place in ranking] for name, ranking in places.items()}


class _Bm25:
    """Source: Robertson & Zaragoza, The probabilistic relevance framework, 2009, with Lucene's idf."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._stemmer = snowballstemmer.stemmer("english")
        counts = [Counter(self._words(text)) for text in texts]
        lengths = np.array([sum(count.values()) for count in counts], dtype=np.float64)
        held: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for place, count in enumerate(counts):
            for word, times in count.items():
                held[word].append((place, times))
        norm = K1 * (1 - B + B * lengths / max(lengths.mean(), 1e-9))
        self._size = len(texts)
        self._postings = {word: _posting(places, norm, len(texts)) for word, places in held.items()}

    def scores(self, question: str) -> NDArray[np.float64]:
        total = np.zeros(self._size)
        for word in self._words(question):
            if word in self._postings:
                places, weights = self._postings[word]
                total[places] += weights
        return total

    def _words(self, text: str) -> list[str]:
        words = [word for word in _WORD.findall(text.lower()) if word not in _STOP_WORDS]
        stems: list[str] = self._stemmer.stemWords(words)
        return stems


def _posting(
    held: Sequence[tuple[int, int]], norm: NDArray[np.float64], size: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    places = np.array([place for place, _ in held])
    times = np.array([count for _, count in held], dtype=np.float64)
    idf = math.log(1 + (size - len(held) + 0.5) / (len(held) + 0.5))
    return places, idf * times * (K1 + 1) / (times + norm[places])


def _best(scores: NDArray[np.float64], allowed: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
    """The places of the best, best first, ties in the order of the collection."""
    order = np.argsort(-scores, kind="stable")[:CANDIDATES]
    return order if allowed is None else order[allowed[order]]


def _min_max(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    spread = float(np.ptp(scores))
    return (scores - scores.min()) / spread if spread else np.ones_like(scores)
