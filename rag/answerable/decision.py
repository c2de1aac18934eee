"""The chance that the evidence in a window answers the question: one decision, whoever writes the answer."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from indexers.hashing import HashingEmbedder
from indexers.minilm import MiniLM
from rag.answerable.features import meaning_features, names_nowhere, passage_text, window_features, word_features
from rag.answerable.scorer import shipped
from rag.answerable.stretches import nearest, stretches_of_window
from rag.question import asked_part
from retrievers.terms import name_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from indexers.embed import Embedder, PieceReader
    from rag.answerable.stretches import Stretch
    from retrievers.window import ContextWindow

NAME_ODDS = 3.0
"""By this the odds are divided where a name of the question is nowhere in the window, not even in a file's name.

Set by hand: questions with exchanged names are too few and too alike to teach it. A paragraph of XQuAD lacks a name of
a question that it answers in one of twenty cases.
"""

DIGITS = 6
"""What a probability is rounded to, before any threshold: what is beyond differs between machines."""


class Answerability:
    """Tells how likely a window answers a question. Nothing is loaded before the first question."""

    def __init__(self, encoder: Callable[[], PieceReader | None]) -> None:
        """Name what opens the encoder whose cosines the coefficients were fitted on; None looks at words alone."""
        self._open_encoder = encoder

    @functools.cached_property
    def _encoder(self) -> PieceReader | None:
        return self._open_encoder()

    def chance(self, question: str, window: ContextWindow) -> float:
        """The probability, 0 to 1, that some passage of ``window`` answers; 0 where there is none.

        It is balanced: 0.5 is as likely as not where half of all questions are answered by the documents.
        """
        called = [name_words(source.title, source.uri) for source in window.sources]
        return self.chance_of(asked_part(question), stretches_of_window(window), called=called)

    def chance_of(self, question: str, stretches: Sequence[Stretch], *, called: Sequence[str] = ()) -> float:
        """The same of passages that are at hand; ``called`` is what their documents are called."""
        found = features(question, stretches, self._encoder)
        if found is None:
            return 0.0
        probability = shipped()["meaning" if self._encoder else "words"].probability_of(found)
        return round(without_names(probability, question, stretches, called=called), DIGITS)


def without_names(
    probability: float, question: str, stretches: Sequence[Stretch], *, called: Sequence[str] = ()
) -> float:
    """The probability, once it is known whether a name of the question is nowhere; see `NAME_ODDS`."""
    texts = [*called, *(f"{stretch.heading}\n{stretch.text}" for stretch in stretches)]
    if not names_nowhere(question, texts):
        return probability
    return probability / (probability + NAME_ODDS * (1.0 - probability))


def features(question: str, stretches: Sequence[Stretch], encoder: PieceReader | None) -> dict[str, float] | None:
    """What the decision rests on; None where there is nothing to look at.

    Of the passage nearest to the question, not of the one with the highest probability: of many passages one looks like
    an answer by luck. ``any_`` is the most that any passage has.
    """
    looked = _looked_at(question, nearest(question, stretches), encoder)
    if not looked:
        return None
    found = max(looked, key=_nearness) | window_features(question, stretches)
    if encoder is None:
        return found
    return found | {f"any_{name}": max(one[name] for one in looked) for name in ("sentence", "late_least")}


def _looked_at(question: str, stretches: Sequence[Stretch], encoder: PieceReader | None) -> list[dict[str, float]]:
    told = [word_features(question, stretch) for stretch in stretches]
    if encoder is None or not stretches:
        return told
    vectors, pieces = encoder.piece_vectors([question, *map(passage_text, stretches)])
    query, *passages = zip(vectors, pieces, strict=True)
    return [
        said | meaning_features(question, query, stretch, passage)
        for said, stretch, passage in zip(told, stretches, passages, strict=True)
    ]


def _nearness(found: dict[str, float]) -> float:
    if "cosine" not in found:
        return found["held"] + found["best"]
    return found["cosine"] + found["sentence"] + found["one_rare"]


def answer_encoder(embedder: Embedder) -> PieceReader | None:
    """What the coefficients fit: ``embedder`` itself where it is the bundled model, else that one.

    Whoever indexes by hashes wants no model loaded: None.
    """
    if isinstance(embedder, HashingEmbedder):
        return None
    return embedder if isinstance(embedder, MiniLM) else MiniLM()
