"""The names by which a question may call a document: words of its title and path, run together, years and quarters."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from indexers.context import is_opaque
from retrievers.lexical.language import UNSPACED, pairs
from retrievers.terms import MAX_QUERY_CHARS, STOP_WORDS, searchable

JOINED = "+"
"""Stands before words of a document's name that were run together: only a question's word finds them, no pair of it."""

LONGEST_RUN = 3
MAX_NAME_CHARS = 1000
OPENING_CHARS = 500
"""Of a document whose title and file name say nothing, its first characters are its name."""

_WORD = re.compile("[^\\W_]+(?:[-./:&'\u2019\u2010\u2011]{1,2}[^\\W_]+)*")
_POSSESSIVE = re.compile("['\u2019]s$")
_SIGN = re.compile(r"[\W_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_SHORT_YEAR = re.compile("(?:^|[^a-z])fy['\u2019]?(\\d\\d)(?!\\d)")
_QUARTER = re.compile(r"(?:(?<![a-z])q([1-4])(?!\d)|(?<!\d)([1-4])q(?![a-z]))")


def document_names(title: str, uri: str, text: str) -> list[str]:
    """What a document may be called by, each once.

    ``BESTBUY_2019_10K.pdf`` gives ``bestbuy``, ``2019``, ``10k``; ``2023Q2`` besides ``2023`` and ``q2``; a title
    ``Best Buy`` besides ``+bestbuy``. Where neither title nor file name holds a word (``4983.pdf``, a hash), the
    beginning of ``text`` is taken for them.
    """
    path = PurePosixPath(uri)
    folders = [part for part in path.parts[:-1] if not is_opaque(part)]
    own = [part for part in (path.stem, title) if not is_opaque(part)]
    names = [*(own or [text[:OPENING_CHARS]]), *folders]
    found: dict[str, None] = {}
    for name in names:
        spaced = searchable(name[:MAX_NAME_CHARS]).replace("_", " ")
        words = _words(_CAMEL.sub(" ", spaced))
        found |= dict.fromkeys((*words, *_words(spaced), *periods(spaced)))
        found |= dict.fromkeys(JOINED + run for run, _parts in _runs(words))
    return list(found)


def asked_names(question: str) -> dict[str, tuple[str, ...]]:
    """What of a question may be a name, with the words it is made of: ``Best Buy`` gives ``best``, ``bestbuy``...

    A name that a document is found by stands in `document_names` of it.
    """
    question = searchable(question[:MAX_QUERY_CHARS]).replace("_", " ")
    words = _words(question)
    found = dict(_runs(words))
    for word in (*words, *periods(question)):
        if word not in STOP_WORDS:
            found[word] = found[JOINED + word] = (word,)
    return found


def periods(text: str) -> list[str]:
    """The years and quarters in a text: ``FY18`` and ``2018`` give ``2018``; ``2Q`` and ``Q2`` give ``q2``."""
    text = text.casefold()
    quarters = [f"q{first or second}" for first, second in _QUARTER.findall(text)]
    return [*_YEAR.findall(text), *(f"20{digits}" for digits in _SHORT_YEAR.findall(text)), *quarters]


def is_year(name: str) -> bool:
    """Whether a name is a year."""
    return _YEAR.fullmatch(name) is not None


def _words(text: str) -> list[str]:
    """In lower case, without signs inside; the parts of three letters and more of what signs join, too."""
    words: list[str] = []
    for match in _WORD.finditer(UNSPACED.sub(" ", text)):
        word = _POSSESSIVE.sub("", match.group().casefold())
        parts = _SIGN.split(word)
        words.append("".join(parts))
        words.extend(part for part in parts if len(parts) > 1 and len(part) > 2)
    words.extend(pairs(UNSPACED.findall(text)))
    return [word for word in words if len(word) > 1]


def _runs(words: list[str]) -> list[tuple[str, tuple[str, ...]]]:
    """Two and three neighbouring words as one, and which they were; a function word at neither end."""
    spans = [tuple(words[at : at + length]) for length in range(2, LONGEST_RUN + 1) for at in range(len(words))]
    whole = [span for span in spans if len(span) > 1 and span[0] not in STOP_WORDS and span[-1] not in STOP_WORDS]
    return [("".join(span), span) for span in whole]
