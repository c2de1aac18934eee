"""An answer and its proof: sentences, citations, verdicts, and what it cost."""

from __future__ import annotations

from dataclasses import dataclass, field

from rag.verify.verdict import Verdict
from retrievers.window import ContextWindow


@dataclass(frozen=True, slots=True)
class Citation:
    """A pointer to a span of one version of a document: ``document.text[start:end] == quote``; ``number`` from 1.

    ``cells`` is the place in a sheet as spreadsheets write it (``Sheet1!A7:C7``), "" where the span stands in none.
    """

    number: int
    document_id: str
    uri: str
    title: str
    version: str
    page: int | None
    start: int
    end: int
    quote: str
    cells: str = ""


@dataclass(frozen=True, slots=True)
class CitedSentence:
    """A sentence that bears a claim out: ``[start, end)`` of the document, within the span of citation ``number``."""

    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class AnswerSentence:
    """A sentence of the answer: ``answer.text[start:end] == text``; ``citations`` are numbers of the answer's list.

    ``verdict`` is what the check of its citations said; a sentence that cites nothing is unsupported. ``support`` are
    the places in the documents that bear it out, as the check found them.
    """

    text: str
    start: int
    end: int
    verdict: Verdict
    citations: tuple[int, ...]
    support: tuple[CitedSentence, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the endpoint reported them, or as counted here where it reported none (``estimated``)."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    estimated: bool = False

    def __add__(self, other: Usage) -> Usage:
        """Of two requests together."""
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.cached_tokens + other.cached_tokens,
            self.estimated or other.estimated,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question gets. An abstention has a text that says so, no sentences, and the nearest evidence cited.

    ``timings_ms`` has ``retrieve``, ``pack``, ``decide``, ``generate``, ``verify`` and ``total``. ``cost_usd`` is None
    where the model's price is not known. ``refusal`` is the endpoint's reason for not answering, ``truncated`` that it
    stopped at its token limit. ``chance_answerable`` is the probability (0 to 1) that the evidence in the window
    answers the question, whoever wrote the answer; balanced, so that 0.5 is as likely as not; None where nobody looked.
    """

    question: str
    text: str
    abstained: bool
    sentences: tuple[AnswerSentence, ...]
    citations: tuple[Citation, ...]
    window: ContextWindow
    model: str
    usage: Usage
    cost_usd: float | None
    timings_ms: dict[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    refusal: str | None = None
    truncated: bool = False
    chance_answerable: float | None = None
