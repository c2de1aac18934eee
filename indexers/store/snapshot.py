"""What a reader holds: one generation of the index, which no later writer changes."""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from indexers.access import EVERYBODY
from indexers.chunk import chunk_id
from indexers.document import PART_SEPARATOR
from indexers.errors import DocumentNotFound, EmbedError, StoreDamaged
from indexers.store import catalogue as query_of
from indexers.store.document_set import DocumentSet
from indexers.store.loading import load_at
from indexers.store.sketches import sketches_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection, Iterator, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from indexers.chunk import Chunk
    from indexers.document import Document
    from indexers.duplicates import Sketch
    from indexers.embed import Matrix, Vector
    from indexers.store.connection import Catalogue
    from indexers.store.loading import Loaded
    from indexers.store.meta import IndexMeta
    from indexers.store.rows import DocumentEntry
    from indexers.store.vector_search import Found

_Key = TypeVar("_Key")
_Read = TypeVar("_Read")

KEPT_DOCUMENTS = 32
KEPT_CHUNKS = 20_000
"""10 MB. To read a row and check it takes longer than to find it."""


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """What `rag status` shows. ``embedder`` is the model's name, ``max_tokens`` the splitter's, per chunk.

    ``vectors`` counts distinct embedded strings, those of kept versions included; ``created_at`` is ISO 8601 in UTC.
    """

    documents: int
    chunks: int
    pages: int
    vectors: int
    generation: int
    segments: int
    bytes_on_disk: int
    embedder: str
    dimension: int
    max_tokens: int
    created_at: str


class Snapshot:
    """A view of one generation; any number of threads may share it.

    What is held never changes: the list of documents, the rows and the vectors, and with them every `search`.
    What is read when it is asked for may go: `chunk`, `chunks`, `all_chunks` and `document` raise DocumentNotFound once
    a later writer has removed the document, or its version has fallen out of ``store.keep_versions``. Who answers from
    both begins again on a fresh snapshot then.
    """

    def __init__(self, catalogue: Catalogue, index: IndexMeta, loaded: Loaded) -> None:
        self.generation = loaded.generation
        self.index_id = index.index_id
        self.loaded = loaded
        self._catalogue = catalogue
        self._index = index
        self._recent: OrderedDict[tuple[str, str], Document] = OrderedDict()
        self._chunks: dict[str, Chunk] = {}
        self._keys: dict[str, bytes] = {}
        self._rows: dict[str, int] = {}
        self._names: dict[int, str] = {}
        self._recent_lock = threading.Lock()

    @functools.cached_property
    def _exact(self) -> dict[str, DocumentEntry]:
        return {name: entry for entry in self.loaded.entries for name in (entry.id, entry.uri)}

    @functools.cached_property
    def _by_file(self) -> dict[str, list[DocumentEntry]]:
        found: dict[str, list[DocumentEntry]] = {}
        for entry in self.loaded.entries:
            found.setdefault(PurePosixPath(entry.uri).name, []).append(entry)
        return found

    @functools.cached_property
    def _positions(self) -> dict[str, int]:
        return {entry.id: position for position, entry in enumerate(self.loaded.entries)}

    def as_of(self, moment: datetime) -> Past:
        """The index with the version of each document that was current at a moment, as far as it is kept.

        Documents that have been removed since are not in it; who may see the others is decided by today's lists.

        Raises:
            DocumentNotFound: A version was removed while it was being read.
            StoreDamaged: A row fails its check.
        """
        dimension = self._index.embedder.dimension
        loaded, missing = load_at(self._catalogue, self.loaded, moment, dimension=dimension)
        return Past(Snapshot(self._catalogue, self._index, loaded), missing)

    def search(self, vector: Vector, *, limit: int, documents: DocumentSet | None = None) -> list[tuple[str, float]]:
        """``(chunk id, cosine)``, best first: of live chunks only, ties by document URI and start.

        Cosines are exact, and so is the ranking, but for segments of 20,000 chunks and more: of the best ten, one in
        a hundred may be missing there, unless ``documents`` leaves at most 25,000 chunks of the segment.

        Args:
            vector: The question's, of length 1, shape ``(dimension,)``.
            limit: The most chunks to return.
            documents: Those that may be found, as ``among`` of this snapshot gives them; None for all.

        Raises:
            ValueError: ``documents`` are another snapshot's.
            EmbedError: The vector has another shape than the index's, or is not finite.
            StoreDamaged: A vector is damaged in its segment, and its document has been removed since.
        """
        query = self._comparable(vector)
        if limit < 1:
            return []
        if documents is not None and documents.among is not self.loaded.entries:
            raise ValueError("the documents are those of another snapshot")
        within = None if documents is None else documents.selections
        found = self.loaded.search.nearest(query, limit=limit, within=within)
        return [(name, hit.score) for name, hit in zip(self._chunk_ids(found), found, strict=True)]

    def vectors(self, ids: Sequence[str]) -> Matrix:
        """The vectors of chunks as they are kept, shape ``(len(ids), dimension)``; a row of NaN where one has gone.

        Raises:
            StoreDamaged: As in ``search``.
        """
        vectors = np.full((len(ids), self._index.embedder.dimension), np.nan, dtype=np.float32)
        found, stored = self.loaded.search.vectors(self._rows_of(ids))
        places = {name: place for place, name in enumerate(self._chunk_ids(found))}
        there = [at for at, name in enumerate(ids) if name in places]
        if there:
            vectors[there] = stored[[places[ids[at]] for at in there]]
        return vectors

    def _comparable(self, vector: Vector) -> Vector:
        if vector.shape != (self._index.embedder.dimension,) or not np.isfinite(vector).all():
            raise EmbedError(f"the question's vector of shape {vector.shape} cannot be compared with the index's")
        return np.ascontiguousarray(vector, dtype=np.float32)

    def _rows_of(self, ids: Sequence[str]) -> NDArray[np.int64]:
        """The rows of chunks, ascending; those of ids that were not met before as the catalogue has them now."""
        with self._recent_lock:
            rows = [self._rows[name] for name in ids if name in self._rows]
            unread = [name for name in ids if name not in self._rows] if len(rows) < len(ids) else []
        if unread:
            with self._catalogue.reading() as connection:
                rows += query_of.rows_by_id(connection, unread)
        return np.unique(np.array(rows, dtype=np.int64))

    def _chunk_ids(self, found: Sequence[Found]) -> list[str]:
        """The ids of chunks; they are kept by row, up to a number, as the rows are by id."""
        with self._recent_lock:
            names = {one.row: self._names[one.row] for one in found if one.row in self._names}
        fresh = {one.row: self._chunk_id(one) for one in found if one.row not in names}
        if fresh:
            names |= fresh
            with self._recent_lock:
                _keep(self._names, fresh)
                _keep(self._rows, {name: row for row, name in fresh.items()})
        return [names[one.row] for one in found]

    def _chunk_id(self, hit: Found) -> str:
        entry = self.loaded.entries[hit.document]
        return chunk_id(entry.id, entry.version, hit.start, hit.end)

    def among(self, which: Collection[str] | NDArray[np.bool_]) -> DocumentSet:
        """Some of the documents, for ``search``.

        Args:
            which: Their ids, of which those that are not in the index are ignored; or a flag a document, in the order
                of ``documents``.
        """
        if not isinstance(which, np.ndarray):
            flags = np.zeros(len(self.loaded.entries), dtype=np.bool_)
            flags[[self._positions[name] for name in which if name in self._positions]] = True
            which = flags
        if which.shape != (len(self.loaded.entries),):
            raise ValueError(f"{which.shape} flags for {len(self.loaded.entries)} documents")
        return DocumentSet(self.loaded.entries, self.loaded.search, which)

    def chunk(self, chunk_id: str) -> Chunk:
        """One chunk.

        Raises:
            DocumentNotFound: There is no such chunk, or its document has been removed since.
            StoreDamaged: Its row does not carry its own checksum.
        """
        return self.chunks([chunk_id])[0]

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        """The chunks in the order asked for; errors as in ``chunk``. What was read before is kept, up to a number."""
        found = self._kept_or_read(self._chunks, ids, query_of.chunks_by_id)
        missing = next((name for name in ids if name not in found), None)
        if missing is not None:
            raise DocumentNotFound(name=f"chunk {missing}")
        return [found[name] for name in ids]

    def all_chunks(self, *, after_generation: int = -1) -> Iterator[Chunk]:
        """The live chunks of documents written after that generation, document by document in URI order.

        Raises:
            DocumentNotFound: A document was removed, or changed too often, while this was being read.
            StoreDamaged: A row is gone or does not carry its own checksum.
        """
        for entry in self.loaded.entries:
            if entry.generation > after_generation:
                with self._catalogue.reading() as connection:
                    chunks = query_of.chunks_of(connection, entry)
                    kept = query_of.versions_like(connection, entry.id, entry.version)
                if len(chunks) != entry.chunks:
                    if not kept:
                        raise DocumentNotFound(name=entry.uri, version=entry.version)
                    raise StoreDamaged(f"the catalogue has lost chunks of {entry.uri!r}")
                yield from chunks

    def vector_keys(self, ids: Sequence[str]) -> dict[str, bytes]:
        """What the vectors of chunks are kept by (the model and the exact text), by id; not of chunks that are gone.

        What was read before is kept, up to a number.

        Raises:
            StoreDamaged: A row does not carry its own checksum.
        """
        return self._kept_or_read(self._keys, ids, query_of.keys_by_chunk)

    def _kept_or_read(
        self,
        kept: dict[str, _Read],
        ids: Sequence[str],
        read: Callable[[sqlite3.Connection, Sequence[str]], dict[str, _Read]],
    ) -> dict[str, _Read]:
        """What is known of the chunks, by id; what was not yet is read from the catalogue and kept."""
        with self._recent_lock:
            found = {name: kept[name] for name in ids if name in kept}
        unread = [name for name in ids if name not in found]
        if unread:
            with self._catalogue.reading() as connection:
                new = read(connection, unread)
            found |= new
            with self._recent_lock:
                _keep(kept, new)
        return found

    def vector_keys_of(self, entry: DocumentEntry) -> list[bytes]:
        """What the vectors of a document's chunks are kept by, in text order; fewer where it has gone since."""
        with self._catalogue.reading() as connection:
            return query_of.keys_of(connection, entry)

    def every_vector_key(self) -> frozenset[bytes]:
        """What every vector in the catalogue is kept by now, those of old versions included."""
        with self._catalogue.reading() as connection:
            return query_of.every_key(connection)

    def chunks_of(self, entry: DocumentEntry) -> list[Chunk]:
        """The chunks of a document's version in text order; fewer where it has gone since."""
        with self._catalogue.reading() as connection:
            return query_of.chunks_of(connection, entry)

    def document(self, name: str, *, version: str | None = None, among: DocumentSet | None = None) -> Document:
        """The document of that id, URI or unique file name.

        Args:
            name: What names it.
            version: A kept version or a unique beginning of one; the current version where None.
            among: The others are as if they were not there; None for all.

        Raises:
            DocumentNotFound: No document or no kept version of that name, or several.
            StoreDamaged: The stored text does not match its checksum.
        """
        entry = self.entry(name, among=among)
        wanted = entry.version if version in (None, entry.version) else self.version(entry, str(version))
        with self._recent_lock:
            if (entry.id, wanted) in self._recent:
                self._recent.move_to_end((entry.id, wanted))
                return self._recent[entry.id, wanted]
        with self._catalogue.reading() as connection:
            document = query_of.document(connection, entry.id, wanted, uri=entry.uri, access=entry.access)
        if document is None:
            raise DocumentNotFound(name=entry.uri, version=wanted)
        with self._recent_lock:
            self._recent[entry.id, wanted] = document
            while len(self._recent) > KEPT_DOCUMENTS:
                self._recent.popitem(last=False)
        return document

    def version(self, entry: DocumentEntry, prefix: str) -> str:
        """The kept version of a document that begins with ``prefix``.

        Raises:
            DocumentNotFound: None does, or several do.
        """
        with self._catalogue.reading() as connection:
            versions = query_of.versions_like(connection, entry.id, prefix)
        if prefix in versions:
            return prefix
        if len(versions) != 1 or not prefix:
            raise DocumentNotFound(name=entry.uri, version=prefix)
        return versions[0]

    def entry(self, name: str, *, among: DocumentSet | None = None) -> DocumentEntry:
        """The entry of the document of that id, URI or unique file name; only those of ``among`` are there.

        Raises:
            DocumentNotFound: None carries the name, or several files do.
        """
        exact = self._exact.get(name)
        if exact is not None and (among is None or exact.id in among):  # so that a short URI is never ambiguous
            return exact
        found = [entry for entry in self._by_file.get(name, ()) if among is None or entry.id in among]
        if len(found) > 1:
            raise DocumentNotFound(name=f"{name} ({len(found)} documents have that file name)")
        if not found:
            raise DocumentNotFound(name=name)
        return found[0]

    def inside(self, entry: DocumentEntry) -> list[DocumentEntry]:
        """The documents of what lies inside a document, such as the files attached to a message, however deep."""
        begin = entry.uri + PART_SEPARATOR
        return [one for one in self.loaded.entries if one.file == entry.file and one.uri.startswith(begin)]

    def documents(self) -> list[DocumentEntry]:
        """Every document, by URI."""
        return list(self.loaded.entries)

    def visible_to(self, groups: Collection[str]) -> NDArray[np.bool_]:
        """A flag a document: whether members of any of these groups may see it; everybody's documents are among them.

        A document without an access list is nobody's but the owner's, who asks without groups, not here.
        """
        wanted = {*groups, *EVERYBODY}
        seen = (not wanted.isdisjoint(entry.access or ()) for entry in self.loaded.entries)
        return np.fromiter(seen, dtype=np.bool_, count=len(self.loaded.entries))

    def removed_since(self, generation: int) -> list[str]:
        """The ids of documents that changed, came or went after ``generation``, sorted."""
        with self._catalogue.reading() as connection:
            removed = query_of.removed_after(connection, generation)
        # Only the last removal of a document is known, which may be later than this snapshot: what counts is whether it
        # is there, and has been since.
        stayed = {entry.id for entry in self.loaded.entries if entry.generation <= generation}
        changed = {entry.id for entry in self.loaded.entries if entry.generation > generation}
        return sorted(({name for name, _ in removed} - stayed) | changed)

    def sketches(self, document_ids: Sequence[str]) -> dict[str, Sketch]:
        """What near-duplicates are known by, by document id, of the documents as they are now; less what is damaged."""
        with self._catalogue.reading() as connection:
            return sketches_of(connection, document_ids)

    @property
    def chunk_count(self) -> int:
        """The chunks that a search may find."""
        return sum(entry.chunks for entry in self.loaded.entries)

    def status(self) -> StoreStatus:
        """What the index holds in this generation; its vectors are counted now, not then."""
        loaded = self.loaded
        with self._catalogue.reading() as connection:
            vectors = query_of.vector_count(connection)
        return StoreStatus(
            documents=len(loaded.entries),
            chunks=self.chunk_count,
            pages=sum(entry.pages for entry in loaded.entries),
            vectors=vectors,
            generation=self.generation,
            segments=len(loaded.segments),
            bytes_on_disk=_bytes_on_disk(self._catalogue),
            embedder=self._index.embedder.name,
            dimension=self._index.embedder.dimension,
            max_tokens=self._index.max_tokens,
            created_at=self._index.created_at,
        )


@dataclass(frozen=True, slots=True)
class Past:
    """A snapshot of an earlier moment; ``missing`` had, or may have had, a version then that is not kept any more."""

    snapshot: Snapshot
    missing: tuple[DocumentEntry, ...]


def _keep(held: dict[_Key, _Read], read: dict[_Key, _Read]) -> None:
    """Put what was read among what is held, of which the oldest goes beyond a number."""
    held |= read
    for name in list(itertools.islice(held, max(0, len(held) - KEPT_CHUNKS))):
        del held[name]


def _bytes_on_disk(catalogue: Catalogue) -> int:
    """The index folder's files; one that a writer removes at this moment counts nothing."""
    total = 0
    for folder, _, files in os.walk(catalogue.folder):
        for name in files:
            with contextlib.suppress(FileNotFoundError):
                total += os.lstat(os.path.join(folder, name)).st_size  # noqa: PTH118  as os.walk gives it
    return total
