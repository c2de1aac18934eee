"""Evidence, prepared once: its sentences with their places, and what every check and feature asks of a text."""

from __future__ import annotations

import unicodedata
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from indexers.sentences import sentence_spans
from rag.quantities import Figures, figures_in, scales_in
from rag.verify.index import Index
from rag.verify.terms import Term, terms
from rag.verify.tokens import Token, tokens_of
from rag.verify.verdict import Reason
from rag.words import content_stems, words


@dataclass(frozen=True)
class Sentence:
    """A sentence of the evidence, ``[start, end)`` of its text, or a claim.

    ``scales`` are the parts of it, ``[start, end)``, whose bare numbers a note of their text may multiply, and by what.

    What is read out of it is kept, so that it is read once however many claims are held against it.
    """

    text: str
    start: int = 0
    end: int = 0
    scales: tuple[tuple[int, int, float], ...] = ()

    @cached_property
    def words(self) -> tuple[str, ...]:
        """As `rag.words.words`."""
        return tuple(words(self.text))

    @cached_property
    def stems(self) -> tuple[str, ...]:
        """The stems of its content words, in order, as `rag.words.content_stems`."""
        return tuple(content_stems(self.text))

    @cached_property
    def stem_set(self) -> frozenset[str]:
        """Its content stems once each."""
        return frozenset(self.stems)

    @cached_property
    def figures(self) -> Figures:
        """Its numbers and dates."""
        return figures_in(self.text, scales=self.scales)

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """Its words, numbers and signs, for a comparison word by word."""
        return tokens_of(self.text)

    @cached_property
    def unaccented(self) -> str:
        """`folded` without accents, a blank before it."""
        marks = unicodedata.normalize("NFKD", self.folded)
        return " " + "".join(mark for mark in marks if not unicodedata.combining(mark))

    @cached_property
    def initials(self) -> str:
        """The first letters of its words but the smallest, in order."""
        return "".join(word[0] for word in self.words if word not in {"of", "and", "the", "for"})

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """As `rag.verify.terms.terms`."""
        return terms(self.text)

    @cached_property
    def folded(self) -> str:
        """The text in one case, with straight quotation marks and single blanks."""
        return fold(self.text)


@dataclass(frozen=True)
class Evidence:
    """The texts that a claim is held against. Make it with `Evidence.of`.

    Attributes:
        sentences: Of all texts, in order.
        sources: Of each sentence the position of its text: ``texts[source][start:end] == sentence.text``.
    """

    texts: tuple[str, ...]
    sentences: tuple[Sentence, ...]
    sources: tuple[int, ...]

    @classmethod
    def of(cls, texts: Sequence[str], prepared: MutableMapping[str, tuple[Sentence, ...]] | None = None) -> Evidence:
        """Prepare ``texts``; blank ones stay, so that a source's position is its number.

        Args:
            texts: Whole passages or single quotes.
            prepared: Sentences of texts that were read before; pass the same mapping where one answer's sentences
                cite the same texts in other combinations.
        """
        known = {} if prepared is None else prepared
        for text in texts:
            if text not in known:
                scales = scales_in(text)
                known[text] = tuple(
                    Sentence(text[a:b], a, b, tuple((0, b - a, scale) for scale in scales))
                    for a, b in sentence_spans(text)
                )
        placed = [(sentence, source) for source, text in enumerate(texts) for sentence in known[text]]
        return cls(tuple(texts), tuple(one for one, _ in placed), tuple(source for _, source in placed))

    @cached_property
    def joined(self) -> str:
        """All texts, a line each."""
        return "\n".join(self.texts)

    @cached_property
    def whole(self) -> Sentence:
        """All texts as one sentence: for what may stand anywhere in them."""
        scales: list[tuple[int, int, float]] = []
        start = 0
        for text in self.texts:
            scales += ((start, start + len(text), scale) for scale in scales_in(text))
            start += len(text) + 1
        return Sentence(self.joined, 0, len(self.joined), tuple(scales))

    @cached_property
    def said(self) -> frozenset[str]:
        """Every sentence and every text, folded, without the marks at its end: what may be repeated word for word."""
        return frozenset(
            ended(one) for one in (*(sentence.folded for sentence in self.sentences), *map(fold, self.texts))
        )

    @cached_property
    def index(self) -> Index:
        """What the scorer asks of it."""
        return Index(tuple(sentence.terms for sentence in self.sentences) or ((),))

    @cached_property
    def checked(self) -> dict[str, tuple[Reason, ...]]:
        """What the checks found of claims held against it so far, by their text: scorer and verifier both ask."""
        return {}

    @cached_property
    def blank(self) -> bool:
        """Whether there is nothing in it."""
        return not self.sentences


def ended(folded: str) -> str:
    """Folded text without the marks that end a sentence."""
    return folded.rstrip(" .!;,")


def fold(text: str) -> str:
    """``text`` in one case, with straight quotation marks and single blanks."""
    straight = text.replace("\u2019", "'").replace("\u2018", "'").replace("\u201c", '"').replace("\u201d", '"')
    return " ".join(straight.casefold().split())
