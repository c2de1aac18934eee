"""Negations and opposites between a claim and the sentence of the evidence that is nearest to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.verify.evidence import Evidence, Sentence
from rag.verify.verdict import Reason
from rag.words import WORD, content_stems, stem, words

ALIGNED_FROM = 0.6
"""Content shared with one sentence of the evidence from which the two are taken to speak of the same thing."""

_SCOPE_WORDS = {"no": 3, "without": 2, "non": 1}
_SCOPE_WORDS_ELSE = 4
"""How many words after a negation it is taken to turn, within its clause."""

_NEGATIONS = frozenset(
    {
        *("not", "no", "never", "none", "nor", "neither", "non", "cannot", "without", "nobody", "nothing", "unable"),
        *("can't", "won't", "don't", "doesn't", "didn't", "isn't", "aren't", "wasn't", "weren't"),
        *("hasn't", "haven't", "shouldn't", "mustn't", "couldn't", "wouldn't", "hadn't", "needn't"),
    }
)
_OPPOSITES = (
    ("increas", "decreas"), ("rise", "fall"), ("rose", "fell"), ("more", "less"), ("higher", "lower"), ("befor", "aft"),
    ("minimum", "maximum"), ("least", "most"), ("includ", "exclud"), ("allow", "prohibit"), ("allow", "forbidden"),
    ("permitt", "prohibit"), ("permit", "prohibit"), ("accept", "reject"), ("paid", "unpaid"),
    ("mandatory", "optional"),
    ("requir", "optional"), ("internal", "external"), ("gain", "loss"), ("profit", "loss"), ("buy", "sell"),
    ("first", "last"), ("always", "never"), ("all", "none"),
)  # fmt: skip
_HALF_NEGATIONS = frozenset({"only", "just", "merely", "later", "more", "less", "fewer", "earlier", "longer"})
"""After a negation these take all of it: "not only", "no later than"."""

_NEXT_VERB = frozenset({"is", "are", "was", "were", "may", "must", "will", "can", "shall", "has", "have"})
"""After the negated word these begin what is said of it: "those not trained are allowed"."""

_TOKEN = re.compile(rf"{WORD.pattern}|[,;:.()\u2013\u2014]")


def check(claim: Sentence, evidence: Evidence) -> Iterator[Reason]:
    """A reason where a word that both share is negated in one alone, and for every pair of opposites."""
    if evidence.blank:
        return
    known = frozenset(claim.words).union(*(sentence.words for sentence in evidence.sentences))
    here = _tokens(claim.text, known)
    said = _content(here)
    if len(said) < 2:
        return
    nearby = (_tokens(sentence.text, known) for sentence in evidence.sentences)
    there = max(nearby, key=lambda tokens: len(said & _content(tokens)))
    shared = said & _content(there)
    if len(shared) / len(said) < ALIGNED_FROM:
        return
    if _negation_differs(here, there, shared):
        yield Reason("negation", "negation is turned round", "contradicts")
    yield from _opposites({stem(word) for word in here}, {stem(word) for word in there})


def _opposites(here: set[str], there: set[str]) -> Iterator[Reason]:
    for one, other in _OPPOSITES:
        for mine, theirs in ((one, other), (other, one)):
            if (mine in here and theirs in there) and not (mine in there or theirs in here):
                yield Reason("opposite", f"says {mine!r} where the evidence says {theirs!r}", "contradicts")


def _tokens(text: str, known: frozenset[str]) -> list[str]:
    """Words and the marks that end a clause; "unpaid" is "non" and "paid" where that is a word of the other text."""
    tokens: list[str] = []
    for match in _TOKEN.finditer(text.replace("\u2019", "'")):
        said = match.group().lower()
        bare = next((said.removeprefix(start) for start in ("non-", "non", "un") if said.startswith(start)), "")
        if said.startswith("non-") or (len(bare) > 3 and bare in known and said not in {"unless", "until"}):
            tokens += ["non", *words(bare)]
        else:
            tokens += words(said) or [said]
    return tokens


def _content(tokens: Sequence[str]) -> frozenset[str]:
    return frozenset(found for word in tokens if word not in _NEGATIONS for found in content_stems(word))


def _negation_differs(here: Sequence[str], there: Sequence[str], shared: frozenset[str]) -> bool:
    """Whether a word of both is negated in one alone.

    Where both negate something, only the word next after a negation counts: "not allowed in the depot, in vehicles"
    and "not allowed in vehicles" agree.
    """
    negates_here, negates_there = bool(_NEGATIONS & set(here)), bool(_NEGATIONS & set(there))
    if negates_here and not negates_there:
        return True
    mine, my_heads = _negated(here)
    theirs, their_heads = _negated(there)
    if not negates_here:
        return bool(shared & theirs)
    return bool(shared & ((my_heads - theirs) | (their_heads - mine)))


def _negated(tokens: Sequence[str]) -> tuple[set[str], set[str]]:
    """The content stems that stand shortly after a negation wherever they stand, and those next after one."""
    negated: set[str] = set()
    heads: set[str] = set()
    plain: set[str] = set()
    scope, head_found = 0, True
    for word, after in zip(tokens, [*tokens[1:], ""], strict=True):
        if not word[0].isalnum() or word == "but" or (head_found and word in _NEXT_VERB):
            scope = 0
        elif word in _NEGATIONS:
            scope = 0 if after in _HALF_NEGATIONS else _SCOPE_WORDS.get(word, _SCOPE_WORDS_ELSE)
            head_found = False
        elif scope == 0:
            plain.update(content_stems(word))
        else:
            stems = content_stems(word)
            negated.update(stems)
            heads.update(() if head_found else stems)
            head_found, scope = head_found or bool(stems), scope - 1
    return negated - plain, heads - plain
