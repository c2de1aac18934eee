"""Names that the claim states and the evidence lacks, abbreviations known."""

from __future__ import annotations

from collections.abc import Iterator

from rag.verify.evidence import Evidence, Sentence
from rag.verify.verdict import Reason
from rag.words import names_in, stem


def check(claim: Sentence, evidence: Evidence) -> Iterator[Reason]:
    """A reason for every capitalised word that neither stands in the evidence nor abbreviates words of it."""
    whole = evidence.whole
    for name in names_in(claim.text):
        low = name.lower()
        if stem(low) not in whole.stem_set and low not in whole.folded and not abbreviates(name, whole):
            yield Reason("name", f"name {name!r} is not in the evidence", "lacks")


def abbreviates(name: str, text: Sentence) -> bool:
    """Whether ``name`` is made of the first letters of words that follow each other in ``text``."""
    if not name.isupper() or len(name) < 2:
        return False
    initials = "".join(word[0] for word in text.words if word not in {"of", "and", "the", "for"})
    return name.lower() in initials
