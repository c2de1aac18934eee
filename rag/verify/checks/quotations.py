"""Quotations that the evidence does not hold word for word."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.verify.comparison import Comparison
from rag.verify.verdict import Reason
from rag.words import words

_QUOTED = re.compile(r"(?<![\w\"])[\"\u201c]([^\"\u201c\u201d]{3,1000})[\"\u201d]")
_GAP = re.compile(r"\[[^\]]{0,80}\]|\.\.\.|\u2026")
TITLE_WORDS = 4
"""A quotation of so few words that begins with a capital, or one of many capitals or two words, may be a title."""

SHOWN = 80


def check(compared: Comparison) -> Iterator[Reason]:
    """A reason for every quotation whose words do not follow each other in the evidence; parts may be left out."""
    found = _QUOTED.findall(compared.claim.text)
    spoken = f" {' '.join(_plain(compared.evidence.joined))} " if found else ""
    for quoted in found:
        parts = [" ".join(_plain(part)) for part in _GAP.split(quoted)]
        if all(f" {part} " in spoken for part in parts if part):
            continue
        shown = quoted if len(quoted) <= SHOWN else f"{quoted[:SHOWN]}..."
        certain = compared.follows or not _is_title(quoted)
        yield Reason("quotation", f"quotation {shown!r} is not in the evidence", "lacks" if certain else "notes")


def _plain(text: str) -> list[str]:
    return [word for word in words(text) if "-" not in word and "/" not in word]


def _is_title(quoted: str) -> bool:
    found = quoted.split()
    capitals = sum(word[0].isupper() for word in found)
    short = len(found) <= 2 or (len(found) <= TITLE_WORDS and found[0][0].isupper())
    return short or capitals >= 0.5 * len(found)
