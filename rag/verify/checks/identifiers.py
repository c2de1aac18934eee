"""Identifiers (part numbers, versions, addresses: letters and digits together) that the evidence lacks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.verify.comparison import Comparison
from rag.verify.evidence import fold
from rag.verify.verdict import Reason

_IDENTIFIER = re.compile(
    r"(?:https?://|www\.)[^\s<>\"')\]]+|[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+|[A-Za-z0-9]+(?:[./_:#&-][A-Za-z0-9]+)*"
)
_PLAIN = re.compile(
    r"\d+(?:st|nd|rd|th|k|m|mm|cm|km|kg|g|mg|bn|b|s|x|am|pm|h|gb|mb|tb|px|d|ft|in|c|f|hz|ghz|mhz|w|kw|v)?"
    r"|[a-z]+(?:[-./&:][a-z]+)*|(?:\d+[-/.:])*\d+[-/](?:[a-z]+)(?:[-/][a-z]+)*|(?:mid|pre|post|early|late|top|fy|q|us)-?\d+s?"
    r"|[\d.:/-]+(?:am|pm)?|[a-z]{2,}[./-]\d{1,2}|\d+[a-z]{1,2}|covid-19(?:[-/][a-z]+)*|\d+-[a-z]+-\d+",
    re.IGNORECASE,
)
"""What is no identifier though it mixes letters and figures: 5th, 20-year-old, mid-1990s, and words with marks."""

_SERIES = re.compile(r"(?!COVID)[A-Z]{1,5}-?\d{2,}[A-Z]?")
"""F-22, QA310: capitals and figures."""

_MARKS = re.compile(r"[\s._/:#-]+")
LONGEST_TOKEN = 200


def check(compared: Comparison) -> Iterator[Reason]:
    """A reason for every identifier that does not stand in the evidence, whatever its case and its hyphens."""
    whole = compared.evidence.whole
    for match in _IDENTIFIER.finditer(compared.claim.text):
        identifier = match.group().rstrip(".:/")[:LONGEST_TOKEN]
        if not _is_code(identifier):
            continue
        wanted = _MARKS.sub("", fold(identifier))
        if not re.search(rf"(?<![a-z0-9]){re.escape(fold(identifier))}(?![a-z0-9])", whole.folded) and not (
            len(wanted) > 2 and wanted in _MARKS.sub("", whole.folded)
        ):
            certain = compared.on_topic(but=identifier)
            told = f"identifier {identifier!r} is not in the evidence"
            yield Reason("identifier", told, "lacks" if certain else "notes")


def _is_code(word: str) -> bool:
    if "@" in word or "://" in word or word.startswith("www."):
        return True
    if word.count(".") > 1 and word.replace(".", "").isdigit():
        return True
    mixed = any(mark.isdigit() for mark in word) and any(mark.isalpha() for mark in word)
    return mixed and (_SERIES.fullmatch(word) is not None or not _PLAIN.fullmatch(word))
