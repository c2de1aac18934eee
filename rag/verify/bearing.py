"""Where in the evidence a claim is borne out, and what of it is borne out nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.quantities import without_quantities
from rag.verify.features import best_window
from rag.verify.verdict import Reason, Support
from rag.words import STOP_WORDS, WORD, stem

if TYPE_CHECKING:
    from rag.verify.evidence import Evidence, Sentence

MOST_WORDS = 5


def bearing(claim: Sentence, evidence: Evidence) -> tuple[Support, ...]:
    """The sentences of the evidence that speak of what the claim says, in order of place."""
    return tuple(
        Support(evidence.sources[at], evidence.sentences[at].start, evidence.sentences[at].end)
        for at in sorted(best_window(claim, evidence))
    )


def shortfall(claim: Sentence, evidence: Evidence) -> Reason:
    """Why a claim in which no check failed is not supported: the first words of which the evidence says nothing."""
    held = evidence.whole.stem_set
    words = dict.fromkeys(
        match.group()
        for match in WORD.finditer(without_quantities(claim.text))  # those are checked as values
        if match.group().lower() not in STOP_WORDS and stem(match.group().lower()) not in held
    )
    if not words:
        return Reason("scattered", "its words are in the evidence, but not as the claim puts them together")
    listed = ", ".join(repr(word) for word in list(words)[:MOST_WORDS])
    more = f" and {len(words) - MOST_WORDS} more" if len(words) > MOST_WORDS else ""
    return Reason("words", f"the evidence has no {listed}{more}")
