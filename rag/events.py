"""What `Rag.ask_stream` yields, in order: sources once, each sentence once verified, the answer last."""

from __future__ import annotations

from dataclasses import dataclass

from rag.answer import Answer, AnswerSentence, Citation
from retrievers.window import Source


@dataclass(frozen=True, slots=True)
class SourcesFound:
    """The packed sources, before anything is generated."""

    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class SentenceVerified:
    """One sentence of the answer, checked, with the citations that appear in it for the first time."""

    sentence: AnswerSentence
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class AnswerComplete:
    """The finished answer; what came before is superseded where they differ."""

    answer: Answer


AnswerEvent = SourcesFound | SentenceVerified | AnswerComplete
