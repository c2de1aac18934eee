"""Which words of a question a text holds, and what it says in the place of the others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from retrievers.terms import content_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from indexers.embed import Embedder

ALIKE_FROM = 0.5
"""The least cosine of two words that are offered one for the other."""

MOST_WORDS, MOST_OFFERED = 400, 2

_WORD = re.compile(r"[^\W\d_]{3,}|\w*\d\w*")


def question_words(question: str) -> list[str]:
    """What of the question is searched for, in its order."""
    return content_words(re.findall(r"\w+", question.casefold()))


def parted(words: Sequence[str], occurs: Callable[[str], bool]) -> tuple[list[str], list[str]]:
    """The words that occur, and those that do not."""
    found = [word for word in words if occurs(word)]
    return found, [word for word in words if word not in found]


def instead(missing: Sequence[str], text: str, embedder: Embedder) -> dict[str, list[str]]:
    """For each missing word the words of ``text`` that mean nearly the same, nearest first; none for most words."""
    known = content_words(_WORD.findall(text.casefold()))[:MOST_WORDS]
    if not missing or not known:
        return {}
    near = embedder.embed_passages(list(missing), cut=True) @ embedder.embed_passages(known, cut=True).T
    offered = {}
    for word, row in zip(missing, near, strict=True):
        best = np.argsort(-row, kind="stable")[:MOST_OFFERED]
        found = [known[place] for place in best if row[place] >= ALIKE_FROM]
        if found:
            offered[word] = found
    return offered


def told(found: Sequence[str], missing: Sequence[str], offered: dict[str, list[str]]) -> str:
    """A sentence on the words of the question; "" where there is none to be told of."""
    if not missing:
        return "every word of the question occurs" if found else ""
    said = f"of the question's words it has {', '.join(found)}, not {', '.join(missing)}"
    if not found:
        said = f"it has no word of the question ({', '.join(missing)})"
    others = "; ".join(f"{' and '.join(map(repr, words))} for {word!r}" for word, words in offered.items())
    return f"{said}; it says {others}" if others else said
