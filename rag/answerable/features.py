"""What the decision rests on: how a question's words and its meaning are held by passages.

Only what says the same of any documents: a passage's length or a question's kind tell the two labels of one set apart,
by how that set was made.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

import numpy as np

from indexers.tokens import rarest_rank
from rag.question import AskedFor, asked_for, key_terms
from rag.words import STOP_WORDS, content_stems, stem, words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from indexers.embed import PieceVectors, Vector
    from rag.answerable.stretches import Stretch

MEANING = ("cosine", "sentence", "late_least", "late_low", "one_rare")
"""What `meaning_features` gives."""

LONGEST_ABBREVIATION = 2
"""Shorter capitals are written otherwise in the documents as often as not."""

COMMON_RANK, RAREST_RANK = 2**10, 2**17.6


@functools.lru_cache(maxsize=65_536)
def rarity(word: str) -> float:
    """0.3 (a common word) to 1 (in pieces in a vocabulary that was made from much text); a number is rare."""
    if any(letter.isdigit() for letter in word):
        return 0.9
    place = math.log2(rarest_rank(word) + 1) - math.log2(COMMON_RANK)
    return 0.3 + 0.7 * min(1.0, max(0.0, place / (math.log2(RAREST_RANK) - math.log2(COMMON_RANK))))


def word_features(question: str, stretch: Stretch) -> dict[str, float]:
    """What the words of one passage say, each 0 to 1.

    ``held`` is the share of the question's content words, by rarity, that the passage or its heading holds; ``best`` of
    one sentence with its heading, ``heading`` of the heading. ``kind_missing`` is 1 where a number, a date or a person
    is asked for and there is none around that sentence.
    """
    weights = _weights(question)
    heading = set(content_stems(stretch.heading))
    sentences = [set(content_stems(sentence)) for sentence in stretch.sentences]
    best = max(range(len(sentences)), key=lambda at: _share(weights, sentences[at] | heading), default=0)
    near = " ".join(stretch.sentences[max(0, best - 1) : best + 2])
    asked = asked_for(question)
    return {
        "held": _share(weights, heading.union(*sentences)),
        "best": _share(weights, heading.union(*sentences[best : best + 1])),
        "heading": _share(weights, heading),
        "kind_missing": float(asked is not AskedFor.ANY and not asked.fits(near, question)),
    }


def meaning_features(
    question: str, query: tuple[Vector, PieceVectors], stretch: Stretch, passage: tuple[Vector, PieceVectors]
) -> dict[str, float]:
    """What an encoder says of one passage, cosines: of the whole, of sentences, and of the question's pieces.

    ``cosine`` is that of question and passage, ``sentence`` that of the nearest sentence. Each piece of the question
    has its best cosine among the passage's: ``late_least`` is the least of the content pieces, ``late_low`` the lower
    quartile of all; ``one_rare`` is the mean over content pieces, by rarity, in the best single sentence.

    Args:
        question: As it was read.
        query: Its vector and pieces.
        stretch: The passage; `passage_text` of it was read.
        passage: Its vector and pieces.

    Source of the interaction: Khattab & Zaharia, "ColBERT", SIGIR 2020, arXiv:2004.12832.
    """
    (whole, pieces), (vector, held) = query, passage
    spoken = [question[start:end].lower() for start, end in pieces.spans.tolist()]
    telling = [at for at, piece in enumerate(spoken) if any(map(str.isalnum, piece))]
    owner = _owners(stretch, held)
    own = np.unique(owner[owner >= 0])
    if not telling or not len(own):
        return dict.fromkeys(MEANING, 0.0)
    asked = pieces.vectors[telling]
    weights = np.array([0.0 if spoken[at] in STOP_WORDS else rarity(spoken[at]) for at in telling])
    weights = weights if weights.any() else np.ones(len(telling))
    cosines = asked @ held.vectors.T
    best = cosines.max(axis=1)
    each = np.array([cosines[:, owner == at].max(axis=1) for at in own])
    centres = np.array([_unit(held.vectors[owner == at].mean(axis=0)) for at in own])
    return {
        "cosine": float(whole @ vector),
        "sentence": float((centres @ _unit(asked.mean(axis=0))).max()),
        "late_least": float(best[weights > 0].min()),
        "late_low": float(np.quantile(best, 0.25)),
        "one_rare": float((each @ weights).max() / weights.sum()),
    }


def window_features(question: str, stretches: Iterable[Stretch]) -> dict[str, float]:
    """What the words of the whole window say.

    ``all_missing`` is the share of the question's content words, by rarity, that are nowhere; ``all_terms`` is 1 where
    one of its names, codes or numbers is nowhere.
    """
    held = {word for stretch in stretches for word in content_stems(f"{stretch.heading}\n{stretch.text}")}
    weights = _weights(question)
    return {
        "all_missing": 1.0 - _share(weights, held) if weights else 0.0,
        "all_terms": float(any(not set(content_stems(term)) <= held for term in key_terms(question))),
    }


def names_nowhere(question: str, texts: Iterable[str]) -> list[str]:
    """The names of the question that are in none of ``texts``; capitals of up to two letters ("OK") are no names."""
    held = {word for text in texts for word in content_stems(text)}
    terms = [term.removesuffix("'s").removesuffix("\u2019s") for term in key_terms(question)]
    return [
        term
        for term in terms
        if len(term) > LONGEST_ABBREVIATION and term.isalpha() and not set(content_stems(term)) <= held
    ]


def passage_text(stretch: Stretch) -> str:
    """What is given to the encoder; `_owners` counts on it."""
    return f"{stretch.heading}\n{stretch.text}" if stretch.heading else stretch.text


def _owners(stretch: Stretch, held: PieceVectors) -> NDArray[np.int64]:
    """For each piece the sentence that it belongs to; -1 of the heading."""
    starts, at = [], len(stretch.heading) + 1 if stretch.heading else 0
    for sentence in stretch.sentences:
        starts.append(at)
        at += len(sentence) + 1
    return np.asarray(np.searchsorted(starts, held.spans[:, 0], side="right") - 1)


def _weights(question: str) -> dict[str, float]:
    return {stem(word): rarity(word) for word in words(question) if word not in STOP_WORDS}


def _share(weights: dict[str, float], held: set[str]) -> float:
    total = sum(weights.values())
    return sum(weight for word, weight in weights.items() if word in held) / total if total else 0.0


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9))
