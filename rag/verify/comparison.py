"""A claim beside the sentences of the evidence that are nearest to it, and what differs between them word by word."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from rag.verify.evidence import Evidence, Sentence
from rag.verify.tokens import Token
from rag.words import content_stems

NEAR_COPY = 0.6
"""Of so many words in the same order a claim is taken for a copy of a sentence with something changed."""

ON_TOPIC = 0.5
"""A claim that shares less of its content with the nearest sentences speaks of something else."""

LONGEST_CHANGE = 5
"""Where more words differ than these, one does not stand for the other."""

NEAREST = 3
"""So many sentences are looked at: a claim may be made of two, and what one of them says is said."""


@dataclass(frozen=True, slots=True)
class Change:
    """What the claim says where its counterpart says something else; one of the two is empty where nothing stands.

    ``before`` and ``after`` are the words of both around it, "" at an end of either.
    """

    mine: tuple[Token, ...]
    theirs: tuple[Token, ...]
    before: str
    after: str

    @property
    def framed(self) -> bool:
        """Whether it is short and both say the same around it, or on one side: what stands in it answers each other."""
        return bool(self.before or self.after) and max(len(self.mine), len(self.theirs)) <= LONGEST_CHANGE


@dataclass(frozen=True, slots=True)
class Counterpart:
    """A sentence near the claim.

    Attributes:
        share: How much of the claim's words stands in it in the same order, 0 to 1.
        changes: What does not, in the claim's order.
    """

    sentence: Sentence
    tokens: tuple[Token, ...]
    share: float
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Comparison:
    """A claim with its evidence, and what the checks ask of both; made once a pair."""

    claim: Sentence
    evidence: Evidence

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """Of the claim."""
        return self.claim.tokens

    @cached_property
    def nearest(self) -> tuple[Counterpart, ...]:
        """The sentences that share most content with the claim, the nearest first; two words at least."""
        said = self.claim.stem_set
        least = min(2, max(1, len(said) - 1))
        order = sorted(
            (
                (len(shared), len(shared) / (len(sentence.stem_set) + 1), -at)
                for at, sentence in enumerate(self.evidence.sentences)
                if len(shared := said & sentence.stem_set) >= least
            ),
            reverse=True,
        )
        found = [_counterpart(self.tokens, self.evidence.sentences[-at]) for _, _, at in order[:NEAREST]]
        return tuple(sorted(found, key=lambda one: -one.share))

    @cached_property
    def content_share(self) -> float:
        """The share of the claim's content stems that the nearest sentences hold together."""
        held = frozenset[str]().union(*(one.sentence.stem_set for one in self.nearest))
        return len(self.claim.stem_set & held) / max(len(self.claim.stem_set), 1)

    def on_topic(self, *, but: str) -> bool:
        """Whether the nearest sentences hold enough of the claim's content, what ``but`` says of it left out."""
        said = self.claim.stem_set - set(content_stems(but))
        held = frozenset[str]().union(*(one.sentence.stem_set for one in self.nearest))
        return bool(said) and len(said & held) >= ON_TOPIC * len(said)

    @property
    def follows(self) -> bool:
        """Whether the claim is a copy of one sentence with something changed."""
        return bool(self.nearest) and self.nearest[0].share >= NEAR_COPY

    def changes(self, *, least_share: float) -> Iterator[tuple[Change, Counterpart]]:
        """What differs from counterparts of which at least this share of the claim is a copy, and none of them says."""
        for one in self.nearest:
            if one.share >= least_share:
                for change in one.changes:
                    if not self._said_elsewhere(change, one):
                        yield change, one

    def _said_elsewhere(self, change: Change, but: Counterpart) -> bool:
        """Whether another near sentence says what the claim says, after or before the same word."""
        keys = [token.key for token in change.mine]
        framed = [part for part in ([change.before, *keys], [*keys, change.after]) if "" not in part]
        others = ([token.key for token in one.tokens] for one in self.nearest if one is not but)
        return any(_follows(part, other) for other in others for part in framed) if keys else False


def _counterpart(mine: Sequence[Token], sentence: Sentence) -> Counterpart:
    theirs = sentence.tokens
    # Numbers are matched beside other words alone: "310 people, 1,270 more" must not be aligned by its numbers.
    numbers = {token.key for token in theirs if token.is_number}
    keys = [token.key for token in mine], [token.key for token in theirs]
    matcher = difflib.SequenceMatcher(numbers.__contains__, *keys, autojunk=False)
    codes = matcher.get_opcodes()
    same = sum(end - start for tag, start, end, _, _ in codes if tag == "equal")
    changes = []
    for tag, a, b, c, d in codes:
        if tag != "equal":
            before = mine[a - 1].key if a and c else ""
            after = mine[b].key if b < len(mine) and d < len(theirs) else ""
            first, last = _facing(c, d, b - a, starts=a == 0, ends=b == len(mine))
            changes.append(Change(tuple(mine[a:b]), theirs[first:last], before, after))
    return Counterpart(sentence, theirs, same / max(len(mine), 1), tuple(changes))


def _facing(start: int, end: int, length: int, *, starts: bool, ends: bool) -> tuple[int, int]:
    """What of the counterpart's side stands over against a change at an end of the claim: the claim may be shorter."""
    if starts and not ends:
        return max(start, end - length), end
    return start, min(end, start + length) if ends and not starts else end


def _follows(part: Sequence[str], whole: Sequence[str]) -> bool:
    """Whether ``part`` stands in ``whole`` as it is."""
    first, length = part[0], len(part)
    return any(key == first and list(whole[at : at + length]) == list(part) for at, key in enumerate(whole))
