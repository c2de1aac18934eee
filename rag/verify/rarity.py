"""How rare a word is in English, by its place in the bundled model's vocabulary: frequent ones come first."""

from __future__ import annotations

import functools
import json
import math

from indexers.minilm import minilm_folder

FIRST_WORD = 1990
"""Places before this hold special pieces, signs and single letters."""

UNLISTED = 1.15
"""Of a word that the vocabulary has not whole; 1 is the last of those that it has."""


@functools.lru_cache(maxsize=65_536)
def rarity(word: str) -> float:
    """0 for the most frequent words of English to 1, or `UNLISTED`; of a word in lower case.

    Source of the idea: Zipf's law: the logarithm of the rank grows as that of the frequency falls.
    """
    place = _places().get(word)
    if place is None:
        return UNLISTED
    return math.log(max(place - FIRST_WORD, 1)) / math.log(len(_places()) - FIRST_WORD)


@functools.lru_cache(maxsize=1)
def _places() -> dict[str, int]:
    content = json.loads((minilm_folder() / "tokenizer.json").read_text(encoding="utf-8"))
    places: dict[str, int] = content["model"]["vocab"]
    return places
