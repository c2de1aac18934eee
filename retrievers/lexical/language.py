"""Which language a text is in, and the stems of its words: tantivy's stemmers and lists of stop words."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DEFAULT = "english"
"""Where nothing tells: a heading, a table, a script that no stemmer knows and that this one leaves alone."""

WITH_STOP_WORDS = (
    "danish", "dutch", "english", "finnish", "french", "german", "hungarian", "italian", "norwegian", "portuguese",
    "russian", "spanish", "swedish",
)  # fmt: skip
"""The languages of tantivy's lists of function words, which also tell the languages apart."""

OUR_STOP_WORDS = {
    "romanian": "acest această acum aici al ale am are au ca care când că cel cea ce cu cum da dar de din după el "
    "ea este eu fi fost în între îi îl la le lui mai mult nu o pe pentru prin sau se si și sunt să te un una unei unui "
    "va vor",
    "turkish": "ama ben bir biz bu bunu çok da daha de değil diye en gibi göre her ile için ise kadar ki mi mu mü ne o "
    "olan olarak oldu olduğu on onu sen siz son sonra şey şu tarafından var ve veya ya yok",  # noqa: RUF001
}
"""Of languages that have a stemmer and no list."""

SCRIPTS = {
    "arabic": re.compile("[\u0620-\u064a]"),
    "greek": re.compile("[\u0370-\u03ff\u1f00-\u1fff]"),
    "tamil": re.compile("[\u0b80-\u0bff]"),
}
"""Languages that their letters tell."""

LANGUAGES = (*WITH_STOP_WORDS, *OUR_STOP_WORDS, *SCRIPTS)

SAMPLES, SAMPLE_CHARS = 3, 800
"""A document's language is judged by its beginning, its middle and its end."""

LEAST_SHARE = 0.04
"""The least share of function words: texts have 0.07 (tables within) to 0.5 in their own language."""

LONGEST_WORD_BYTES = 60
UNSPACED = re.compile(
    "[\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0edf\u1000-\u109f\u1780-\u17d3\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f]+"
)
"""Runs of letters between which no blank tells words apart (Thai, Lao, Burmese, Khmer, Han, kana), and Hangul, whose
endings grow onto words."""


def language_of(text: str) -> str:
    """The language of most of a text, by its function words or its letters; English where nothing tells."""
    sample = _sample(text)
    for language, letters in SCRIPTS.items():
        count = 0 if sample.isascii() else len(letters.findall(sample))
        if count and 2 * count > sum(letter.isalpha() for letter in sample):
            return language
    words = split_words(sample)
    shares = {language: len(words) - len(without_stop_words(sample, language)) for language in _told_by_words()}
    best = max(shares, key=lambda language: (shares[language], language == DEFAULT))
    return best if shares[best] > LEAST_SHARE * len(words) else DEFAULT


def question_language(question: str, languages: Sequence[str]) -> str:
    """Which of the index's languages a question is in; the first of them where its function words do not tell."""
    words = len(split_words(question))
    told = [language for language in languages if language in _told_by_words()]
    shares = {language: words - len(without_stop_words(question, language)) for language in told}
    return max(shares, key=lambda language: shares[language]) if shares else DEFAULT


def split_words(text: str) -> list[str]:
    """The words of a text in lower case, unstemmed; runs without blanks as pairs of letters."""
    return _tokens(_analyser(), text)


def stems(text: str, language: str) -> list[str]:
    """What is indexed of a text: its words' stems without accents; runs without blanks as pairs of letters."""
    return _tokens(_analyser(stemmed=language), text)


def without_stop_words(text: str, language: str) -> list[str]:
    """The words of a text that are no function words of the language, in lower case."""
    return _tokens(_analyser(stopped=language), text)


def pairs(runs: Iterable[str]) -> list[str]:
    """Each two neighbouring letters of each run; a letter alone as it is."""
    return [run[at : at + 2] for run in runs for at in range(max(1, len(run) - 1))]


def _tokens(analyser: Any, text: str) -> list[str]:  # noqa: ANN401  # tantivy ships no types
    if text.isascii() or not (runs := UNSPACED.findall(text)):
        return list(analyser.analyze(text))
    return [*analyser.analyze(UNSPACED.sub(" ", text)), *pairs(runs)]


def _sample(text: str) -> str:
    if len(text) <= SAMPLES * SAMPLE_CHARS:
        return text
    step = (len(text) - SAMPLE_CHARS) // (SAMPLES - 1)
    return " ".join(text[at * step : at * step + SAMPLE_CHARS] for at in range(SAMPLES))


@functools.cache
def _told_by_words() -> frozenset[str]:
    return frozenset((*WITH_STOP_WORDS, *OUR_STOP_WORDS))


@functools.cache
def _analyser(*, stemmed: str = "", stopped: str = "") -> Any:  # noqa: ANN401  # tantivy ships no types
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

    builder = TextAnalyzerBuilder(Tokenizer.simple())
    builder = builder.filter(Filter.remove_long(LONGEST_WORD_BYTES)).filter(Filter.lowercase())
    if stopped in OUR_STOP_WORDS:
        builder = builder.filter(Filter.custom_stopword(OUR_STOP_WORDS[stopped].split()))
    elif stopped:
        builder = builder.filter(Filter.stopword(stopped))
    if stemmed:
        # After the stemmer, which tells endings by their accents.
        builder = builder.filter(Filter.stemmer(stemmed)).filter(Filter.ascii_fold())
    return builder.build()
