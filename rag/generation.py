"""The generator seam: a question and its window in, a draft whose sentences name what they cite out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from rag.answer import Usage
from retrievers.window import ContextWindow


@dataclass(frozen=True, slots=True)
class DraftSentence:
    """One sentence as generated, its citation marks removed.

    ``cited`` are labels of sentences of the window; ``unknown`` are those that it names and the window does not hold.
    """

    text: str
    cited: tuple[str, ...]
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A complete generation. ``abstained`` is the generator's own word that the sources do not answer.

    ``truncated``: the endpoint stopped at its token limit. ``refusal`` is the endpoint's reason for not answering.
    """

    sentences: tuple[DraftSentence, ...]
    abstained: bool
    model: str
    usage: Usage
    truncated: bool = False
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class Deadline:
    """A point in monotonic time, with a cancel token that another thread may set."""

    at_seconds: float
    cancelled: threading.Event


class Generator(Protocol):
    """Writes an answer from the window alone."""

    @property
    def model(self) -> str:
        """The name shown in ``Answer.model``."""

    def overhead_tokens(self, question: str) -> int:
        """Tokens of the request beside the window's text: prompt, question, per-message wrappers."""

    def generate(self, question: str, window: ContextWindow, *, deadline: Deadline) -> Draft:
        """The whole draft.

        Raises:
            GenerationError: The endpoint failed, timed out or sent something that is not an answer.
        """

    def stream(self, question: str, window: ContextWindow, *, deadline: Deadline) -> Iterator[DraftSentence | Draft]:
        """Each sentence as soon as it is complete, and last the whole ``Draft``.

        Raises:
            GenerationError: As for ``generate``; what was yielded before it is not an answer.
        """
