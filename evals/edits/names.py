"""Names changed: for one of another document, or for another one of the same evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable

from evals.edits.edit import Given, Rules

_WORD = r"(?:[A-Z][\w'\u2019&-]*[a-z][\w&-]*|[A-Z]{2,6})"
_NAME = re.compile(rf"(?<=[a-z,;] ){_WORD}(?: (?:(?:of|de|van|von|the) )?[A-Z][\w&-]+)*(?![\w'\u2019-])")
_NO_NAME = frozenset(
    """January February March April May June July August September October November December Monday Tuesday Wednesday
    Thursday Friday Saturday Sunday I The A An This That It He She They We You If When In On At And But Not English
    American British French German Section Chapter Part Appendix Table Figure Q1 Q2 Q3 Q4 CEO CFO Covid COVID""".split()  # noqa: SIM905  # a block of words reads better
)
_OF_NOBODY = (
    "Halvard Brenner", "Ostermann", "Lydia Marchetti", "Corvane", "Trenholm", "Quillworth Partners", "Marisol Venn",
    "Baltrane", "Ingrid Solheim", "Northwick", "Dalmore Institute", "Perrin", "Vantreo", "Josef Kadlec", "Eastmere",
)  # fmt: skip


def names_of(text: str) -> tuple[str, ...]:
    """The names within the sentences of ``text``, once each, in order; what stands in small letters too is none."""
    found = dict.fromkeys(match.group() for match in _NAME.finditer(text))
    small = set(re.findall(r"\b[a-z][a-z-]+\b", text))
    return tuple(name for name in found if not (_NO_NAME & set(name.split())) and name.lower() not in small)


def of_nobody(given: Given) -> str | None:
    """A name gives way to a made-up one."""
    return _replaced(given, _OF_NOBODY)


def of_another_document(given: Given) -> str | None:
    """A name gives way to one of another document, of as many words where there is one."""
    return _replaced(given, given.pool.names)


def exchanged(given: Given) -> str | None:
    """Two names of the claim change places."""
    found = names_of(given.claim)
    if len(found) < 2:
        return None
    one, other = found[0], found[-1]
    if set(one.lower().split()) & set(other.lower().split()) or _listed(given.claim, one, other):
        return None
    parts = re.split(f"({re.escape(one)}|{re.escape(other)})", given.claim)
    return "".join({one: other, other: one}.get(part, part) for part in parts)


def of_the_evidence(given: Given) -> str | None:
    """A name gives way to another one of the evidence, of as many words."""
    in_claim = names_of(given.claim)
    if not in_claim:
        return None
    name = given.one_of(in_claim)
    words = {word.lower() for mine in in_claim for word in mine.split()}
    others = [
        other
        for other in names_of(given.evidence)
        if len(other.split()) == len(name.split())
        and not words & {word.lower() for word in other.split()}
        and not other.isupper()
    ]
    return given.claim.replace(name, given.one_of(others)) if others and not name.isupper() else None


def _replaced(given: Given, names: Iterable[str]) -> str | None:
    in_claim = names_of(given.claim)
    if not in_claim:
        return None
    name = given.one_of(in_claim)
    low = given.evidence.lower()
    others = [other for other in names if not any(word.lower() in low for word in other.split())]
    alike = [other for other in others if len(other.split()) == len(name.split())] or others
    return given.claim.replace(name, given.one_of(alike)) if alike else None


def _listed(claim: str, one: str, other: str) -> bool:
    """Whether the two stand in one list, where their order says nothing."""
    between = claim[claim.find(one) + len(one) : claim.find(other)]
    return re.fullmatch(r"[\w\s,&]*?(?:,|\band\b|\bor\b|&)\s*", between) is not None and len(between) < 40


NAME = Rules(train=(of_nobody,), test=(of_another_document,))
SWAPPED_NAME = Rules(train=(exchanged,), test=(of_the_evidence,))
