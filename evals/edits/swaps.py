"""A word of a list gives way to another one of it: what units, currencies, months, opposites and quantifiers share."""

from __future__ import annotations

import re
from collections.abc import Mapping

from evals.edits.edit import Given, Rule


def swap(name: str, table: Mapping[str, str], *, after: str = "", before: str = "", cased: bool = False) -> Rule:
    """A rule that replaces one word or phrase of ``table`` by what stands there for it.

    Args:
        name: The template's name.
        table: From what is written to what is put there; letters in small, a first capital is kept.
        after: A pattern that must stand before the word.
        before: A pattern that must follow it.
        cased: Whether a word must be written as in the table.
    """
    longest_first = "|".join(re.escape(word) for word in sorted(table, key=len, reverse=True))
    pattern = re.compile(rf"{after}(?<![\w-])(?P<word>{longest_first})(?![\w-]){before}", 0 if cased else re.IGNORECASE)

    def rule(given: Given) -> str | None:
        found = list(pattern.finditer(given.claim))
        if not found:
            return None
        match = found[given.chance.randrange(len(found))]
        old = match["word"]
        new = table[old if cased else old.lower()]
        new = new[0].upper() + new[1:] if old[0].isupper() else new
        return given.claim[: match.start("word")] + new + given.claim[match.end("word") :]

    rule.__name__ = name
    return rule


def both_ways(*pairs: tuple[str, str]) -> dict[str, str]:
    """Each pair in both directions."""
    return dict(pairs) | {other: one for one, other in pairs}
