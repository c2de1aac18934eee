"""The one writer: a document is one transaction, and is acknowledged only after its COMMIT."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import pairwise
from typing import TYPE_CHECKING, Self

import numpy as np

from indexers.chunk import chunk_id
from indexers.context import embedded_text
from indexers.duplicates import sketch_text
from indexers.errors import EmbedError, StoreDamaged, StoreError
from indexers.store import acknowledged, changes, meta
from indexers.store import catalogue as query_of
from indexers.store.connection import Catalogue
from indexers.store.lock import write_lock
from indexers.store.relocate import relocate
from indexers.store.removal import forget_root, remove_document, remove_version
from indexers.store.rows import root_row
from indexers.store.sealing import Sealing
from indexers.store.seen import forget_seen, read_seen, write_seen
from indexers.store.sketches import read_sketches, write_sketch

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from indexers.chunk import Chunk
    from indexers.document import Document
    from indexers.duplicates import Sketch
    from indexers.embed import Embedder, Matrix
    from indexers.roots import Root
    from indexers.settings import StoreSettings
    from indexers.store.relocate import Relocation
    from indexers.store.rows import DocumentEntry
    from indexers.store.seen import SeenFile

UNIT_TOLERANCE = 0.01


class Writer:
    """Writes to one index while it holds the lock; made by ``Store.writer``."""

    def __init__(self, folder: Path, embedder: Embedder, settings: StoreSettings) -> None:
        self._folder = folder
        self._embedder = embedder
        self._settings = settings
        self._verified = False
        self._fixed_vector: str | None = None

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(write_lock(self._folder))
            self._catalogue = Catalogue(self._folder)
            stack.callback(self._catalogue.close)
            promised = acknowledged.noted(self._folder)
            with self._catalogue.reading() as connection:
                self._index = meta.read(connection)
                acknowledged.check(connection, promised, folder=self._folder)
                named = query_of.segment_names(connection)
            dimension, rows = self._index.embedder.dimension, self._settings.seal_rows
            self._sealing = Sealing(self._catalogue, dimension=dimension, seal_rows=rows)
            self._sealing.clear(named)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def entries(self) -> list[DocumentEntry]:
        """Every document as of the last commit, by URI."""
        with self._catalogue.reading() as connection:
            return query_of.entries(connection)

    @property
    def max_tokens(self) -> int:
        """The most tokens a chunk of this index is split to, context included."""
        return self._index.max_tokens

    def check_embedder(self) -> None:
        """Refuse another model than the index's.

        Raises:
            EmbedderMismatch: The message names both models.
        """
        meta.check_identity(self._index.embedder, self._embedder.identity)

    def held(self, entry: DocumentEntry) -> tuple[Document, list[Chunk], list[bytes]]:
        """The current version of a document, its chunks, and what their vectors are kept by.

        Raises:
            StoreDamaged: A row fails its check.
        """
        with self._catalogue.reading() as connection:
            document = query_of.document(connection, entry.id, entry.version, uri=entry.uri, access=entry.access)
            if document is None:
                raise StoreDamaged(f"the catalogue has lost the text of {entry.uri!r}")
            return document, query_of.chunks_of(connection, entry), query_of.keys_of(connection, entry)

    def begin_split(self, *, max_tokens: int, splitter: str) -> int:
        """Split otherwise from now on; says up to which generation documents are still cut as before."""
        with self._catalogue.writing() as connection:
            since = meta.begin_split(connection, max_tokens=max_tokens, splitter=splitter)
            self._index = meta.read(connection)
        return since

    def end_split(self) -> None:
        """Every document is cut as the index says."""
        with self._catalogue.writing() as connection:
            connection.execute("DELETE FROM meta WHERE key = ?", (meta.REBUILD,))

    def layout(self) -> int:
        """A number that moves when segments do."""
        with self._catalogue.reading() as connection:
            return meta.counter(connection, "layout")

    def roots(self) -> list[Root]:
        """The remembered roots, by name."""
        with self._catalogue.reading() as connection:
            return query_of.roots(connection)

    def add_root(self, root: Root) -> None:
        """Remember a root under its name."""
        with self._catalogue.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO roots VALUES (?, ?, ?, ?)", root_row(root))

    def put(
        self,
        document: Document,
        chunks: Sequence[Chunk],
        *,
        root: str,
        content_hash: str,
        file: str | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> int:
        """Add the document or replace its current version; durable when this returns.

        Args:
            document: What was read.
            chunks: All of this version, in text order; their ids differ.
            root: The name of the root that the document belongs to.
            content_hash: What sync compares to know an unchanged file.
            file: The URI of the file that the document is a part of; its own where None.
            progress: Called with the number of texts embedded since last time.

        Returns:
            How many texts were embedded; one that is already in the index, here or elsewhere, is not embedded again.

        Raises:
            EmbedderMismatch: The embedder is not the index's.
            EmbedError: A vector is not usable; the message names the chunk. Nothing was written.
            StoreError: The disk is full or the catalogue cannot be written. Nothing was written.
        """
        self.check_embedder()
        _check_belongs(document, chunks)
        texts = [embedded_text(document, chunk, self._embedder) for chunk in chunks]
        keys = [meta.vector_key(self._index.embedder, text) for text in texts]
        first_place = {key: place for place, key in reversed(list(enumerate(keys)))}
        unknown = self._unknown(dict.fromkeys(keys))
        vectors = self._embed([first_place[key] for key in unknown], texts, chunks, progress)
        sketch = sketch_text(document.uri, document.text)
        with self._catalogue.writing() as connection:
            if self._fixed_vector is not None:
                meta.put(connection, "fixed_vector", self._fixed_vector)
            loose = changes.delete_chunks(connection, document.id, [document.version])
            changes.write_document(
                connection, document, len(chunks), file=file or document.uri, root=root, content_hash=content_hash
            )
            write_sketch(connection, document.id, sketch)
            changes.write_vectors(connection, unknown, vectors)
            changes.write_chunks(connection, chunks, keys)
            loose += self._forget_old_versions(connection, document.id)
            changes.delete_unused_vectors(connection, loose)
        self._fixed_vector = None
        return len(unknown)

    def remove(self, document_id: str) -> None:
        """Remove a document with all its versions; durable when this returns.

        Raises:
            DocumentNotFound: There is none of that id.
        """
        self.remove_all([document_id])

    def remove_all(self, document_ids: Sequence[str]) -> None:
        """Remove documents as `remove` does, all of them or none."""
        with self._catalogue.writing() as connection:
            for document_id in document_ids:
                remove_document(connection, document_id)

    def remove_version(self, document_id: str, version: str) -> None:
        """Remove a version that is not the current one; errors as in ``removal.remove_version``."""
        with self._catalogue.writing() as connection:
            remove_version(connection, document_id, version)

    def forget_root(self, name: str) -> list[str]:
        """Remove a root with its documents, whose ids are returned; errors as in ``removal.forget_root``."""
        with self._catalogue.writing() as connection:
            return forget_root(connection, name)

    def move(self, relocations: Sequence[Relocation]) -> None:
        """Give documents other URIs, all of them or none: embeddings and old versions stay, ids become others.

        Raises:
            DocumentNotFound: One is not there.
            StoreError: Another document has one of the URIs.
        """
        with self._catalogue.writing() as connection:
            for to in relocations:
                relocate(connection, to)

    def set_access(self, lists: Mapping[str, tuple[str, ...]]) -> None:
        """Replace the access lists of documents by id, of all of them or of none; nothing is read or embedded again."""
        with self._catalogue.writing() as connection:
            at = changes.next_generation(connection)
            for document_id, groups in lists.items():
                changes.set_access(connection, document_id, groups, at=at)

    def seen(self) -> dict[str, SeenFile]:
        """What the last sync saw of each file, by URI."""
        with self._catalogue.reading() as connection:
            return read_seen(connection)

    def note(self, files: Iterable[SeenFile], *, gone: Iterable[str] = ()) -> None:
        """Remember what this sync saw, and forget files that are gone."""
        with self._catalogue.writing() as connection:
            forget_seen(connection, gone)
            write_seen(connection, files)

    def sketches(self) -> list[Sketch]:
        """What near-duplicates are found by, of every document."""
        with self._catalogue.reading() as connection:
            return read_sketches(connection)

    def seal(self, *, deep: bool = False) -> None:
        """Seal the tail when it is long enough, fold segments that are half dead or no larger, heal damaged ones.

        Args:
            deep: Hold every vector of large segments against its checksum, too: 0.5 s for a million.

        Raises:
            StoreDamaged: A vector in the catalogue fails its check.
            StoreError: The disk is full; the index stays as it was.
        """
        self._sealing.seal(deep=deep)

    def _unknown(self, keys: Iterable[bytes]) -> list[bytes]:
        with self._catalogue.reading() as connection:
            return query_of.unknown_vectors(connection, keys)

    def _embed(
        self,
        positions: Sequence[int],
        texts: Sequence[str],
        chunks: Sequence[Chunk],
        progress: Callable[[int], None] | None,
    ) -> NDArray[np.float16]:
        if not positions:
            return np.empty((0, self._index.embedder.dimension), dtype=np.float16)
        self._verify_model()
        matrix = self._embedder.embed_passages([texts[position] for position in positions], progress=progress)
        named = [chunks[position].id for position in positions]
        check_vectors(matrix, named, dimension=self._index.embedder.dimension)
        return matrix.astype("<f2")

    def _verify_model(self) -> None:
        """Hold the fixed sentence against its first vector, once a writer, the first time something is embedded."""
        if self._verified:
            return
        vector = self._embedder.embed_passages([meta.FIXED_SENTENCE])[0]
        with self._catalogue.reading() as connection:
            stored = meta.get(connection, "fixed_vector")
        if stored is None:
            self._fixed_vector = meta.encode_vector(vector)
        else:
            meta.check_fixed_vector(self._index.embedder, meta.decode_vector(stored), vector)
        self._verified = True

    def _forget_old_versions(self, connection: sqlite3.Connection, document_id: str) -> list[int]:
        versions = query_of.versions_like(connection, document_id, "")[self._settings.keep_versions :]
        loose = changes.delete_chunks(connection, document_id, versions)
        gone = [(document_id, version) for version in versions]
        connection.executemany("DELETE FROM versions WHERE document_id = ? AND version = ?", gone)
        return loose


def _check_belongs(document: Document, chunks: Sequence[Chunk]) -> None:
    try:
        document.uri.encode()
    except UnicodeEncodeError as error:
        raise StoreError(f"the name {document.uri!r} is not valid Unicode") from error
    if any(later.start < earlier.start for earlier, later in pairwise(chunks)):
        raise StoreError(f"the chunks of {document.uri!r} are not in text order")
    for chunk in chunks:
        if (chunk.document_id, chunk.version) != (document.id, document.version):
            raise StoreError(f"chunk {chunk.id} does not belong to {document.uri!r} at version {document.version!r}")
        if chunk.id != chunk_id(document.id, document.version, chunk.start, chunk.end):
            raise StoreError(f"chunk {chunk.id} does not carry the id of its place")
        if not 0 <= chunk.start <= chunk.end <= len(document.text):
            raise StoreError(f"chunk {chunk.id} lies outside the text of {document.uri!r}")


def check_vectors(matrix: Matrix, chunk_ids: Sequence[str], *, dimension: int) -> None:
    """Let only unit rows in: one NaN row would win or lose every search from then on."""
    if matrix.shape != (len(chunk_ids), dimension):
        wanted = (len(chunk_ids), dimension)
        raise EmbedError(f"the embedder returned {matrix.shape} for {wanted}, from chunk {chunk_ids[0]} on")
    with np.errstate(over="ignore", invalid="ignore"):
        lengths = np.sqrt(np.square(matrix, dtype=np.float64).sum(axis=1))
    for name, length in zip(chunk_ids, lengths.tolist(), strict=True):
        if not abs(length - 1) <= UNIT_TOLERANCE:
            raise EmbedError(f"the embedder returned a vector of length {length:g} for chunk {name}, not of length 1")
