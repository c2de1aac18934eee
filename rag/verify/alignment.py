"""Word by word, what in the evidence a claim's words may stand for: similarities by the bundled encoder, as features.

Words are compared by their input vectors, without a pass through the encoder: in their context, which costs half a
second for a window, they tell support no better. A similarity says that two words are used alike, which antonyms are
too: the features tell how much of the claim is spoken of at all, the checks whether it is said so.

Source of the alignment: Zhang et al., "BERTScore", ICLR 2020, arXiv:1904.09675, with the vocabulary's order as rarity.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rag.verify.word_vectors import WordReader, WordVectors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rag.verify.evidence import Evidence

ALIGNMENT_SUPPORTS = (
    *("align_mean", "align_sentence", "align_pair", "align_window", "align_lowest", "align_low"),
    *("align_runs", "align_order"),
)
"""Features that speak for support the more, the greater they are.

The weighted mean of the words' best similarities over all evidence, in the best sentence, two and three that follow
each other; the least, and the mean of the two least; then, in the nearest sentences, the share of the claim's words
that follow each other there too, and of those that stand in its order.
"""

ALIGNMENT_SPEAKS_AGAINST = ("align_absent", "align_far", "align_holes")
"""The weighted shares of words that have nothing near, or nothing very near, in all evidence; and the share of words
that fit nothing while their neighbours fit words that stand together.
"""

ALIGNMENT_KEYS = (*ALIGNMENT_SUPPORTS, *ALIGNMENT_SPEAKS_AGAINST)

NEAREST_SENTENCES = 8
"""In these the order of words is compared."""

ABSENT_BELOW, FAR_BELOW = 0.5, 0.6
"""Words that are less alike have little to do with each other: unrelated ones have about 0.3."""

NEIGHBOUR_BONUS = 0.08
"""A word is taken to stand for the one beside that which its neighbour stands for, unless another is more alike."""

HOLE_DEPTH = 0.25
"""So much less than both its neighbours fits a word that was put in the place of another."""

HOLE_WORDS = 4
"""The words that stand between the neighbours of a hole in the evidence, at most."""

SUPPORT_SENTENCES = 3
SUPPORT_GAIN = 0.04
"""A further sentence bears the claim out too where it raises the mean similarity by so much."""

REMEMBERED_EVIDENCE = 64


@dataclass(frozen=True, slots=True)
class AlignedWord:
    """A word of the claim, ``claim[start:end]``: its best similarity and how rare it is.

    ``sentence`` is where it fits best among the nearest, a position in ``evidence.sentences``.
    """

    start: int
    end: int
    similarity: float
    rarity: float
    sentence: int


@dataclass(frozen=True, slots=True)
class Alignment:
    """A claim held against evidence.

    Attributes:
        features: A number for each of `ALIGNMENT_KEYS`; all 0 where there is nothing to compare.
        words: The claim's, in order.
        support: Positions in ``evidence.sentences`` of those that speak of what the claim says, in order; empty where
            there is nothing to compare.
    """

    features: dict[str, float]
    words: tuple[AlignedWord, ...]
    support: tuple[int, ...]


NOTHING = Alignment(dict.fromkeys(ALIGNMENT_KEYS, 0.0), (), ())


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """Evidence as words: ``kinds`` are the rows in ``vectors`` of all its sentences' words in order.

    ``starts`` is where the words of each sentence that has any begin, ``sentences`` which it is, ``sources`` whose.
    """

    vectors: NDArray[np.float32]
    kinds: NDArray[np.int64]
    starts: NDArray[np.int64]
    sentences: NDArray[np.int64]
    sources: NDArray[np.int64]

    def words_of(self, row: int) -> NDArray[np.int64]:
        end = self.starts[row + 1] if row + 1 < len(self.starts) else len(self.kinds)
        return np.arange(self.starts[row], end)


class WordAligner:
    """Aligns claims with evidence; what it reads is remembered, so that a text is read once for all claims."""

    def __init__(self, reader: WordReader | None = None) -> None:
        """Read with ``reader``; None makes one over the bundled encoder's vocabulary, loaded with the first claim."""
        self._reader = reader or WordReader()
        self._held: OrderedDict[tuple[str, ...], _Held] = OrderedDict()
        self._lock = threading.Lock()

    def align(self, claim: str, evidence: Evidence) -> Alignment:
        """Hold ``claim`` against ``evidence``.

        Raises:
            EmbedError: The encoder's files cannot be read.
        """
        (said,) = self._reader.words([claim])
        held = self._evidence(evidence)
        if not len(said.kinds) or not len(held.kinds):
            return NOTHING
        weights = (said.rarity + np.float32(0.02)) / (said.rarity + np.float32(0.02)).sum()
        distinct = (held.vectors @ said.vectors.T)[held.kinds]  # rows are summarised several times quicker than columns
        by_sentence = np.maximum.reduceat(distinct, held.starts, axis=0).T[said.kinds]
        nearest = np.sort(np.argsort(-(weights @ by_sentence), kind="stable")[:NEAREST_SENTENCES])
        words = np.concatenate([held.words_of(row) for row in nearest])
        best = by_sentence.max(axis=1)
        features = {
            **_share_features(by_sentence, weights, held.sources),
            **_order_features(distinct[words].T[said.kinds], words),
        }
        where = nearest[by_sentence[:, nearest].argmax(axis=1)]
        found = zip(said.spans.tolist(), best.tolist(), said.rarity.tolist(), where, strict=True)
        return Alignment(
            {key: round(float(features[key]), 5) for key in ALIGNMENT_KEYS},
            tuple(AlignedWord(a, b, one, rare, int(held.sentences[row])) for (a, b), one, rare, row in found),
            tuple(int(held.sentences[nearest[at]]) for at in _bearing(by_sentence[:, nearest], weights)),
        )

    def _evidence(self, evidence: Evidence) -> _Held:
        with self._lock:
            held = self._held.get(evidence.texts)
            if held is None:
                held = self._held[evidence.texts] = _join(evidence, self._reader.words(evidence.texts))
            self._held.move_to_end(evidence.texts)
            while len(self._held) > REMEMBERED_EVIDENCE:
                self._held.popitem(last=False)
            return held


def _join(evidence: Evidence, texts: Sequence[WordVectors]) -> _Held:
    """The words of all texts, each in the sentence that it begins in."""
    if not evidence.sentences:
        empty = np.zeros(0, dtype=np.int64)
        return _Held(np.zeros((0, 0), dtype=np.float32), empty, empty, empty, empty)
    offsets = np.cumsum([0, *(len(text.vectors) for text in texts)])
    sources = np.array(evidence.sources, dtype=np.int64)
    starts = np.array([sentence.start for sentence in evidence.sentences], dtype=np.int64)
    of_word = []
    for source, text in enumerate(texts):
        mine = np.flatnonzero(sources == source)
        place = np.searchsorted(starts[mine], text.spans[:, 0], side="right") - 1
        of_word.append(mine[np.maximum(place, 0)] if len(mine) else np.zeros(0, dtype=np.int64))
    sentence = np.concatenate(of_word)
    begins = np.flatnonzero(np.diff(sentence, prepend=-1))
    kinds = np.concatenate([text.kinds + offset for text, offset in zip(texts, offsets[:-1], strict=True)])
    vectors = np.concatenate([text.vectors for text in texts])
    return _Held(vectors, kinds, begins, sentence[begins], sources[sentence[begins]])


def _share_features(
    by_sentence: NDArray[np.float32], weights: NDArray[np.float32], sources: NDArray[np.int64]
) -> dict[str, float]:
    best = by_sentence.max(axis=1)
    lowest = np.sort(best)
    pairs = np.where(sources[1:] == sources[:-1], np.maximum(by_sentence[:, 1:], by_sentence[:, :-1]), 0)
    threes = np.where(sources[2:] == sources[:-2], np.maximum(pairs[:, 1:], by_sentence[:, :-2]), 0)
    one = float((weights @ by_sentence).max())
    two = float((weights @ pairs).max(initial=one))
    return {
        "align_mean": float(weights @ best),
        "align_sentence": one,
        "align_pair": two,
        "align_window": float((weights @ threes).max(initial=two)),
        "align_lowest": float(lowest[0]),
        "align_low": float(lowest[:2].mean()),
        "align_absent": float(weights @ (best < ABSENT_BELOW)),
        "align_far": float(weights @ (best < FAR_BELOW)),
    }


def _order_features(alike: NDArray[np.float32], words: NDArray[np.int64]) -> dict[str, float]:
    """By where in the evidence each word fits best; ``words`` are the places there."""
    places, best = words[_beside_neighbours(alike)], alike.max(axis=1)
    steps = np.diff(places)
    if not len(steps):
        return {"align_holes": 0.0, "align_runs": 1.0, "align_order": 1.0}
    around = places[2:] - places[:-2]
    deep = np.minimum(best[2:], best[:-2]) - best[1:-1] > HOLE_DEPTH
    return {
        "align_holes": float((deep & (around > 0) & (around <= HOLE_WORDS)).sum()) / len(places),
        "align_runs": float((steps == 1).mean()),
        "align_order": float((steps > 0).mean()),
    }


def _beside_neighbours(alike: NDArray[np.float32]) -> NDArray[np.int64]:
    """Where each word fits best; of places that are about as good, the one beside where its neighbour fits."""
    places = alike.argmax(axis=1)
    raised = alike.copy()
    for step in (-1, 1):
        for word in range(max(0, -step), len(places) - max(0, step)):
            place = places[word + step] - step
            if 0 <= place < alike.shape[1]:
                raised[word, place] += NEIGHBOUR_BONUS
    found: NDArray[np.int64] = raised.argmax(axis=1)
    return found


def _bearing(by_sentence: NDArray[np.float32], weights: NDArray[np.float32]) -> list[int]:
    """Columns of the sentences that together bear the words out: the best, then each that adds enough to it."""
    chosen = [int((weights @ by_sentence).argmax())]
    covered = by_sentence[:, chosen[0]]
    while len(chosen) < SUPPORT_SENTENCES:
        together = weights @ np.maximum(by_sentence, covered[:, None])
        best = int(together.argmax())
        if float(together[best] - weights @ covered) < SUPPORT_GAIN:
            break
        chosen.append(best)
        covered = np.maximum(covered, by_sentence[:, best])
    return sorted(chosen)
