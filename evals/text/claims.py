"""The sentences of an answer with the texts they cite: what faithfulness and citation measures judge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.verify.evidence import Evidence

if TYPE_CHECKING:
    from rag.answer import Answer
    from rag.verify.evidence import Sentence
    from rag.verify.verdict import Verdict
    from rag.verify.verifier import Verifier


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


class ClaimJudge:
    """A verifier that reads each quote of one answer once, and judges the same claim on the same quotes once."""

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier
        self._read: dict[str, tuple[Sentence, ...]] = {}
        self._evidence: dict[tuple[str, ...], Evidence] = {}
        self._judged: dict[tuple[str, tuple[str, ...]], Verdict] = {}

    def verdict(self, claim: str, quotes: tuple[str, ...]) -> Verdict:
        """What the verifier says of the claim by these quotes."""
        key = (claim, quotes)
        if quotes not in self._evidence:
            self._evidence[quotes] = Evidence.of(quotes, self._read)
        if key not in self._judged:
            self._judged[key] = self._verifier.verify(claim, self._evidence[quotes])
        return self._judged[key]

    def bears_out(self, claim: str, quotes: tuple[str, ...]) -> bool:
        """Whether there are quotes and they support the claim."""
        return bool(quotes) and self.verdict(claim, quotes).label == "supported"
