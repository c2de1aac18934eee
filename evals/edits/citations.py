"""A true claim held against another source's text: a citation that points to the wrong passage."""

from __future__ import annotations

import re

from evals.edits.edit import Given

_WORD = re.compile(r"\w{4,}")
SAID_FROM = 0.75
"""A passage that holds this share of the claim's longer words may bear it out as well, and is not taken."""


def other_passage(given: Given, *, same_document: bool) -> str | None:
    """A passage that does not bear the claim out: of the same document, or of another one."""
    words = set(_WORD.findall(given.claim.lower()))
    if len(words) < 4:
        return None
    passages = [text for document, text in given.pool.passages if (document == given.document) == same_document]
    for _ in range(min(8, len(passages))):
        passage = given.one_of(passages)
        held = words & set(_WORD.findall(passage.lower()))
        if given.claim not in passage and passage not in given.evidence and len(held) < SAID_FROM * len(words):
            return passage
    return None
