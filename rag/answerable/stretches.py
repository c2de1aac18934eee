"""The passages of a window that are looked at closely: of each source as much as an encoder reads at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from indexers.sentences import sentence_spans
from rag.context import is_row, says_something, sentence_contexts
from rag.words import content_stems
from retrievers.window import ContextWindow, Source

STRETCH_CHARS = 1000
"""What an encoder of 256 tokens reads whole, heading included; a source that is longer is looked at in parts."""

HEADING_CHARS = 160
MOST_STRETCHES = 5
"""Looked at closely, of the parts of all sources."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some sentences in a row of one source, and the title and headings that they stand under."""

    heading: str
    sentences: tuple[str, ...]
    score: float = 0.0

    @property
    def text(self) -> str:
        """The sentences together."""
        return "\n".join(self.sentences)


def stretches_of_text(text: str, *, heading: str = "") -> list[Stretch]:
    """The stretches of a bare passage."""
    return list(_cut(heading, [text[start:end] for start, end in sentence_spans(text)], 0.0))


def stretches_of_window(window: ContextWindow) -> list[Stretch]:
    """The stretches of every source, in the order of the sources; headings and rulers are no sentences."""
    best = max((source.score for source in window.sources), default=0.0) or 1.0
    return [
        stretch
        for source in window.sources
        for stretch in _cut(_heading(source), list(_sentences(source)), min(max(source.score / best, 0.0), 1.0))
    ]


def nearest(question: str, stretches: Sequence[Stretch], *, most: int = MOST_STRETCHES) -> list[Stretch]:
    """Those that hold most of the question's words and come from the best sources, best first."""
    wanted = set(content_stems(question))

    def promise(stretch: Stretch) -> float:
        held = wanted & set(content_stems(f"{stretch.heading}\n{stretch.text}"))
        return len(held) / max(1, len(wanted)) + stretch.score

    return sorted(stretches, key=promise, reverse=True)[:most]


def _heading(source: Source) -> str:
    return " > ".join(dict.fromkeys((source.title, *source.headings)))[:HEADING_CHARS]


def _sentences(source: Source) -> Iterator[str]:
    """Of each sentence its text; before the first row of a table the rows that name its columns."""
    told = ""
    for sentence, context in zip(source.sentences, sentence_contexts(source), strict=True):
        text = " ".join(sentence.text.split())
        if sentence.header or not says_something(text):
            continue
        header = " ".join(context.partition("\n")[2].split()) if is_row(text) else ""
        if header and header != told:
            yield header
        told = header or (text if is_row(text) else "")
        yield text


def _cut(heading: str, sentences: Sequence[str], score: float) -> Iterator[Stretch]:
    taken: list[str] = []
    for sentence in sentences:
        if taken and sum(map(len, taken)) + len(sentence) > STRETCH_CHARS:
            yield Stretch(heading, tuple(taken), score)
            taken = taken[-1:] if len(taken[-1]) < STRETCH_CHARS // 4 else []  # an answer may span the cut
        taken.append(sentence[:STRETCH_CHARS])
    if taken:
        yield Stretch(heading, tuple(taken), score)
