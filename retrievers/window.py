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
    ``headings`` is the path of headings above the passage. ``score`` is the best fused score of the hits merged in it,
    with a small bonus where there are several.
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


LeftOutReason = Literal["budget", "source limit", "document limit", "repeated"]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A candidate passage, or a part cut off one, that is not in the window, and why.

    ``tokens`` is exact where the passage came up for choice, else estimated from its length.
    """

    document_id: str
    uri: str
    start: int
    end: int
    page: int | None
    tokens: int
    score: float
    reason: LeftOutReason


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
