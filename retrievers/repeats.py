"""Whether one chunk repeats another: the same text, the same passage of a near-duplicate, or of another version."""

from __future__ import annotations

import functools
import itertools
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Literal

from indexers.duplicates import ALIKE_FROM, CANDIDATE_HASHES, SHINGLE_WORDS, likeness
from retrievers.versions import marks_in, name_of, newer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from indexers.chunk import Chunk
    from indexers.duplicates import Sketch
    from indexers.store import DocumentEntry, Snapshot
    from retrievers.hit import Repetition

Age = Literal["newer", "older"]

CONTAINED_SHARE = 0.8
"""A passage repeats another where this share of its runs of words stands there, and no word that does not."""

NEARLY_SHARE = 0.5
"""A passage nearly repeats another where this share of its runs stands there."""

VERSION_SHARE = 0.5
"""Of two versions of a document, passages that have this share of the shorter one's runs are the same passage."""

KEPT_SKETCHES, KEPT_PAIRS, KEPT_RUNS = 4096, 65_536, 512
"""Of documents (1 kB each), of pairs of them, and of chunks (about 15 kB each): what the latest searches needed."""

_WORD = re.compile(r"\w+")


class Repeats:
    """What is repeated among the chunks of one generation. Keeps some of what it has read; threads may share it."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._sketch = functools.lru_cache(KEPT_SKETCHES)(self._read_sketch)
        self._alike = functools.lru_cache(KEPT_PAIRS)(self._compare)
        self._runs = functools.lru_cache(KEPT_RUNS)(self._read_runs)

    def version(self, chunk: Chunk, other: Chunk, question: str) -> Age | None:
        """Whether ``chunk`` is the same passage as ``other`` in a newer or an older version of the document.

        None where it is not, where it cannot be told which is newer, and where the question names the older one.
        """
        entries = self._near(chunk, other)
        is_newer = newer(*entries) if entries else None
        if entries is None or is_newer is None or self._names_older(entries, question):
            return None
        if max(self._share(chunk, other), self._share(other, chunk)) < VERSION_SHARE:
            return None
        return "newer" if is_newer else "older"

    def repeat(self, chunk: Chunk, other: Chunk, question: str) -> Repetition | None:
        """How ``chunk`` repeats ``other``: "same text" or "same passage"; None where it says something of its own."""
        entries = self._near(chunk, other)
        if entries is not None and newer(*entries) is not None and self._names_older(entries, question):
            return None
        if self._same_text(chunk, other):
            return "same text"
        return "same passage" if entries is not None and self._adds_nothing(chunk, other) else None

    def nearly(self, chunk: Chunk, other: Chunk) -> bool:
        """Whether the other, of the same document or of a near-duplicate, says half of what ``chunk`` says."""
        return self.alike(chunk.document_id, other.document_id) and self._share(chunk, other) >= NEARLY_SHARE

    def alike(self, one: str, other: str) -> bool:
        """Whether two documents, or a document and itself, say nearly the same."""
        return one == other or self._alike(*sorted((one, other)))

    def head(self, document_id: str) -> tuple[int, ...]:
        """Hashes of which near-duplicates have some in common; none for a document of which nothing is known."""
        sketch = self._sketch(document_id)
        if sketch is None:
            return ()
        return (int.from_bytes(sketch.text_hash, "little"), *sketch.least[:CANDIDATE_HASHES].tolist())

    def versions(self, document_ids: Iterable[str]) -> dict[str, set[str]]:
        """Of those documents that are versions of others among them: which."""
        series: defaultdict[str, list[str]] = defaultdict(list)
        for document_id in document_ids:
            series[name_of(self._snapshot.entry(document_id).uri).series].append(document_id)
        found: defaultdict[str, set[str]] = defaultdict(set)
        for members in series.values():
            for one, other in itertools.combinations(members, 2):
                if self.alike(one, other):
                    found[one].add(other)
                    found[other].add(one)
        return dict(found)

    def _near(self, chunk: Chunk, other: Chunk) -> tuple[DocumentEntry, DocumentEntry] | None:
        """The chunks' documents where they are two that say nearly the same."""
        if chunk.document_id == other.document_id or not self.alike(chunk.document_id, other.document_id):
            return None
        return self._snapshot.entry(chunk.document_id), self._snapshot.entry(other.document_id)

    def _names_older(self, entries: tuple[DocumentEntry, DocumentEntry], question: str) -> bool:
        older = entries[1] if newer(*entries) else entries[0]
        return bool(name_of(older.uri).said & marks_in(question))

    def _compare(self, one: str, other: str) -> bool:
        mine, its = self._sketch(one), self._sketch(other)
        return mine is not None and its is not None and _alike(mine, its)

    def _read_sketch(self, document_id: str) -> Sketch | None:
        return self._snapshot.sketches([document_id]).get(document_id)

    def _same_text(self, chunk: Chunk, other: Chunk) -> bool:
        return _size(chunk) == _size(other) and self._text(chunk) == self._text(other)  # most without reading either

    def _adds_nothing(self, chunk: Chunk, other: Chunk) -> bool:
        if self._share(chunk, other) < CONTAINED_SHARE:
            return False
        return set(_words(self._text(chunk))) <= set(_words(self._text(other)))

    def _share(self, chunk: Chunk, other: Chunk) -> float:
        """The share of the runs of ``chunk`` that are also runs of the other."""
        runs = self._runs(chunk)
        return len(runs & self._runs(other)) / len(runs) if runs else 0.0

    def _read_runs(self, chunk: Chunk) -> frozenset[int]:
        """Hashes of the chunk's runs of words."""
        words = _words(self._text(chunk))
        length = min(SHINGLE_WORDS, len(words))
        places = range(len(words) - length + 1) if words else ()
        return frozenset(hash(tuple(words[place : place + length])) for place in places)

    def _text(self, chunk: Chunk) -> str:
        return self._snapshot.document(chunk.document_id, version=chunk.version).text[chunk.start : chunk.end]


class Seen:
    """Chunks by what a repeat of them has in common, so that each new one is held against few of them."""

    def __init__(self, known: Repeats) -> None:
        self._known = known
        self._by_size: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        self._by_document: dict[str, list[int]] = {}
        self._by_hash: defaultdict[int, list[str]] = defaultdict(list)
        self._alike: dict[str, set[str]] = {}

    def add(self, chunk: Chunk, place: int) -> None:
        """Remember a chunk under its place."""
        self._by_size[_size(chunk)].append(place)
        if chunk.document_id not in self._by_document:
            near = self._near(chunk.document_id)
            self._by_document[chunk.document_id], self._alike[chunk.document_id] = [], near
            for each in near:
                self._alike[each].add(chunk.document_id)
            for one in self._known.head(chunk.document_id):
                self._by_hash[one].append(chunk.document_id)
        self._by_document[chunk.document_id].append(place)

    def near(self, chunk: Chunk) -> list[int]:
        """The places of those that the chunk may repeat, ascending."""
        documents = (chunk.document_id, *self._near(chunk.document_id))
        places = {place for each in documents for place in self._by_document.get(each, ())}
        return sorted(places.union(self._by_size.get(_size(chunk), ())))

    def _near(self, document_id: str) -> set[str]:
        """The remembered documents that are near-duplicates of this one."""
        if document_id in self._alike:
            return self._alike[document_id]
        sharing = {each for one in self._known.head(document_id) for each in self._by_hash.get(one, ())}
        return {each for each in sharing if self._known.alike(document_id, each)}


def _size(chunk: Chunk) -> tuple[int, int]:
    return chunk.end - chunk.start, chunk.tokens


def _alike(one: Sketch, other: Sketch) -> bool:
    if one.text_hash == other.text_hash:
        return True
    heads = (set(sketch.least[:CANDIDATE_HASHES].tolist()) for sketch in (one, other))
    return not set.isdisjoint(*heads) and likeness(one.least, other.least) >= ALIKE_FROM


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
