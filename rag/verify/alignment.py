"""Word by word, what in the evidence a claim's words may stand for: similarities by the bundled encoder, as features.

Each word of the claim is held against the words of the evidence twice: by itself, against all of it, and in its
context, against the few sentences that come nearest. A similarity says that two words are used alike, which antonyms
are too: the features tell how much of the claim is spoken of at all, the checks whether it is said so.

Source of the alignment: Zhang et al., "BERTScore", ICLR 2020, arXiv:1904.09675, with the vocabulary's order as rarity.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rag.verify.word_vectors import WordReader, WordVectors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rag.verify.evidence import Evidence

ALIGNMENT_KEYS = (
    *("align_mean", "align_sentence", "align_pair", "align_window", "align_lowest", "align_low", "align_absent"),
    *("align_context", "align_context_sentence", "align_context_lowest", "align_context_low", "align_moved"),
    *("align_holes", "align_runs", "align_order"),
)
"""The features, 0 where there is nothing to compare; in this order.

Of the words alone: the mean of their best similarities over all evidence, in the best sentence, two and three; the
least, the mean of the two least, the share that has nothing near. In context: the same of the nearest sentences, and
how much lower the mean is than alone. Then the share of words that fit nothing between two neighbours that fit
adjacent words, of words that follow each other in the evidence too, and of those that stand in its order.
"""

NEAREST_SENTENCES = 8
"""In these a word's context is compared."""

ABSENT_BELOW = 0.5
"""Two words alone that are less alike have nothing to do with each other: unrelated ones have about 0.3."""

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
    """A word of the claim, ``claim[start:end]``: its best similarity alone and in context, and how rare it is.

    ``sentence`` is where it fits best in context, a position in ``evidence.sentences``.
    """

    start: int
    end: int
    alone: float
    context: float
    rarity: float
    sentence: int


@dataclass(frozen=True, slots=True)
class Alignment:
    """A claim held against evidence.

    Attributes:
        features: A number for each of `ALIGNMENT_KEYS`.
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
    """Evidence as words: ``kinds`` and ``context`` of all its sentences' words in order.

    ``starts`` is where the words of each sentence that has any begin, ``sentences`` which it is, ``sources`` whose.
    """

    alone: NDArray[np.float32]
    kinds: NDArray[np.int64]
    context: NDArray[np.float32]
    starts: NDArray[np.int64]
    sentences: NDArray[np.int64]
    sources: NDArray[np.int64]

    def words_of(self, row: int) -> NDArray[np.int64]:
        end = self.starts[row + 1] if row + 1 < len(self.starts) else len(self.kinds)
        return np.arange(self.starts[row], end)


class WordAligner:
    """Aligns claims with evidence; what it reads is remembered, so that a text is read once for all claims."""

    def __init__(self, reader: WordReader | None = None) -> None:
        """Read with ``reader``; None makes one over the bundled encoder, which is loaded with the first claim."""
        self._reader = reader or WordReader()
        self._held: OrderedDict[tuple[str, ...], _Held] = OrderedDict()

    def prepare(self, claims: Sequence[str], evidence: Sequence[Evidence]) -> None:
        """Read many texts at once, which is several times quicker than one by one.

        Raises:
            EmbedError: The encoder cannot be loaded or run.
        """
        self._reader.words([*claims, *dict.fromkeys(text for one in evidence for text in one.texts)])

    def align(self, claim: str, evidence: Evidence) -> Alignment:
        """Hold ``claim``, one sentence, against ``evidence``.

        Raises:
            EmbedError: The encoder cannot be loaded or run.
        """
        (said,) = self._reader.words([claim])
        held = self._evidence(evidence)
        if not len(said.kinds) or not len(held.kinds):
            return NOTHING
        weights = _weights(said)
        alone = _by_sentence(said, held)
        nearest = np.sort(_first(weights @ alone, NEAREST_SENTENCES))
        words = np.concatenate([held.words_of(row) for row in nearest])
        inside = np.repeat(np.arange(len(nearest)), [len(held.words_of(row)) for row in nearest])
        cosines = said.context @ held.context[words].T
        context = np.maximum.reduceat(cosines, np.flatnonzero(np.diff(inside, prepend=-1)), axis=1)
        features = {
            **_alone_features(alone, weights, held.sources),
            **_context_features(context, weights, alone.max(axis=1)),
            **_order_features(cosines, words),
        }
        best = nearest[context.argmax(axis=1)]
        found = zip(said.spans, alone.max(axis=1), context.max(axis=1), said.rarity, best, strict=True)
        return Alignment(
            {key: round(float(features[key]), 6) for key in ALIGNMENT_KEYS},
            tuple(
                AlignedWord(int(a), int(b), float(one), float(two), float(rare), int(held.sentences[row]))
                for (a, b), one, two, rare, row in found
            ),
            tuple(int(held.sentences[nearest[at]]) for at in _bearing(context, weights)),
        )

    def _evidence(self, evidence: Evidence) -> _Held:
        held = self._held.get(evidence.texts)
        if held is None:
            held = self._held[evidence.texts] = _join(evidence, self._reader.words(evidence.texts))
        self._held.move_to_end(evidence.texts)
        while len(self._held) > REMEMBERED_EVIDENCE:
            self._held.popitem(last=False)
        return held


def _join(evidence: Evidence, texts: Sequence[WordVectors]) -> _Held:
    """The words of all texts, each in the sentence that it begins in."""
    if not texts or not evidence.sentences:
        none = np.zeros((0, 0), dtype=np.float32)
        empty = np.zeros(0, dtype=np.int64)
        return _Held(none, empty, none, empty, empty, empty)
    offsets = np.cumsum([0, *(len(text.alone) for text in texts)])
    sources = np.array(evidence.sources, dtype=np.int64)
    starts = np.array([sentence.start for sentence in evidence.sentences], dtype=np.int64)
    of_word = []
    for source, text in enumerate(texts):
        mine = np.flatnonzero(sources == source)
        place = np.searchsorted(starts[mine], text.spans[:, 0], side="right") - 1
        of_word.append(mine[np.maximum(place, 0)] if len(mine) else np.zeros(0, dtype=np.int64))
    sentence = np.concatenate(of_word)
    begins = np.flatnonzero(np.diff(sentence, prepend=-1))
    return _Held(
        np.concatenate([text.alone for text in texts]),
        np.concatenate([text.kinds + offset for text, offset in zip(texts, offsets[:-1], strict=True)]),
        np.concatenate([text.context for text in texts]),
        begins,
        sentence[begins],
        sources[sentence[begins]],
    )


def _weights(said: WordVectors) -> NDArray[np.float32]:
    """What each word counts, 1 in all."""
    weights = said.rarity + np.float32(0.02)
    return np.asarray(weights / weights.sum(), dtype=np.float32)


def _by_sentence(said: WordVectors, held: _Held) -> NDArray[np.float32]:
    """The best similarity of each of the claim's words, alone, with a word of each sentence."""
    distinct = (held.alone @ said.alone.T)[held.kinds]  # rows are summarised several times quicker than columns
    best: NDArray[np.float32] = np.maximum.reduceat(distinct, held.starts, axis=0).T[said.kinds]
    return best


def _first(scores: NDArray[np.float32], limit: int) -> NDArray[np.int64]:
    return np.argsort(-scores, kind="stable")[:limit]


def _alone_features(
    alone: NDArray[np.float32], weights: NDArray[np.float32], sources: NDArray[np.int64]
) -> dict[str, float]:
    best = alone.max(axis=1)
    lowest = np.sort(best)
    pairs = np.where(sources[1:] == sources[:-1], np.maximum(alone[:, 1:], alone[:, :-1]), alone[:, 1:])
    threes = np.where(sources[2:] == sources[:-2], np.maximum(pairs[:, 1:], alone[:, :-2]), pairs[:, 1:])
    one = float((weights @ alone).max())
    two = max(one, float((weights @ pairs).max(initial=0)))
    return {
        "align_mean": float(weights @ best),
        "align_sentence": one,
        "align_pair": two,
        "align_window": max(two, float((weights @ threes).max(initial=0))),
        "align_lowest": float(lowest[0]),
        "align_low": float(lowest[:2].mean()),
        "align_absent": float(weights @ (best < ABSENT_BELOW)),
    }


def _context_features(
    context: NDArray[np.float32], weights: NDArray[np.float32], alone: NDArray[np.float32]
) -> dict[str, float]:
    best = context.max(axis=1)
    lowest = np.sort(best)
    return {
        "align_context": float(weights @ best),
        "align_context_sentence": float((weights @ context).max()),
        "align_context_lowest": float(lowest[0]),
        "align_context_low": float(lowest[:2].mean()),
        "align_moved": float(weights @ (alone - best)),
    }


def _order_features(cosines: NDArray[np.float32], words: NDArray[np.int64]) -> dict[str, float]:
    """By where in the evidence each word fits best; ``words`` are the places there."""
    places, best = words[cosines.argmax(axis=1)], cosines.max(axis=1)
    steps = np.diff(places)
    if not len(steps):
        return {"align_holes": 0.0, "align_runs": 1.0, "align_order": 1.0}
    around = places[2:] - places[:-2]
    deep = np.minimum(best[2:], best[:-2]) - best[1:-1] > HOLE_DEPTH
    holes = int((deep & (around > 0) & (around <= HOLE_WORDS)).sum())
    return {
        "align_holes": holes / len(places),
        "align_runs": float((steps == 1).mean()),
        "align_order": float((steps > 0).mean()),
    }


def _bearing(context: NDArray[np.float32], weights: NDArray[np.float32]) -> list[int]:
    """Columns of the sentences that together bear the words out: the best, then each that adds enough to it."""
    chosen = [int((weights @ context).argmax())]
    covered = context[:, chosen[0]]
    while len(chosen) < SUPPORT_SENTENCES:
        together = weights @ np.maximum(context, covered[:, None])
        best = int(together.argmax())
        if float(together[best] - weights @ covered) < SUPPORT_GAIN:
            break
        chosen.append(best)
        covered = np.maximum(covered, context[:, best])
    return sorted(chosen)
