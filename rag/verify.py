"""The first verifier: hard checks that are nearly never wrong, then how much of the claim's content the evidence holds.

It judges support by the texts shown, not truth; it has no model, and two texts that say the same in other words look
unlike each other to it. What a hard check finds (a number, date, name or quotation that the evidence lacks, a negation
turned round) caps the score, however well the rest matches.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from indexers.sentences import sentence_spans
from rag.answer import Verdict
from rag.quantities import missing_numbers, without_quantities
from rag.words import WORD, content_stems, names_in, stem, words

HARD_CAP = 0.2
"""The most that a claim scores in which a hard check found something."""

ALIGNED_FROM = 0.6
"""Content shared with one sentence of the evidence from which the two are taken to speak of the same thing."""

WINDOW_SENTENCES = 3

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
_QUOTED = re.compile(r"[\"\u201c]([^\"\u201c\u201d]{3,})[\"\u201d]")
_IDENTIFIER = re.compile(r"\b(?=\w*\d)(?=\w*[A-Za-z])[A-Za-z0-9][\w\-/.]*\w\b")
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th|k|m|bn|b|s)", re.IGNORECASE)


class LexicalVerifier:
    """Labels by the share of content borne out: ``supported_from`` and ``partial_from`` are the borders."""

    def __init__(self, *, supported_from: float = 0.7, partial_from: float = 0.5) -> None:
        self._supported_from = supported_from
        self._partial_from = partial_from

    def verify(self, claim: str, evidence: Sequence[str]) -> Verdict:
        """A verdict with the reasons that decided it, the gravest first."""
        if not any(text.strip() for text in evidence):
            return Verdict(label="unsupported", score=0.0, reasons=("cites no evidence",))
        if _folded(claim) and any(_is_within(claim, text) for text in evidence):
            return Verdict(label="supported", score=1.0, reasons=("verbatim in the evidence",))
        coverage = _coverage(claim, evidence)
        lacking = tuple(_lacking(claim, evidence))
        turned = tuple(_turned(claim, evidence))
        if turned or lacking:
            same_matter = coverage >= self._partial_from
            label = "contradicted" if turned or (same_matter and lacking[0].startswith("number")) else "unsupported"
            return Verdict(label=label, score=min(coverage, HARD_CAP), reasons=turned + lacking)  # type: ignore[arg-type]  # mypy widens the two literals to str
        if coverage >= self._supported_from:
            return Verdict(label="supported", score=coverage)
        reason = f"{coverage:.0%} of its content is in the evidence"
        if coverage >= self._partial_from:
            return Verdict(label="partial", score=coverage, reasons=(reason,))
        return Verdict(label="unsupported", score=coverage, reasons=(reason,))


def _lacking(claim: str, evidence: Sequence[str]) -> Iterator[str]:
    """What the claim states and the evidence lacks: numbers, then quotations, identifiers and names."""
    joined = " ".join(evidence)
    for written in missing_numbers(claim, evidence):
        yield f"number {written!r} is not in the evidence"
    folded, spoken = _folded(joined), " ".join(words(joined))
    for quoted in _QUOTED.findall(claim):
        if " ".join(words(quoted)) not in spoken:
            yield f"quotation {quoted!r} is not in the evidence"
    held = set(words(joined))
    for identifier in _IDENTIFIER.findall(claim):
        if identifier.lower() not in held and not _ORDINAL.fullmatch(identifier) and _folded(identifier) not in folded:
            yield f"identifier {identifier!r} is not in the evidence"
    stems = set(content_stems(joined))
    for name in names_in(claim):
        if stem(name.lower()) not in stems and name.lower() not in folded and not _abbreviates(name, joined):
            yield f"name {name!r} is not in the evidence"


def _abbreviates(name: str, text: str) -> bool:
    """Whether ``name`` is made of the first letters of words that follow each other in ``text``."""
    if not name.isupper() or len(name) < 2:
        return False
    initials = "".join(word[0] for word in words(text) if word not in {"of", "and", "the", "for"})
    return name.lower() in initials


def _turned(claim: str, evidence: Sequence[str]) -> Iterator[str]:
    """Negations and opposites between the claim and the one sentence of the evidence nearest to it."""
    sentences = _sentences(evidence)
    known = frozenset(words(claim)).union(*(words(sentence) for sentence in sentences))
    here = _tokens(claim, known)
    said = _content(here)
    if len(said) < 2:
        return
    there = max((_tokens(sentence, known) for sentence in sentences), key=lambda tokens: len(said & _content(tokens)))
    shared = said & _content(there)
    if len(shared) / len(said) < ALIGNED_FROM:
        return
    if _negation_differs(here, there, shared):
        yield "negation is turned round"
    here_stems, there_stems = {stem(word) for word in here}, {stem(word) for word in there}
    for one, other in _OPPOSITES:
        for mine_says, theirs_says in ((one, other), (other, one)):
            if (mine_says in here_stems and theirs_says in there_stems) and not (
                mine_says in there_stems or theirs_says in here_stems
            ):
                yield f"says {mine_says!r} where the evidence says {theirs_says!r}"


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


def _coverage(claim: str, evidence: Sequence[str]) -> float:
    """The share of the claim's content words in the evidence: mean of all of it and of its best three sentences.

    Numbers and dates are not counted: they have been checked as values.
    """
    joined = " ".join(evidence)
    capitals = {match.group() for match in WORD.finditer(claim) if match.group().isupper()}
    expanded = {stem(name.lower()) for name in capitals if _abbreviates(name, joined)}
    said = [word for word in content_stems(without_quantities(claim)) if word not in expanded]
    if not said:
        return 1.0 if content_stems(claim) else 0.0
    sentences = [set(content_stems(sentence)) for sentence in _sentences(evidence)]
    everything = set().union(*sentences)
    windows = [set().union(*sentences[at : at + WINDOW_SENTENCES]) for at in range(len(sentences))]
    best = max(sum(word in window for word in said) for window in windows)
    return (0.5 * best + 0.5 * sum(word in everything for word in said)) / len(said)


def _sentences(evidence: Sequence[str]) -> list[str]:
    return [text[start:end] for text in evidence for start, end in sentence_spans(text)] or [""]


def _is_within(claim: str, text: str) -> bool:
    folded, within = _folded(claim).rstrip(" .!;,"), _folded(text)
    return bool(re.search(rf"(?<!\w){re.escape(folded)}(?!\w)", within)) and _is_whole(folded, within)


def _is_whole(folded: str, within: str) -> bool:
    """Whether ``folded`` is a sentence of ``within``: a clause alone may say the opposite of its sentence."""
    return any(_folded(within[a:b]).rstrip(" .!;,") == folded for a, b in sentence_spans(within)) or folded == (
        within.rstrip(" .!;,")
    )


def _folded(text: str) -> str:
    straight = text.replace("\u2019", "'").replace("\u2018", "'").replace("\u201c", '"').replace("\u201d", '"')
    return " ".join(straight.casefold().split())
