"""The words, numbers and signs of a sentence, each with the key by which two are taken to say the same."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.quantities import NUMBER_WORDS
from rag.words import STOP_WORDS, stem

LONGEST_TOKENS = 160
"""Of a longer sentence only this much is compared, since comparing costs the product of both lengths."""

_TOKEN = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+(?:['\u2019.&][^\W\d_]+)*|[$€£¥%]")
_NOT = re.compile(r"(?:n't|n not|can ?not)\b")
_IRREGULAR = {"can": "can", "wo": "will", "sha": "shall", "ai": "is"}


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number or sign: as written, and the key by which two are taken to say the same."""

    text: str
    key: str

    @property
    def is_number(self) -> bool:
        """Whether it is a number, in digits or as a word."""
        return self.key[0].isdigit()

    @property
    def is_name(self) -> bool:
        """Whether it begins with a capital letter."""
        return self.text[0].isupper()

    @property
    def carries(self) -> bool:
        """Whether it carries a meaning of its own."""
        return self.text.lower() not in STOP_WORDS


def tokens_of(text: str) -> tuple[Token, ...]:
    """The words, numbers and signs of ``text`` in order; "isn't" gives two, 1,270 and "twelve" the keys 1270 and 12."""
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        written = match.group().replace("\u2019", "'")
        low = written.lower()
        if low == "cannot" or low.endswith("n't"):
            verb = "can" if low in {"cannot", "can't"} else low[:-3]
            verb = _IRREGULAR.get(verb, verb)
            tokens += [Token(verb, verb)] if verb else []
            tokens.append(Token("not", "not"))
        else:
            tokens.append(Token(written, _key(low.removesuffix("'s"))))
        if len(tokens) >= LONGEST_TOKENS:
            break
    return tuple(tokens)


def _key(word: str) -> str:
    if word[0].isdigit():
        plain = word.replace(",", "")
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    return NUMBER_WORDS.get(word) or stem(word)
