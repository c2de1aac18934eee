"""A fixed view of the postings, searched within any set of documents without cutting before it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from retrievers.errors import LexicalUnusable
from retrievers.lexical.commit import write
from retrievers.lexical.language import LANGUAGES
from retrievers.lexical.question import question_terms
from retrievers.lexical.schema import new_index, open_index, read_stamp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from indexers.store import DocumentSet, Snapshot

    Ids = NDArray[np.uint64]
    Rows = tuple[NDArray[np.float64], Ids, Ids]

NAME_BOOST = 1.5
"""What a word in the name of a long document is worth. On 45 questions over 26 filings, whose names say company, year
and kind, the evidence page was among ten for 42% at 0.5, 51% at 1.0, 56% at 1.5.
"""

K1 = 1.2
"""Tantivy's; with its b of 0.75 no worse than any other pair by more than 0.002 nDCG@10 on six collections."""

OVER_FETCHED = 4096
"""The most rows that are fetched without the filter, to be filtered then. That is quick, because the search may skip
what cannot be among so many; beyond it the filter goes into the search, where every row that it keeps is scored."""

MOST_TIED = 50_000
"""Of more rows than these with one and the same score at the cut, which are found is not decided by their ids."""

_NONE = np.empty(0, dtype=np.uint64)


class LexicalIndex:
    """A fixed view of one commit of the postings. Any number of threads may share it."""

    def __init__(self, index: Any, *, path: str) -> None:  # noqa: ANN401  # tantivy ships no types
        try:
            index.reload()
            self._schema = index.schema
            self._searcher = index.searcher()
        except (ValueError, OSError) as error:  # a disk that fails, or no descriptors left
            raise LexicalUnusable(path=path, reason=str(error)) from error
        self.stamp = read_stamp(self._searcher, self._schema, path)
        self.languages = self._languages()

    @classmethod
    def open(cls, folder: Path, *, being_written: bool = False) -> LexicalIndex:
        """Open ``INDEX/lexical``, every file checked.

        Args:
            folder: The lexical folder.
            being_written: Another process, which has checked it, holds the lock and may be about to note a commit.

        Raises:
            LexicalUnusable: It is missing, damaged, or of another schema.
        """
        return cls(open_index(folder, being_written=being_written), path=str(folder))

    @classmethod
    def in_memory(cls, snapshot: Snapshot) -> LexicalIndex:
        """The same index without a folder, for an index that cannot be written or is being built by another."""
        index = new_index()
        write(index, snapshot, since=None)
        return cls(index, path="memory")

    @property
    def chunks(self) -> int:
        """The number of chunks that can be found."""
        return int(self._searcher.num_docs) - 1

    def _languages(self) -> tuple[str, ...]:
        """Those of its documents, the most frequent first."""
        counts = {language: self._searcher.doc_freq("language", language) for language in LANGUAGES}
        return tuple(sorted((name for name in counts if counts[name]), key=lambda name: (-counts[name], name)))

    def search(
        self, question: str, *, limit: int, within: DocumentSet | None = None, without: Ids = _NONE
    ) -> list[tuple[str, float]]:
        """``(chunk_id, BM25)``, best first, equal scores by chunk id; none where no word of the question occurs.

        Exact: what is found is what scoring every allowed chunk would find.

        Args:
            question: Any string; there is no query language.
            limit: The most chunks to return.
            within: The documents that may be found; None: all.
            without: The numbers of documents to pass over, ascending: those that the index has in an old version.
        """
        query = self._query(question)
        if query is None or limit < 1 or (within is not None and not within.count):
            return []
        allowed = None if within is None else within.numbers
        share = 1.0 if within is None else max(within.share, 1e-9)
        fetch = int(1.5 * limit / share) + 16
        while fetch <= OVER_FETCHED:
            found = self._decided(self._fetch(query, fetch), fetch, limit, allowed, without)
            if found is not None:
                return found
            fetch *= 4
        return self._filtered(query, limit, allowed, without)

    def scores(self, question: str, chunk_ids: Sequence[str]) -> list[float]:
        """BM25 of these chunks, in their order, whether a search would find them or not; 0 where no word occurs."""
        return self._scored(self._query(question), chunk_ids)

    def _scored(self, query: Any, chunk_ids: Sequence[str]) -> list[float]:  # noqa: ANN401  # tantivy ships no types
        import tantivy

        if query is None or not chunk_ids:
            return [0.0] * len(chunk_ids)
        numbers = [int(chunk_id, 16) for chunk_id in chunk_ids]
        only = tantivy.Query.const_score_query(tantivy.Query.term_set_query(self._schema, "chunk", numbers), 0.0)
        both = tantivy.Query.boolean_query([(tantivy.Occur.Must, only), (tantivy.Occur.Must, query)])
        scores, chunks, _ = self._fetch(both, len(numbers))
        held = dict(zip(chunks.tolist(), scores.tolist(), strict=True))
        return [held.get(number, 0.0) for number in numbers]

    def ceiling(self, question: str, *, seen: DocumentSet | None = None) -> float:
        """What a chunk that said every word of the question endlessly often would score; 0 where none occurs.

        Names are not counted: they come on top. Against this, scores of different questions can be compared. A word
        that none of ``seen`` says counts as one that nobody says: else every score would tell whether what the asker
        may not see has it.
        """
        rows = self._searcher.num_docs
        found = 0.0
        for term, weight in question_terms(question, self.languages):
            count = self._searcher.doc_freq("words", term)
            if count and (seen is None or self._is_said(term, count, seen.numbers)):
                found += weight * math.log(1 + (rows - count + 0.5) / (count + 0.5)) * (K1 + 1)
        return found

    def _is_said(self, term: str, count: int, documents: Ids) -> bool:
        """Whether a chunk of these documents holds the word, which ``count`` chunks hold."""
        import tantivy

        query = self._term("words", term)
        if not len(documents):
            return False
        if _among(self._fetch(query, 64)[2], documents).any():
            return True
        if count <= 64:
            return False
        only = tantivy.Query.term_set_query(self._schema, "document", documents.tolist())
        both = tantivy.Query.boolean_query([(tantivy.Occur.Must, only), (tantivy.Occur.Must, query)])
        return bool(self._searcher.search(both, limit=1, count=False).hits)

    def frequency(self, field: str, term: str) -> int:
        """How many rows hold the term in the field, those of documents that have gone since included."""
        return int(self._searcher.doc_freq(field, term))

    def count(self, terms: Sequence[tuple[str, str]]) -> int:
        """How many chunks hold all these ``(field, term)``; 0 for no terms."""
        import tantivy

        if not terms:
            return 0
        parts = [(tantivy.Occur.Must, self._term(field, term)) for field, term in terms]
        return int(self._searcher.search(tantivy.Query.boolean_query(parts), limit=1, count=True).count)

    def sums(self, field: str, weights: Mapping[str, float], chunk_ids: Sequence[str]) -> list[float]:
        """Of each chunk, in the order given, the sum of the weights (above 0) of the terms that it holds."""
        import tantivy

        parts = [
            (tantivy.Occur.Should, tantivy.Query.const_score_query(self._term(field, term), weight))
            for term, weight in weights.items()
        ]
        return self._scored(tantivy.Query.boolean_query(parts) if parts else None, chunk_ids)

    def _term(self, field: str, term: str) -> Any:  # noqa: ANN401  # tantivy ships no types
        import tantivy

        return tantivy.Query.term_query(self._schema, field, term, "basic")

    def _filtered(self, query: Any, limit: int, allowed: Ids | None, without: Ids) -> list[tuple[str, float]]:  # noqa: ANN401  # tantivy ships no types
        """With the filter inside the search, so that only ties can be undecided."""
        import tantivy

        parts = [(tantivy.Occur.Must, query)]
        if allowed is not None:
            only = tantivy.Query.term_set_query(self._schema, "document", allowed.tolist())
            parts.append((tantivy.Occur.Must, tantivy.Query.const_score_query(only, 0.0)))
        if len(without):
            gone = tantivy.Query.term_set_query(self._schema, "document", without.tolist())
            parts.append((tantivy.Occur.MustNot, gone))
        query = tantivy.Query.boolean_query(parts)
        fetch = limit + 16
        while True:
            rows = self._fetch(query, fetch)
            found = self._decided(rows, fetch, limit, None, _NONE)
            if found is not None:
                return found
            if fetch >= max(MOST_TIED, limit):
                return _best(*rows[:2], limit)
            fetch *= 4

    def _decided(
        self, rows: Rows, fetched: int, limit: int, allowed: Ids | None, without: Ids
    ) -> list[tuple[str, float]] | None:
        """The best of the rows that are allowed; None where others might be among them."""
        scores, chunks, documents = rows
        kept = ~_among(documents, without) if len(without) else np.ones(len(documents), dtype=np.bool_)
        if allowed is not None:
            kept &= _among(documents, allowed)
        # All that share the last place must be seen before one can be chosen: tantivy's order is that of segments.
        enough = np.count_nonzero(kept) >= limit and scores[-1] < scores[kept][limit - 1]
        return _best(scores[kept], chunks[kept], limit) if enough or len(scores) < fetched else None

    def _fetch(self, query: Any, limit: int) -> Rows:  # noqa: ANN401  # tantivy ships no types
        """BM25, chunk and document of each row, best first."""
        hits = self._searcher.search(query, limit=limit, count=False).hits
        addresses = [address for _score, address in hits]
        chunks, documents = (
            np.array(self._searcher.fast_field_values(field, addresses), dtype=np.uint64)
            for field in ("chunk", "document")
        )
        return np.array([score for score, _address in hits], dtype=np.float64), chunks, documents

    def _query(self, question: str) -> Any:  # noqa: ANN401  # tantivy ships no types
        import tantivy

        parts = []
        for term, weight in question_terms(question, self.languages):
            for field, boost in (("words", weight), ("name", weight * NAME_BOOST)):
                if field == "words" or not term.startswith("#"):
                    part = tantivy.Query.term_query(self._schema, field, term, "freq")
                    parts.append((tantivy.Occur.Should, tantivy.Query.boost_query(part, boost)))
        return tantivy.Query.boolean_query(parts) if parts else None


def _among(ids: Ids, held: Ids) -> NDArray[np.bool_]:
    """Whether each of ``ids`` is in ``held``, which is ascending and not empty."""
    places = np.minimum(np.searchsorted(held, ids), len(held) - 1)
    return np.asarray(held[places] == ids)


def _best(scores: NDArray[np.float64], chunks: Ids, limit: int) -> list[tuple[str, float]]:
    order = np.lexsort((chunks, -scores))[:limit]
    return [(f"{chunks[at]:016x}", float(scores[at])) for at in order.tolist()]
