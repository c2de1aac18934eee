"""Exact o200k_base token counts, from the vocabulary that ships with the project."""

from __future__ import annotations

import binascii
import functools
import hashlib
import re
from importlib import resources
from typing import TYPE_CHECKING

from indexers.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import tiktoken

VOCABULARY = "o200k_base.tiktoken"
VOCABULARY_SHA256 = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"
VOCABULARY_TOKENS = 199_998
SPECIAL_TOKENS = {"<|endoftext|>": 199_999, "<|endofprompt|>": 200_018}
PATTERN = "|".join((
    r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?""",
    r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?""",
    r"""\p{N}{1,3}""",
    r""" ?[^\s\p{L}\p{N}]+[\r\n/]*""",
    r"""\s*[\r\n]+""",
    r"""\s+(?!\S)""",
    r"""\s+""",
))  # fmt: skip

RUN_CHARS = 500
"""A run longer than this of blanks, or of one character, is counted in pieces."""

_RUN = re.compile(rf"\s{{{RUN_CHARS},}}|(\S)\1{{{RUN_CHARS - 1},}}")


class VocabularyDamaged(SettingsError):
    """The shipped vocabulary file is missing or not the expected one."""

    hint = "Install the project again: indexers/data/o200k_base.tiktoken is part of it."


@functools.lru_cache(maxsize=1)
def _encoding() -> tiktoken.Encoding:
    import tiktoken  # 50 ms, and only counting needs it

    try:
        content = resources.files("indexers").joinpath("data", VOCABULARY).read_bytes()
    except OSError as error:
        raise VocabularyDamaged(f"{VOCABULARY} cannot be read: {error}") from error
    if hashlib.sha256(content).hexdigest() != VOCABULARY_SHA256:
        raise VocabularyDamaged(f"{VOCABULARY} does not have the expected sha256")
    words = content.split()  # of a file whose digest is right; no loop in Python, which takes three times as long
    ranks = dict(zip(map(binascii.a2b_base64, words[::2]), map(int, words[1::2]), strict=True))
    return tiktoken.Encoding("o200k_base", pat_str=PATTERN, mergeable_ranks=ranks, special_tokens=SPECIAL_TOKENS)


def count_tokens(text: str) -> int:
    """The number of o200k_base tokens of ``text``, special tokens taken as plain text.

    Exact, but for runs of over 500 blanks or equal characters: those overflow the tokenizer's stack when they are a
    million long, so they are cut and counted in pieces, which never counts fewer than a token for each piece.

    Source: tiktoken, https://github.com/openai/tiktoken.
    """
    encoding = _encoding()
    return sum(len(encoding.encode(part, disallowed_special=())) for part in _without_long_runs(text))


def count_lines(lines: Sequence[str]) -> list[int]:
    """For each line the tokens that it and a line break after it add to a text of such lines, by one pass over all.

    They add up to the text's count where every line begins with a letter, a digit, a bracket or one blank: the
    vocabulary's pattern then lets no token reach over a line break.

    Args:
        lines: Without line breaks, not blank.
    """
    text = "".join(f"{line}\n" for line in lines)
    if _RUN.search(text):
        return [count_tokens(f"{line}\n") for line in lines]
    encoding = _encoding()
    encoded = encoding.encode(text, disallowed_special=())
    ends = {token for token in set(encoded) if b"\n" in encoding.decode_single_token_bytes(token)}
    counts: list[int] = []
    begun = 0
    for at, token in enumerate(encoded, start=1):
        if token in ends:
            counts.append(at - begun)
            begun = at
    return counts if len(counts) == len(lines) else [count_tokens(f"{line}\n") for line in lines]


def rarest_rank(word: str) -> int:
    """How rare a word is: the highest rank among its tokens, 0 the commonest of all; a word in pieces is the rarest.

    The vocabulary was made by joining what stands together most often first, in much text of many kinds.
    """
    tokens = _encoding().encode(f" {word}", disallowed_special=())
    return VOCABULARY_TOKENS if len(tokens) > 1 and not word.isdigit() else max(tokens, default=0)


def _without_long_runs(text: str) -> list[str]:
    parts: list[str] = []
    position = 0
    for run in _RUN.finditer(text):
        parts.append(text[position : run.start()])
        parts.extend(text[at : min(at + RUN_CHARS, run.end())] for at in range(run.start(), run.end(), RUN_CHARS))
        position = run.end()
    parts.append(text[position:])
    return [part for part in parts if part]
