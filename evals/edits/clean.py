"""Sentences worth changing: whole, plain prose, each with the passage that it stands in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from indexers.sentences import sentence_spans

LEAST_WORDS, MOST_WORDS = 8, 45
PASSAGE_CHARS = 1500
"""About how much text around a sentence is its evidence."""

_WHOLE = re.compile(r"[A-Z\"\u201c][^\n|<>{}#*`=\[\]\\]*[.!][\"\u201d)]?", re.DOTALL)
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class CleanText:
    """A sentence and the passage of its document that holds it."""

    sentence: str
    passage: str
    document: str


def clean_texts(document: str, text: str) -> Iterator[CleanText]:
    """The sentences of ``text`` that are plain prose, in order, each with its neighbours up to `PASSAGE_CHARS`."""
    spans = sentence_spans(text)
    for at, (start, end) in enumerate(spans):
        sentence = " ".join(text[start:end].split())
        if not is_prose(sentence):
            continue
        first, last = at, at
        while spans[last][1] - spans[first][0] < PASSAGE_CHARS and (first > 0 or last < len(spans) - 1):
            first, last = max(first - 1, 0), min(last + 1, len(spans) - 1)
        yield CleanText(sentence, text[spans[first][0] : spans[last][1]], document)


def is_prose(sentence: str) -> bool:
    """Whether it begins and ends as sentences do, is of a usual length and made of letters for the most part."""
    words = sentence.split()
    if not LEAST_WORDS <= len(words) <= MOST_WORDS or not _WHOLE.fullmatch(sentence):
        return False
    return len(_LETTER.findall(sentence)) >= 0.55 * len(sentence)
