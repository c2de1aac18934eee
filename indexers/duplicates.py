"""Near-duplicate documents: how alike two texts are, estimated from the least hashes of their shingles.

A text is the set of its runs of five words; two texts are as alike as the share of runs that they have in common
(Jaccard). The k least of the runs' hashes are a uniform sample of the set, and those of two sets together one of their
union: comparing k numbers estimates the share, with a standard error of at most 0.05 at k = 128, and exactly where the
texts have fewer runs than that. Source: Broder, "On the resemblance and containment of documents", 1997.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

SHINGLE_WORDS = 5
SKETCH_HASHES = 128
CANDIDATE_HASHES = 16
"""Two texts are compared when one of these least hashes is among the other's: at a likeness of 0.8 none is shared by
chance in one of 10 ** 10 pairs."""
ALIKE_FROM = 0.8

MOST_OWNERS, MOST_COMPARED = 64, 16
"""Of the texts that have a hash so many are looked at, and of all of those the ones compared with the rarest hashes in
common: a thousand forms filled in by hand are a million pairs. A text's nearest one has hashes of it that few have.
"""

# A letter of a script that is written without spaces is a word of its own.
_WORD = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]|[^\W_]+")
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """What is kept to compare a document: the hash of its text, and the least hashes of its shingles, ascending."""

    uri: str
    text_hash: bytes
    least: NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A document, the one that it is most like, and the share of their texts that is the same: 1.0 is the same text."""

    uri: str
    like: str
    likeness: float
    exact: bool


def sketch_text(uri: str, text: str) -> Sketch:
    """The sketch of one text; one without words has no hashes and is like nothing but the same text."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return Sketch(uri, digest, np.unique(_shingles(text.lower()))[:SKETCH_HASHES])


def _shingles(text: str) -> NDArray[np.uint64]:
    known: dict[str, int] = {}
    words = np.array([known.setdefault(word, len(known)) for word in _WORD.findall(text)], dtype=np.int64)
    if not len(words):
        return np.empty(0, dtype=np.uint64)
    hashed = np.array([_word_hash(word) for word in known], dtype=np.uint64)[words]
    count = max(1, len(hashed) - SHINGLE_WORDS + 1)
    shingles = np.zeros(count, dtype=np.uint64)
    for place in range(min(SHINGLE_WORDS, len(hashed))):
        shingles = shingles * _SPREAD + hashed[place : place + count]
    for shift, factor in zip((30, 27), _MIX, strict=True):  # splitmix64's finisher: every bit moves every other
        shingles = (shingles ^ (shingles >> np.uint64(shift))) * factor
    return shingles ^ (shingles >> np.uint64(31))


def _word_hash(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def likeness(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> float:
    """The estimated share of shingles that two texts have in common, of all that they have; 0 for texts without any."""
    union = np.union1d(one, other)[:SKETCH_HASHES]
    if not len(union):
        return 0.0
    return float(np.isin(union, np.intersect1d(one, other, assume_unique=True), assume_unique=True).mean())


def find_duplicates(sketches: Sequence[Sketch], *, of: Collection[str] | None = None) -> list[Duplicate]:
    """The documents that say nearly what another one says, each once, with the one that it is most like.

    Args:
        sketches: All documents'.
        of: URIs of those that are asked about (the new ones); None for all. One that is asked about is compared with
            those that are not, and with those before it by URI: of two new ones only the later is named.

    Returns:
        By URI; likeness at least 0.8. Where very many are alike, the most like of those that were compared is named.
    """
    ordered = sorted(sketches, key=lambda sketch: sketch.uri)
    asked = [place for place, sketch in enumerate(ordered) if of is None or sketch.uri in of]
    exact: dict[bytes, list[int]] = {}
    for place, sketch in enumerate(ordered):
        exact.setdefault(sketch.text_hash, []).append(place)
    pairs = _Pairs(ordered, frozenset(asked))
    found = []
    for place in asked:
        same = next((other for other in exact[ordered[place].text_hash] if pairs.are_compared(place, other)), None)
        best = (1.0, same) if same is not None else pairs.best(place)
        if best is not None:
            uri, like = ordered[place].uri, ordered[best[1]].uri
            found.append(Duplicate(uri, like, best[0], exact=same is not None))
    return found


class _Pairs:
    """Which documents share some of their least hashes."""

    def __init__(self, ordered: Sequence[Sketch], asked: frozenset[int]) -> None:
        self._ordered = ordered
        self._asked = asked
        self._is_asked = np.array([place in asked for place in range(len(ordered))], dtype=bool)
        heads = [sketch.least[:CANDIDATE_HASHES] for sketch in ordered]
        hashes = np.concatenate([np.empty(0, dtype=np.uint64), *heads])
        owners = np.repeat(np.arange(len(heads)), [len(head) for head in heads])
        order = np.argsort(hashes, kind="stable")
        self._hashes, self._owners = hashes[order], owners[order]

    def are_compared(self, place: int, other: int) -> bool:
        return other != place and (other not in self._asked or other < place)

    def best(self, place: int) -> tuple[float, int] | None:
        """The likeness and the place of the document most like this one; the first of several by URI."""
        head = self._ordered[place].least[:CANDIDATE_HASHES]
        first, last = np.searchsorted(self._hashes, head), np.searchsorted(self._hashes, head, side="right")
        looked_at = np.minimum(last - first, MOST_OWNERS)
        owners = [self._owners[a : a + count] for a, count in zip(first, looked_at, strict=True)]
        sharing, which = np.unique(np.concatenate([self._owners[:0], *owners]), return_inverse=True)
        rarity = np.bincount(which, weights=np.repeat(1.0 / (last - first), looked_at), minlength=len(sharing))
        compared = (sharing != place) & (~self._is_asked[sharing] | (sharing < place))
        nearest = np.argsort(-rarity[compared], kind="stable")[:MOST_COMPARED]
        candidates = (
            (likeness(self._ordered[place].least, self._ordered[other].least), -other)
            for other in sharing[compared][nearest].tolist()
        )
        alike, other = max(candidates, default=(0.0, 0))
        return (alike, -other) if alike >= ALIKE_FROM else None
