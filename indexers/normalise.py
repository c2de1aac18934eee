"""The canonical form of text: made once, when a document is loaded; every offset refers to it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

NORMALISER_VERSION = "2"
"""Part of every document's version: raise it when the same input gives another text."""

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_SPACES = re.compile("[\xa0\u1680\u2000-\u200a\u202f\u205f\u3000\u3164\uffa0]")
_REWRITTEN = re.compile("[\ufb00-\ufb06\uf0b7]")
_REWRITES = {
    "\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl", "\ufb05": "st", "\ufb06": "st",
    "\uf0b7": "\u2022",  # the bullet of the Symbol font, which Word and PDF files carry as a private character
}  # fmt: skip
# Invisible characters can carry instructions that no reader sees. The two joiners are spelling in Arabic and Indic
# scripts and glue in emoji: they stay there, and go everywhere else.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\ufdd0-\ufdef\ufe00-\ufe0d\ufeff\ufff0-\ufffc\ufffe\uffff\ud800-\udfff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
    "|(?<![\u0600-\u109f\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])[\u200c\u200d]"
)
_TRAILING_BLANKS = re.compile("(?<![ \t])[ \t]+$", re.MULTILINE)  # without the look-behind, quadratic in long runs
_MANY_BLANK_LINES = re.compile("\n{4,}")


@dataclass(frozen=True, slots=True)
class Normalised:
    """The canonical text, and how many invisible or broken characters were taken out to get it."""

    text: str
    removed: int


def normalise(text: str) -> Normalised:
    r"""Bring text into the one form that is stored, searched and cited; doing it twice changes nothing.

    NFC; every line end is ``\n``; every kind of space is U+0020 and tabs stay (code needs them); ligatures are spelt
    out; soft hyphens, zero-width and bidi characters, tags, control characters and lone surrogates are removed and
    counted; lines lose their trailing blanks, and more than two blank lines become one. A hyphen at the end of a
    line stays: whether it belongs to the word cannot be known.
    """
    text = _LINE_ENDS.sub("\n", text)
    if not text.isascii():
        text = _SPACES.sub(" ", text)
        text = _REWRITTEN.sub(lambda match: _REWRITES[match[0]], text)
    text, removed = _INVISIBLE.subn("", text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    text = _TRAILING_BLANKS.sub("", text)
    return Normalised(_MANY_BLANK_LINES.sub("\n\n", text), removed)
