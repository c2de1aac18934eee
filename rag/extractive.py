"""The offline generator: the best sentences of the window verbatim. No model writes anything.

Each sentence is scored by its meaning (the embedder's cosine with the question, headings included), by the question's
words it holds, weighted by rarity, and by whether it can hold the kind of answer asked for (a number, a date). Whether
to answer at all is not decided here: see `rag.answerable`.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from indexers.embed import Embedder
from indexers.tokens import count_tokens
from rag.answer import Usage
from rag.context import header_rows, is_row, says_something, sentence_contexts
from rag.errors import Cancelled
from rag.generation import Deadline, Draft, DraftSentence
from rag.profiles import EXTRACTIVE
from rag.quantities import missing_numbers
from rag.question import AskedFor, asked_for, asked_part
from rag.words import content_stems
from retrievers.window import ContextWindow, Sentence, Source

MOST_EMBEDDED = 48
"""Sentences of a window that are embedded, those with the question's words and of the best sources first."""

CONTEXT_CHARS = 400
"""Of what is embedded before a sentence: the header of a wide table would leave no room for the row."""

COSINE_WEIGHT = 1.0
OVERLAP_WEIGHT = 0.6
KIND_WEIGHT = 0.15
SOURCE_WEIGHT = 0.1

SECOND_SENTENCE_SHARE = 0.85
"""A further sentence is added only if it scores at least this share of the best, and is not yet said."""

ADJACENT_SHARE = 0.8
"""The same for a sentence right before or after the best one."""

REDUNDANT_OVERLAP = 0.6


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may answer; ``context`` stands before it when it is embedded, ``around`` are its neighbours."""

    source: Source
    sentence: Sentence
    context: str
    around: str


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate with its cosine (-1 to 1), the share of the question's words it holds, and whether its kind fits."""

    candidate: Candidate
    cosine: float
    overlap: float
    kind_fits: bool
    score: float


class ExtractiveGenerator:
    """Chooses sentences, at most ``max_sentences`` and the header rows of their tables, in source order."""

    def __init__(self, embedder: Embedder, *, max_sentences: int) -> None:
        self._embedder = embedder
        self._max_sentences = max_sentences

    @property
    def model(self) -> str:
        """Always ``extractive``."""
        return EXTRACTIVE

    def overhead_tokens(self, question: str) -> int:
        """The question alone: there is no prompt."""
        return count_tokens(question)

    def generate(self, question: str, window: ContextWindow, *, deadline: Deadline) -> Draft:
        """The best sentences; an abstention, without any, where there is nothing to choose from."""
        if deadline.cancelled.is_set():
            raise Cancelled("the question was cancelled by the caller")
        question = asked_part(question)
        ranked = rank_sentences(question, window, self._embedder)
        if not ranked:
            return Draft(sentences=(), abstained=True, model=EXTRACTIVE, usage=Usage())
        shown = _with_headers(choose(ranked, most=self._max_sentences))
        sentences = tuple(
            DraftSentence(
                text="\n".join(_shown(sentence.text) for sentence in group),
                cited=tuple(sentence.label for sentence in group),
            )
            for group in shown
        )
        return Draft(sentences=sentences, abstained=False, model=EXTRACTIVE, usage=Usage())

    def stream(self, question: str, window: ContextWindow, *, deadline: Deadline) -> Iterator[DraftSentence | Draft]:
        """The sentences, then the draft; all are known at once."""
        draft = self.generate(question, window, deadline=deadline)
        yield from draft.sentences
        yield draft


def rank_sentences(question: str, window: ContextWindow, embedder: Embedder) -> list[Scored]:
    """Every sentence of the window that could be an answer, best first; ties in window order."""
    candidates = [candidate for source in window.sources for candidate in _candidates(source)]
    if not candidates:
        return []
    wanted = list(dict.fromkeys(content_stems(question)))
    rarity = _rarity(candidates)
    best_source = max(source.score for source in window.sources) or 1.0
    overlaps = [_overlap(wanted, candidate, rarity) for candidate in candidates]
    shares = [min(max(candidate.source.score / best_source, 0.0), 1.0) for candidate in candidates]
    promising = sorted(range(len(candidates)), key=lambda at: -(overlaps[at] + shares[at]))[:MOST_EMBEDDED]
    query = embedder.embed_query(question)
    shown = [f"{candidates[at].context[:CONTEXT_CHARS]}\n{candidates[at].sentence.text}".strip() for at in promising]
    cosines = np.clip(embedder.embed_passages(shown, cut=True) @ query, -1.0, 1.0)
    asked = asked_for(question)
    scored = []
    for at, cosine in zip(promising, cosines.tolist(), strict=True):
        fits = asked.fits(candidates[at].sentence.text, question)
        score = COSINE_WEIGHT * cosine + OVERLAP_WEIGHT * overlaps[at] + SOURCE_WEIGHT * shares[at]
        score += KIND_WEIGHT * (fits and asked is not AskedFor.ANY)
        scored.append(Scored(candidates[at], cosine=cosine, overlap=overlaps[at], kind_fits=fits, score=score))
    return sorted(scored, key=lambda it: -it.score)


def choose(ranked: Sequence[Scored], *, most: int) -> list[Scored]:
    """The best sentence and those nearly as good that say something else, in window order.

    Another document that says the same with other numbers says something else: a contradiction is shown, not hidden.
    """
    chosen = [ranked[0]]
    for scored in ranked[1:]:
        share = ADJACENT_SHARE if _adjacent(scored, ranked[0]) else SECOND_SENTENCE_SHARE
        if len(chosen) == most:
            break
        if scored.score >= share * ranked[0].score and not any(_redundant(scored, other) for other in chosen):
            chosen.append(scored)
    return sorted(chosen, key=lambda it: (it.candidate.source.number, it.candidate.sentence.start))


def _with_headers(chosen: Sequence[Scored]) -> list[tuple[Sentence, ...]]:
    """The chosen sentences, before a row the header of its table: figures say nothing without their columns."""
    shown: list[tuple[Sentence, ...]] = []
    for scored in chosen:
        sentence = scored.candidate.sentence
        above = tuple(header_rows(scored.candidate.source, sentence)) if is_row(sentence.text) else ()
        shown.extend(group for group in (above, (sentence,)) if group and group not in shown)
    return shown


def _adjacent(scored: Scored, best: Scored) -> bool:
    """Whether a sentence stands right before or after the best one: an answer often goes on there."""
    mine, its = scored.candidate, best.candidate
    if mine.source is not its.source or is_row(mine.sentence.text):
        return False
    return its.sentence.text in mine.around or mine.sentence.text in its.around


def _candidates(source: Source) -> Iterator[Candidate]:
    headings = {_plain(heading) for heading in (source.title, *source.headings)}
    texts = [sentence.text.strip() for sentence in source.sentences]
    around = zip(["", *texts], [*texts[1:], ""], strict=False)
    for sentence, text, context, (before, after) in zip(
        source.sentences, texts, sentence_contexts(source), around, strict=True
    ):
        header = sentence.header or (is_row(text) and not context.count("\n"))
        if not header and says_something(text) and _plain(text) not in headings:
            yield Candidate(source=source, sentence=sentence, context=context, around=f"{before} {after}")


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def _rarity(candidates: Sequence[Candidate]) -> dict[str, float]:
    """Inverse document frequency over the window's sentences; a word that is nowhere is the rarest."""
    counts = Counter(stem for it in candidates for stem in set(content_stems(it.sentence.text)))
    total = len(candidates)
    return {stem: math.log(1 + total / (0.5 + count)) for stem, count in counts.items()} | {
        "": math.log(1 + total / 0.5)
    }


def _overlap(wanted: Sequence[str], candidate: Candidate, rarity: dict[str, float]) -> float:
    """The share of the question's words, by rarity, that the sentence holds; half a share for words just around it."""
    if not wanted:
        return 0.0
    inside = set(content_stems(candidate.sentence.text))
    near = set(content_stems(f"{candidate.context} {candidate.around}"))
    total = held = 0.0
    for stem in wanted:
        weight = rarity.get(stem, rarity[""])
        total += weight
        held += weight * (1.0 if stem in inside else 0.5 if stem in near else 0.0)
    return held / total


def _redundant(scored: Scored, other: Scored) -> bool:
    text, said = scored.candidate.sentence.text, other.candidate.sentence.text
    mine, theirs = set(content_stems(text)), set(content_stems(said))
    if mine and len(mine & theirs) / len(mine) < REDUNDANT_OVERLAP:
        return False
    elsewhere = scored.candidate.source.document_id != other.candidate.source.document_id
    return not (elsewhere and missing_numbers(text, [said]))


def _shown(text: str) -> str:
    return " ".join(text.split())
