"""Identifiers (a word of letters and digits) that the evidence lacks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.verify.evidence import Evidence, Sentence, fold
from rag.verify.verdict import Reason

_IDENTIFIER = re.compile(r"\b(?=\w*\d)(?=\w*[A-Za-z])[A-Za-z0-9][\w\-/.]*\w\b")
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th|k|m|bn|b|s)", re.IGNORECASE)


def check(claim: Sentence, evidence: Evidence) -> Iterator[Reason]:
    """A reason for every identifier that does not stand in the evidence, whatever its case."""
    for identifier in _IDENTIFIER.findall(claim.text):
        held = identifier.lower() in evidence.whole.words or fold(identifier) in evidence.whole.folded
        if not held and not _ORDINAL.fullmatch(identifier):
            yield Reason("identifier", f"identifier {identifier!r} is not in the evidence", "lacks")
