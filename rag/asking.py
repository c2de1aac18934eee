"""One question on its way to its answer: what it is held to, what was found for it, and how long each step took."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from indexers.document import Document
from indexers.store import Snapshot
from rag.errors import QuestionError
from rag.expansion import Expanded
from rag.generation import Deadline, Generator
from rag.profiles import ModelProfile
from retrievers.hit import Hit
from retrievers.scope import Within
from retrievers.window import ContextWindow

MOST_QUESTION_CHARS = 4000


@dataclass(slots=True)
class Asked:
    """A question with its evidence, all of one generation of the index.

    ``documents`` holds the text of every hit by document id and version: read once, so that a writer that removes
    a document cannot pull it from under an answer. The window is packed again where the endpoint finds it too long.
    """

    question: str
    within: Within
    generator: Generator
    profile: ModelProfile
    deadline: Deadline
    clock: Clock
    snapshot: Snapshot
    hits: Sequence[Hit]
    expanded: Expanded
    documents: Mapping[tuple[str, str], Document]
    window: ContextWindow
    chance_answerable: float | None = None

    def read(self, document_id: str, version: str) -> Document:
        """The document that a source of the window stands in."""
        return self.documents[document_id, version]


class Clock:
    """Milliseconds between laps."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        """End the lap ``name``."""
        now = time.perf_counter()
        self._laps[name] = round((now - self._last) * 1000, 3)
        self._last = now

    def timings_ms(self) -> dict[str, float]:
        """Every lap, and ``total``."""
        return {**self._laps, "total": round((self._last - self._start) * 1000, 3)}


def checked_question(question: str) -> str:
    """``question`` without surrounding white space and lone surrogates.

    Raises:
        QuestionError: It holds no letter or digit, or is longer than 4,000 characters.
    """
    question = question.encode("utf-8", "ignore").decode("utf-8").strip()
    if not any(letter.isalnum() for letter in question):
        raise QuestionError("the question is empty")
    if len(question) > MOST_QUESTION_CHARS:
        raise QuestionError(f"the question has {len(question)} characters; the limit is {MOST_QUESTION_CHARS}")
    return question
