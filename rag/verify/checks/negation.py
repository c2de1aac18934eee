"""Negations that stand in the claim or in the evidence alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.verify.comparison import NEAR_COPY, Change, Comparison
from rag.verify.evidence import Sentence
from rag.verify.verdict import Reason
from rag.words import WORD, content_stems, stem, words

ALIGNED_FROM = 0.6
"""Content shared with one sentence of the evidence from which the two are taken to speak of the same thing."""

_SCOPE_WORDS = {"no": 3, "without": 2, "non": 1}
_SCOPE_WORDS_ELSE = 4
"""How many words after a negation it is taken to turn, within its clause."""

NEGATIONS = frozenset(
    {
        *("not", "no", "never", "none", "nor", "neither", "non", "cannot", "without", "nobody", "nothing", "unable"),
        *("can't", "won't", "don't", "doesn't", "didn't", "isn't", "aren't", "wasn't", "weren't", "can\u2019t"),
        *("hasn't", "haven't", "shouldn't", "mustn't", "couldn't", "wouldn't", "hadn't", "needn't", "untrue", "false"),
    }
)
_AS_GOOD_AS = re.compile(
    r"\b(?:fail|refus|den(?:y|ie)|reject|lack|forb[ai]d|prohibit|bann|prevent|avoid|absen|illegal|impossible|hardly|barely"
    r"|rarely|seldom|except|instead|rather|stop|ceas|no longer|zero|miss|false|myth|doubt|discontinu|exclud|cancel"
    r"|against|oppos|unlike|declin)[a-z]*\b",
    re.IGNORECASE,
)
"""What says no without a negation: where it stands near, a claim may be the same said with one."""

_PREFIXED = re.compile(r"\b(?:un|in|im|ir|il|dis|non)-?(?P<bare>[a-z]{4,})\b", re.IGNORECASE)

_HALF_NEGATIONS = frozenset({"only", "just", "merely", "later", "more", "less", "fewer", "earlier", "longer"})
"""After a negation these take all of it: "not only", "no later than"."""

_NEXT_VERB = frozenset({"is", "are", "was", "were", "may", "must", "will", "can", "shall", "has", "have"})
"""After the negated word these begin what is said of it: "those not trained are allowed"."""

_TOKEN = re.compile(rf"{WORD.pattern}|[,;:.()\u2013\u2014]")
_ANSWERED = re.compile(
    r"^\W*(?:no(?=\s*[,.!;:\u2014-]|\s+(?:i|it|he|she|they|we|you|that|this|there|but|not)\b)"
    r"|nope|yes|yeah|well|oh|actually|not really)\b[\s,.!]+(?:but\s)?",
    re.IGNORECASE,
)
"""What answers and states nothing; the "no" of "No invoices should be sent" states."""

_DENIED = re.compile(
    r"^\W*(?:(?:it|this|that) (?:is|was) (?:not (?:true|the case|correct|so)|(?:false|untrue|wrong|incorrect))"
    r"(?: to say)? that|(?:contrary to the claim|there is no evidence) that|nobody (?:says|said) that)\b",
    re.IGNORECASE,
)
"""What denies the whole of what follows."""


def check(compared: Comparison) -> Iterator[Reason]:
    """A reason where what both speak of is negated in one alone."""
    text = _ANSWERED.sub("", compared.claim.text)
    if compared.nearest and (_is_turned(text, compared) or _is_denied(text, compared) or _is_slipped_in(compared)):
        yield Reason("negation", "negation is turned round", "contradicts")


def _is_turned(text: str, compared: Comparison) -> bool:
    stems = frozenset(content_stems(text)) - NEGATIONS
    nearest = max((one.sentence for one in compared.nearest), key=lambda sentence: len(stems & sentence.stem_set))
    known = frozenset(compared.claim.words).union(nearest.words)
    here, there = _tokens(text, known), _tokens(nearest.text, known)
    said, shared = _content(here), _content(here) & _content(there)
    if len(said) < 2:
        return False
    return len(shared) / len(said) >= ALIGNED_FROM and _negation_differs(here, there, shared)


def _is_denied(text: str, compared: Comparison) -> bool:
    """Whether the claim denies what near sentences say without denying anything, or denies a copy as a whole."""
    denial = _DENIED.match(text)
    if compared.content_share < ALIGNED_FROM:
        return False
    if denial is not None and compared.follows:
        bare = text[denial.end() :]
        return bool(NEGATIONS & set(words(bare))) == bool(NEGATIONS & set(compared.nearest[0].sentence.words))
    negates = denial is not None or bool(_negated(_tokens(text, frozenset()))[1])
    return negates and not any(_says_no(one.sentence, compared.claim) for one in compared.nearest)


def _says_no(sentence: Sentence, claim: Sentence) -> bool:
    """Whether it has a negation, or what is as good as one of the claim's words."""
    if NEGATIONS & set(sentence.words) or _AS_GOOD_AS.search(sentence.text):
        return True
    return any(stem(match["bare"].lower()) in claim.stem_set for match in _PREFIXED.finditer(sentence.text))


def _is_slipped_in(compared: Comparison) -> bool:
    """Whether a copy has a negation more or less between the same words."""
    return any(
        change.before and change.after and _negates(change.mine) != _negates(change.theirs)
        for change, counterpart in compared.changes(least_share=NEAR_COPY)
        if _is_slight(change) and (not change.theirs or counterpart is compared.nearest[0])
    )


def _is_slight(change: Change) -> bool:
    return len(change.mine) + len(change.theirs) <= 2


def _negates(tokens: Sequence[object]) -> bool:
    return any(getattr(token, "key", "") in {"not", "never", "no", "neither", "nor", "non"} for token in tokens)


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
    return frozenset(found for word in tokens if word not in NEGATIONS for found in content_stems(word))


def _negation_differs(here: Sequence[str], there: Sequence[str], shared: frozenset[str]) -> bool:
    """Whether a word of both is negated in one alone.

    Where both negate something, only the word next after a negation counts: "not allowed in the depot, in vehicles"
    and "not allowed in vehicles" agree.
    """
    mine, my_heads, said_both_ways = _negated(here)
    theirs, their_heads, there_both_ways = _negated(there)
    clear = shared - said_both_ways - there_both_ways
    if not NEGATIONS & set(here):
        return bool(clear & theirs)
    if not NEGATIONS & set(there):
        return bool(clear & my_heads)
    return bool(clear & ((my_heads - theirs) | (their_heads - mine)))


def _qualifies(word: str, after: str) -> bool:
    return word.endswith("ly") and after.endswith(("ed", "en", "ing"))


def _is_half(word: str, after: str) -> bool:
    return after in _HALF_NEGATIONS and word != "non" and (word, after) != ("no", "longer")


def _negated(tokens: Sequence[str]) -> tuple[set[str], set[str], set[str]]:
    """The content stems that always stand shortly after a negation, those next after one, and those said both ways."""
    negated: set[str] = set()
    heads: set[str] = set()
    plain: set[str] = set()
    scope, head_found = 0, True
    for word, after in zip(tokens, [*tokens[1:], ""], strict=True):
        if not word[0].isalnum() or word == "but" or (head_found and word in _NEXT_VERB):
            scope = 0
        elif word in NEGATIONS:
            scope = 0 if _is_half(word, after) else _SCOPE_WORDS.get(word, _SCOPE_WORDS_ELSE)
            head_found = False
        elif scope == 0:
            plain.update(content_stems(word))
        else:
            stems = content_stems(word)
            negated.update(stems)
            heads.update(() if head_found else stems)
            # "Not formally approved": what is negated is approved.
            head_found, scope = head_found or (bool(stems) and not _qualifies(word, after)), scope - 1
    return negated - plain, heads - plain, negated & plain
