"""Search by words: BM25 over postings derived from the catalogue, which catch up by generation. Alone knows tantivy.

One commit holds the postings and a stamp: which index they were made from, by which schema, and the generation they
have caught up to. A commit that did not happen is therefore a generation not yet reached, and is done again.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from indexers.context import short_header
from indexers.document import RECORD
from indexers.errors import DocumentNotFound
from retrievers.errors import LexicalUnusable
from retrievers.fuse import ranked
from retrievers.lexical_files import FOLDER, POSTINGS, dead_share, note_list, verify, verify_list, wipe, writing
from retrievers.scope import EVERYTHING, Scope
from retrievers.terms import MAX_QUERY_CHARS, codes, content_words, name_words, searchable, years_inside
from retrievers.trace import Step, Trace, ranking_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from indexers.chunk import Chunk
    from indexers.document import Document
    from indexers.store import Snapshot, Store
    from retrievers.hit import Hit

SCHEMA = "2"
"""Counts changes of fields, tokenising or `retrievers.terms`: another one means that the folder is built again."""

BOOSTS = {"text": 1.0, "codes": 1.0, "headings": 0.5, "name": 1.5}
"""What a word is worth in each field. On 45 questions over 26 filings, whose names say company, year and kind, BM25 had
the evidence page among ten for 29% without the name, 38% at 0.5 and 1.0, 42% at 1.5 and 2.0.
"""

MAX_QUERY_TERMS = 128
MAX_FETCHED = 50_000
ATTEMPTS = 3
LARGEST_DEAD_SHARE = 0.1
"""Beyond it all is written anew: deleted rows go on weighing in BM25's word statistics until then."""

_HEAP_BYTES = 64 * 2**20
_WORD_CHARS = 60
_STAMP = "stamp"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a lexical index was made from, and how far it has caught up."""

    index_id: str
    schema: str
    generation: int


class LexicalIndex:
    """A fixed view of one commit of the postings."""

    def __init__(self, index: Any, *, path: str) -> None:  # noqa: ANN401  # tantivy ships no types
        try:
            index.reload()
            self._schema = index.schema
            self._searcher = index.searcher()
        except (ValueError, OSError) as error:  # a disk that fails, or no descriptors left
            raise LexicalUnusable(path=path, reason=str(error)) from error
        self._stem, self._split = _analyzers()
        self.stamp = _read_stamp(self._searcher, self._schema, path)

    @classmethod
    def open(cls, folder: Path, *, being_written: bool = False) -> LexicalIndex:
        """Open ``INDEX/lexical``, every file checked.

        Args:
            folder: The lexical folder.
            being_written: Another process, which has checked it, holds the lock and may be about to note a commit.

        Raises:
            LexicalUnusable: It is missing, damaged, or of another schema.
        """
        return cls(_open(folder, being_written=being_written), path=str(folder))

    @classmethod
    def in_memory(cls, snapshot: Snapshot) -> LexicalIndex:
        """The same index without a folder, for an index that cannot be written or is being built by another."""
        import tantivy

        index = _with_analyzers(tantivy.Index(_schema()))
        _write(index, snapshot, since=None)
        return cls(index, path="memory")

    @property
    def chunks(self) -> int:
        """The number of chunks that can be found."""
        return int(self._searcher.num_docs) - 1

    def search(
        self,
        question: str,
        *,
        limit: int,
        within: frozenset[str] | None = None,
        without: frozenset[str] = frozenset(),
    ) -> list[tuple[str, float]]:
        """``(chunk_id, BM25)``, best first, equal scores by chunk id; none where no word of the question occurs.

        Any string is a question: there is no query language. ``within`` are ids of the documents that may be found
        (None: all), ``without`` of those to pass over.
        """
        query = self._query(searchable(question[:MAX_QUERY_CHARS]))
        if query is None or limit < 1:
            return []
        passed_over = {int(document_id, 16) for document_id in without}
        wanted = None if within is None else {int(document_id, 16) for document_id in within}
        fetch = min(limit + 16, MAX_FETCHED)
        while True:
            rows = self._fetch(query, fetch)
            kept = [
                (-score, f"{chunk:016x}")
                for score, chunk, document in rows
                if document not in passed_over and (wanted is None or document in wanted)
            ]
            # All that share the last place must be seen before one can be chosen: tantivy's order is that of segments.
            decided = len(kept) >= limit and rows[-1][0] < -kept[limit - 1][0]
            if decided or len(rows) < fetch or fetch == MAX_FETCHED:
                return [(chunk_id, -score) for score, chunk_id in sorted(kept)[:limit]]
            fetch = min(fetch * 4, MAX_FETCHED)

    def _fetch(self, query: Any, limit: int) -> list[tuple[float, int, int]]:  # noqa: ANN401  # tantivy ships no types
        """``(BM25, chunk, document)``, best first."""
        hits = self._searcher.search(query, limit=limit, count=False).hits
        addresses = [address for _score, address in hits]
        chunks, documents = (self._searcher.fast_field_values(field, addresses) for field in ("chunk", "document"))
        return [(score, *ids) for (score, _), *ids in zip(hits, chunks, documents, strict=True)]

    def _query(self, question: str) -> Any:  # noqa: ANN401  # tantivy ships no types
        import tantivy

        words = content_words(self._split.analyze(question) + years_inside(question.casefold()))[:MAX_QUERY_TERMS]
        stems = list(dict.fromkeys(stem for word in words for stem in self._stem.analyze(word)))
        terms = [(field, stem) for stem in stems for field in ("text", "headings", "name")]
        terms += [("codes", code) for code in list(dict.fromkeys(codes(question)))[:MAX_QUERY_TERMS]]
        if not terms:
            return None
        parts = [tantivy.Query.term_query(self._schema, field, term, "freq") for field, term in terms]
        boosted = [tantivy.Query.boost_query(p, BOOSTS[field]) for p, (field, _) in zip(parts, terms, strict=True)]
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, part) for part in boosted])


class LexicalRetriever:
    """BM25 over one snapshot, by an index that has not gone further than the snapshot.

    What changed in the catalogue after the index caught up is passed over, not found wrongly.
    """

    def __init__(self, snapshot: Snapshot, index: LexicalIndex) -> None:
        self._snapshot = snapshot
        self._index = index
        since = index.stamp.generation
        self._gone = frozenset(snapshot.removed_since(since)) if since != snapshot.generation else frozenset()

    @property
    def name(self) -> str:
        """``lexical``."""
        return "lexical"

    @property
    def snapshot(self) -> Snapshot:
        """The generation that is searched."""
        return self._snapshot

    def retrieve(self, question: str, *, limit: int, scope: Scope = EVERYTHING) -> list[Hit]:
        """At most ``limit`` hits by BM25 (above 0), best first; none where no word occurs.

        Raises:
            StoreDamaged: A row does not match its checksum.
        """
        within = None if scope.documents is None else scope.documents.ids
        found = self._index.search(question, limit=limit, within=within, without=self._gone)
        chunks = self._snapshot.chunks([chunk_id for chunk_id, _score in found])
        return ranked({chunk: score for chunk, (_id, score) in zip(chunks, found, strict=True)}, self.name)

    def trace(self, question: str, *, limit: int, scope: Scope = EVERYTHING) -> Trace:
        """One step, of the retriever's own name."""
        hits = self.retrieve(question, limit=limit, scope=scope)
        return Trace(hits, (Step(self.name, ranking_of(hits), limit),))


def catch_up(store: Store) -> None:
    """Bring ``INDEX/lexical`` to the store's present generation, building it anew where it cannot be used.

    Waits where another process is doing the same. The store is only read.

    Raises:
        LexicalUnusable: The folder cannot be written; searches go on, by an index in memory.
    """
    with writing(store.path / FOLDER, wait=True):
        _caught_up(store, store.path / FOLDER)


def open_lexical(store: Store) -> LexicalIndex:
    """The lexical index, caught up where nobody else is at it, as it is where somebody is.

    Where the folder can be neither written nor read (or holds what the catalogue does not), the index is built in
    memory: the search works, at the cost of some seconds for 100,000 chunks.
    """
    folder = store.path / FOLDER
    being_written = False
    try:
        with writing(folder, wait=False) as held:
            if held:
                return _caught_up(store, folder)
            being_written = True
    except LexicalUnusable:
        pass  # a folder that cannot be written may still be read
    try:
        index = LexicalIndex.open(folder, being_written=being_written)
        _usable_from(index, store.snapshot(), folder)
    except LexicalUnusable:
        return LexicalIndex.in_memory(store.snapshot())
    return index


def _caught_up(store: Store, folder: Path) -> LexicalIndex:
    """The index at the store's present generation; the caller holds the folder's lock."""
    for _attempt in range(ATTEMPTS):
        try:
            return _brought_to(store.snapshot(), folder)
        except DocumentNotFound:
            continue  # removed by the store's writer while it was being read: the next snapshot no longer names it
    raise LexicalUnusable(path=str(folder), reason="documents go faster than they can be read")


def _brought_to(snapshot: Snapshot, folder: Path) -> LexicalIndex:
    try:
        index = _open(folder)
        lexical = LexicalIndex(index, path=str(folder))
        since = _usable_from(lexical, snapshot, folder)
        if since == snapshot.generation:
            return lexical
        _write(index, snapshot, since=since)
        if dead_share(folder / POSTINGS) > LARGEST_DEAD_SHARE:
            _write(index, snapshot, since=None)
        note_list(folder)
        lexical = LexicalIndex(index, path=str(folder))
        _usable_from(lexical, snapshot, folder)
    except LexicalUnusable:
        index = _create(folder)
        _write(index, snapshot, since=None)
        note_list(folder)
        lexical = LexicalIndex(index, path=str(folder))
    return lexical


def _usable_from(lexical: LexicalIndex, snapshot: Snapshot, folder: Path) -> int:
    """The generation from which ``lexical`` can go on towards ``snapshot``."""
    stamp = lexical.stamp
    if stamp.index_id != snapshot.index_id:
        raise LexicalUnusable(path=str(folder), reason="it was made for another index")
    if stamp.generation > snapshot.generation:
        raise LexicalUnusable(path=str(folder), reason="it is newer than the catalogue, which was put back")
    if stamp.generation == snapshot.generation and lexical.chunks != snapshot.chunk_count:
        raise LexicalUnusable(path=str(folder), reason="it does not hold as many chunks as the catalogue")
    return stamp.generation


def _write(index: Any, snapshot: Snapshot, *, since: int | None) -> None:  # noqa: ANN401  # tantivy ships no types
    """One commit that brings ``index`` from generation ``since`` (None: from nothing) to the snapshot's."""
    import tantivy

    try:
        writer = index.writer(heap_size=_HEAP_BYTES, num_threads=1)
        if since is None:
            writer.delete_all_documents()
        else:
            # By query: deleting by term takes the number for a signed one and deletes nothing (tantivy-py 0.27).
            gone = [("document", int(document_id, 16)) for document_id in snapshot.removed_since(since)]
            for field, value in [*gone, ("kind", _STAMP)]:
                query = tantivy.Query.term_query(index.schema, field, value, "basic")
                writer.delete_documents_by_query(query)
        chunks = snapshot.all_chunks() if since is None else snapshot.all_chunks(after_generation=since)
        for row in _rows(chunks, snapshot):
            writer.add_document(row)
        stamp = tantivy.Document()
        stamp.add_text("kind", _STAMP)
        stamp.add_text("stamp", json.dumps(asdict(Stamp(snapshot.index_id, SCHEMA, snapshot.generation))))
        writer.add_document(stamp)
        writer.commit()
        writer.wait_merging_threads()
    except (ValueError, OSError) as error:
        raise LexicalUnusable(path="lexical", reason=f"it cannot be written: {error}") from error


def _rows(chunks: Iterable[Chunk], snapshot: Snapshot) -> Iterator[Any]:
    for (document_id, version), group in groupby(chunks, key=lambda chunk: (chunk.document_id, chunk.version)):
        document = snapshot.document(document_id, version=version)
        uri = "" if document.media_type == RECORD else document.uri  # a record's id is no name
        name = searchable(name_words(document.title, uri))
        for chunk in group:
            yield _row(chunk, document, name)


def _row(chunk: Chunk, document: Document, name: str) -> Any:  # noqa: ANN401  # tantivy ships no types
    import tantivy

    text = searchable(document.text[chunk.start : chunk.end])
    row = tantivy.Document()
    row.add_unsigned("chunk", int(chunk.id, 16))
    row.add_unsigned("document", int(chunk.document_id, 16))
    row.add_text("text", text)
    row.add_text("codes", " ".join(codes(f"{name} {text}")))
    row.add_text("headings", searchable(" ".join((*chunk.headings, short_header(document, chunk.start)))))
    row.add_text("name", name)
    return row


def _schema() -> Any:  # noqa: ANN401  # tantivy ships no types
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("chunk", fast=True)
    builder.add_unsigned_field("document", indexed=True, fast=True)
    for field in ("text", "headings", "name"):
        builder.add_text_field(field, tokenizer_name="stems", index_option="freq")
    builder.add_text_field("codes", tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("kind", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("stamp", stored=True, tokenizer_name="raw", index_option="basic")
    return builder.build()


def _analyzers() -> tuple[Any, Any]:
    """The analyser of text, which stems, and the one of questions, which leaves words as they are for the stop list."""
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

    split = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.remove_long(_WORD_CHARS)).filter(Filter.lowercase())
    stems = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.remove_long(_WORD_CHARS)).filter(Filter.lowercase())
    return stems.filter(Filter.ascii_fold()).filter(Filter.stemmer("english")).build(), split.build()


def _with_analyzers(index: Any) -> Any:  # noqa: ANN401  # tantivy ships no types
    import tantivy

    index.config_reader(reload_policy="manual")  # else a thread follows the folder and locks it, for what nobody reads
    index.register_tokenizer("stems", _analyzers()[0])
    index.register_tokenizer("whitespace", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
    return index


def _open(folder: Path, *, being_written: bool = False) -> Any:  # noqa: ANN401  # tantivy ships no types
    import tantivy

    postings = folder / POSTINGS
    if not postings.is_dir():
        raise LexicalUnusable(path=str(folder), reason="it has not been built")
    if not being_written:
        verify_list(folder)
    verify(postings)
    try:
        return _with_analyzers(tantivy.Index.open(str(postings)))
    except (ValueError, OSError) as error:
        raise LexicalUnusable(path=str(folder), reason=str(error)) from error


def _create(folder: Path) -> Any:  # noqa: ANN401  # tantivy ships no types
    import tantivy

    try:
        return _with_analyzers(tantivy.Index(_schema(), path=str(wipe(folder)), reuse=False))
    except (ValueError, OSError) as error:
        raise LexicalUnusable(path=str(folder), reason=str(error)) from error


def _read_stamp(searcher: Any, schema: Any, path: str) -> Stamp:  # noqa: ANN401  # tantivy ships no types
    import tantivy

    try:
        hits = searcher.search(tantivy.Query.term_query(schema, "kind", _STAMP, "basic"), limit=2).hits
        rows = [searcher.doc(address).to_dict() for _score, address in hits]
        stamps = [Stamp(**json.loads(row["stamp"][0])) for row in rows]
    except (ValueError, OSError, KeyError, TypeError) as error:
        raise LexicalUnusable(path=path, reason="it carries no stamp") from error
    if len(stamps) != 1:
        raise LexicalUnusable(path=path, reason=f"it carries {len(stamps)} stamps")
    if stamps[0].schema != SCHEMA:
        raise LexicalUnusable(path=path, reason=f"it has schema {stamps[0].schema}, this version writes {SCHEMA}")
    return stamps[0]
