"""How much of a claim's content the evidence holds."""

from __future__ import annotations

from rag.quantities import without_quantities
from rag.verify.checks.names import abbreviates
from rag.verify.evidence import Evidence, Sentence
from rag.words import WORD, content_stems, stem

WINDOW_SENTENCES = 3


def coverage(claim: Sentence, evidence: Evidence) -> float:
    """The share of the claim's content words in the evidence: mean of all of it and of its best three sentences.

    Numbers and dates are not counted: they are checked as values.
    """
    capitals = {match.group() for match in WORD.finditer(claim.text) if match.group().isupper()}
    expanded = {stem(name.lower()) for name in capitals if abbreviates(name, evidence.whole)}
    said = [word for word in content_stems(without_quantities(claim.text)) if word not in expanded]
    if not said:
        return 1.0 if claim.stems else 0.0
    sentences = [sentence.stem_set for sentence in evidence.sentences] or [frozenset[str]()]
    everything = frozenset[str]().union(*sentences)
    windows = [frozenset[str]().union(*sentences[at : at + WINDOW_SENTENCES]) for at in range(len(sentences))]
    best = max(sum(word in window for word in said) for window in windows)
    return (0.5 * best + 0.5 * sum(word in everything for word in said)) / len(said)
