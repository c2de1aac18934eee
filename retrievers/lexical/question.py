"""A question becomes weighted terms, in every language that the index holds."""

from __future__ import annotations

import functools
import math
from collections import Counter
from typing import TYPE_CHECKING

from retrievers.lexical.language import DEFAULT, question_language, split_words, stems, without_stop_words
from retrievers.terms import MAX_QUERY_CHARS, STOP_WORDS, codes, searchable, years_inside

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_QUERY_TERMS = 128


@functools.lru_cache(maxsize=64)  # a search asks for them several times
def question_terms(question: str, languages: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
    """Each stem, and each code behind ``#``, with its weight: the root of how often the question says it.

    The languages of documents are known and those of short questions are not: a word is looked for by its stem in each
    language of the index. On six English collections a repeated word's root of its count was worth up to 0.06 nDCG@10
    (long questions) and cost nothing.

    Args:
        question: Any string.
        languages: Those of the index, the most frequent first.
    """
    question = searchable(question[:MAX_QUERY_CHARS])
    words = Counter(_content(question, languages) + years_inside(question.casefold()))
    weights: dict[str, float] = {}
    for word, count in list(words.items())[:MAX_QUERY_TERMS]:
        for term in {stem: None for language in languages or (DEFAULT,) for stem in stems(word, language)}:
            weights[term] = weights.get(term, 0.0) + count
    numbers = Counter(f"#{code}" for code in codes(question))
    weights.update(list(numbers.items())[:MAX_QUERY_TERMS])
    return tuple((term, math.sqrt(count)) for term, count in weights.items())


def _content(question: str, languages: Sequence[str]) -> list[str]:
    """The words without the stop words of the question's own language; all of them where nothing else is left."""
    words = split_words(question)
    language = question_language(question, languages)
    if language == DEFAULT:  # a longer list than tantivy's, which costs up to 0.05 nDCG@10
        return [word for word in words if word not in STOP_WORDS] or words
    return without_stop_words(question, language) or words
