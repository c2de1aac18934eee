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

_NEGATIONS = frozenset(
    {
        *("not", "no", "never", "none", "nor", "neither", "cannot", "without", "nobody", "nothing", "unable"),
        *("can't", "won't", "don't", "doesn't", "didn't", "isn't", "aren't", "wasn't", "weren't"),
        *("hasn't", "haven't", "shouldn't", "mustn't"),
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
    said = set(content_stems(claim))
    if len(said) < 2:
        return
    nearest = max(_sentences(evidence), key=lambda sentence: len(said & set(content_stems(sentence))) / len(said))
    held = set(content_stems(nearest))
    if len(said & held) / len(said) < ALIGNED_FROM:
        return
    here, there = set(words(claim)), set(words(nearest))
    # A long sentence may negate something else than the claim speaks of: then the evidence's negation does not count.
    comparable = bool(here & _NEGATIONS) or len(held) <= 1.6 * len(said)
    if comparable and bool(here & _NEGATIONS) != bool(there & _NEGATIONS):
        yield "negation is turned round"
    here_stems, there_stems = {stem(word) for word in here}, {stem(word) for word in there}
    for one, other in _OPPOSITES:
        for mine, theirs in ((one, other), (other, one)):
            if mine in here_stems and theirs in there_stems and mine not in there_stems and theirs not in here_stems:
                yield f"says {mine!r} where the evidence says {theirs!r}"


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
