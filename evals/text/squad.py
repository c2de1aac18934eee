"""The words of an answer as SQuAD's evaluation counts them, so that figures can be held beside published ones."""

from __future__ import annotations

import re
import string

from evals.text.wording import without_marks

_ARTICLE = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def squad_tokens(text: str) -> list[str]:
    """Lower case, without ASCII punctuation and articles, split at white space; citation marks are taken out before.

    Source: ``normalize_answer`` of SQuAD's evaluation script 1.1, Rajpurkar et al., EMNLP 2016, arXiv:1606.05250.
    """
    return _ARTICLE.sub(" ", without_marks(text).lower().translate(_PUNCTUATION)).split()
