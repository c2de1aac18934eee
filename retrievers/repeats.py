"""Whether one chunk repeats another: the same text, the same passage of a near-duplicate, or of another version."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from indexers.duplicates import ALIKE_FROM, CANDIDATE_HASHES, SHINGLE_WORDS, likeness
from retrievers.versions import marks_in, name_of, newer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from indexers.chunk import Chunk
    from indexers.duplicates import Sketch
    from indexers.store import DocumentEntry, Snapshot
    from retrievers.hit import Repetition

Run = tuple[str, ...]
Age = Literal["newer", "older"]

CONTAINED_SHARE = 0.8
"""A passage repeats another where this share of its runs of words stands there, and no word that does not."""

NEARLY_SHARE = 0.5
"""A passage nearly repeats another where this share of its runs stands there."""

VERSION_SHARE = 0.5
"""Of two versions of a document, passages that have this share of the shorter one's runs are the same passage."""

_WORD = re.compile(r"\w+")


class Repeats:
    """What is repeated among the chunks of one generation. Keeps what it has read; threads may share it."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._sketches: dict[str, Sketch | None] = {}
        self._alike: dict[tuple[str, str], bool] = {}

    def version(self, chunk: Chunk, other: Chunk, question: str) -> Age | None:
        """Whether ``chunk`` is the same passage as ``other`` in a newer or an older version of the document.

        None where it is not, where it cannot be told which is newer, and where the question names the older one.
        """
        entries = self._near(chunk, other)
        is_newer = newer(*entries) if entries else None
        if entries is None or is_newer is None or self._names_older(entries, question):
            return None
        if self._shared(chunk, other) < VERSION_SHARE:
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

    def nearly(self, chunk: Chunk, others: Sequence[Chunk]) -> int:
        """How many of the others, of the same document or of near-duplicates, say half of what ``chunk`` says."""
        near = [one for one in others if self._are_alike(chunk.document_id, one.document_id)]
        if not near:
            return 0
        runs = _runs(_words(self._text(chunk)))
        return sum(_share(runs, _runs(_words(self._text(one)))) >= NEARLY_SHARE for one in near)

    def series(self, chunk: Chunk) -> str:
        """What the names of all versions of the chunk's document have in common."""
        return name_of(self._snapshot.entry(chunk.document_id).uri).series

    def prepare(self, document_ids: Iterable[str]) -> None:
        """Read in one go what tells whether documents are alike."""
        missing = sorted({name for name in document_ids if name not in self._sketches})
        if missing:
            found = self._snapshot.sketches(missing)
            self._sketches.update({name: found.get(name) for name in missing})

    def _near(self, chunk: Chunk, other: Chunk) -> tuple[DocumentEntry, DocumentEntry] | None:
        """The chunks' documents where they are two that say nearly the same."""
        if chunk.document_id == other.document_id or not self._are_alike(chunk.document_id, other.document_id):
            return None
        return self._snapshot.entry(chunk.document_id), self._snapshot.entry(other.document_id)

    def _names_older(self, entries: tuple[DocumentEntry, DocumentEntry], question: str) -> bool:
        older = entries[1] if newer(*entries) else entries[0]
        return bool(name_of(older.uri).said & marks_in(question))

    def _are_alike(self, one: str, other: str) -> bool:
        if one == other:
            return True
        pair = (one, other) if one < other else (other, one)
        if pair not in self._alike:
            self.prepare(pair)
            mine, its = self._sketches[pair[0]], self._sketches[pair[1]]
            self._alike[pair] = mine is not None and its is not None and _alike(mine, its)
        return self._alike[pair]

    def _same_text(self, chunk: Chunk, other: Chunk) -> bool:
        if chunk.end - chunk.start != other.end - other.start or chunk.tokens != other.tokens:
            return False  # known without reading either
        return self._text(chunk) == self._text(other)

    def _adds_nothing(self, chunk: Chunk, other: Chunk) -> bool:
        words, its = _words(self._text(chunk)), _words(self._text(other))
        return set(words) <= set(its) and _share(_runs(words), _runs(its)) >= CONTAINED_SHARE

    def _shared(self, chunk: Chunk, other: Chunk) -> float:
        runs, its = (_runs(_words(self._text(one))) for one in (chunk, other))
        return max(_share(runs, its), _share(its, runs))

    def _text(self, chunk: Chunk) -> str:
        return self._snapshot.document(chunk.document_id, version=chunk.version).text[chunk.start : chunk.end]


def _alike(one: Sketch, other: Sketch) -> bool:
    if one.text_hash == other.text_hash:
        return True
    heads = (set(sketch.least[:CANDIDATE_HASHES].tolist()) for sketch in (one, other))
    return not set.isdisjoint(*heads) and likeness(one.least, other.least) >= ALIKE_FROM


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _share(runs: set[Run], its: set[Run]) -> float:
    return len(runs & its) / len(runs) if runs else 0.0


def _runs(words: list[str]) -> set[Run]:
    length = min(SHINGLE_WORDS, len(words))
    return {tuple(words[place : place + length]) for place in range(len(words) - length + 1)} if words else set()
