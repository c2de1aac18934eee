"""The sentences of an answer with the texts they cite: what faithfulness and citation measures judge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.answer import Answer


@dataclass(frozen=True, slots=True)
class CitedClaim:
    """A sentence of an answer and the quotes it cites, in citation order."""

    text: str
    quotes: tuple[str, ...]


def claims_of(answer: Answer) -> tuple[CitedClaim, ...]:
    """Every sentence of the answer with its own citations' quotes."""
    quotes = {citation.number: citation.quote for citation in answer.citations}
    return tuple(
        CitedClaim(sentence.text, tuple(quotes[number] for number in sentence.citations if number in quotes))
        for sentence in answer.sentences
    )
