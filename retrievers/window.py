"""What is shown to the model: numbered sources, what they cost, and a receipt of what was left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence (or table row) of a source: ``document.text[start:end]``; ``label`` is what the model cites, "2.7".

    ``header`` is true for the rows that name the columns of the rows below them; ``columns`` are the labels of those
    that name this row's.
    """

    label: str
    start: int
    end: int
    page: int | None
    text: str
    header: bool = False
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A numbered passage: ``document.text[start:end]``, cut into labelled sentences, with the score that chose it.

    A passage that begins in the middle of a table has the table's header rows before its own sentences, though they
    stand before ``start``: figures say nothing without what names their columns.
    ``headings`` is the path of headings above the passage. ``score`` is the best score of the hits that it stands in.
    """

    number: int
    document_id: str
    version: str
    uri: str
    title: str
    start: int
    end: int
    page: int | None
    text: str
    sentences: tuple[Sentence, ...]
    headings: tuple[str, ...] = ()
    score: float = 0.0


LeftOutReason = Literal["budget", "not worth it", "source limit", "document limit", "repeated"]

Stopped = Literal["all", "budget", "limits", "not worth it"]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Sentences or rows of a hit that are not in the window, and why.

    ``tokens`` are those of their lines, and ``chance`` is the chance (0 to 1) that they are the evidence. The reasons:
    there was no room (``budget``); they would have added too little for their tokens (``not worth it``); the settings
    allow no more sources, or no more of one document; another place says the same (``repeated``).
    """

    document_id: str
    uri: str
    start: int
    end: int
    page: int | None
    tokens: int
    score: float
    chance: float
    reason: LeftOutReason


@dataclass(frozen=True, slots=True)
class Covered:
    """How good the choice is: the chance (0 to 1) that it holds the evidence, given that some hit does.

    No choice within the budget has a chance above ``bound``, so that the choice is at most ``bound - chance`` from the
    best. ``stopped`` says why no more was taken: ``all`` of the hits are in, the ``budget`` is used up, the ``limits``
    on sources are, or the rest is ``not worth it``. ``hits`` is how many there were.
    """

    chance: float
    bound: float
    stopped: Stopped
    hits: int

    @property
    def gap(self) -> float:
        """The most by which another choice could be better."""
        return self.bound - self.chance


NOTHING_COVERED = Covered(0.0, 0.0, "all", 0)


@dataclass(frozen=True, slots=True)
class ContextWindow:
    """The evidence as sent. ``tokens_used`` counts ``text``, wrappers included, and is at most ``token_budget``.

    ``estimated`` is true where the model's own tokenizer is not known and a safety factor was applied.
    """

    sources: tuple[Source, ...]
    text: str
    tokens_used: int
    token_budget: int
    left_out: tuple[LeftOut, ...] = ()
    estimated: bool = False
    covered: Covered = NOTHING_COVERED
