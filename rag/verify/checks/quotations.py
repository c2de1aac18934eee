"""Quotations that the evidence does not hold word for word."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.verify.evidence import Evidence, Sentence
from rag.verify.verdict import Reason
from rag.words import words

_QUOTED = re.compile(r"[\"\u201c]([^\"\u201c\u201d]{3,})[\"\u201d]")


def check(claim: Sentence, evidence: Evidence) -> Iterator[Reason]:
    """A reason for every quotation whose words do not follow each other in the evidence."""
    for quoted in _QUOTED.findall(claim.text):
        if " ".join(words(quoted)) not in " ".join(evidence.whole.words):
            yield Reason("quotation", f"quotation {quoted!r} is not in the evidence", "lacks")
