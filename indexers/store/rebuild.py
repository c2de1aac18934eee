"""Builds an index anew from the texts that it holds: its segments, its chunks, or its vectors by another model.

Nothing is read from the documents' own files. Each of these may be killed at any point and run again.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from indexers.context import embedded_text
from indexers.errors import SettingsError, StoreBusy
from indexers.settings import StoreSettings
from indexers.split import SPLITTER_VERSION, split_document
from indexers.store import catalogue as query_of
from indexers.store import meta
from indexers.store.connection import Catalogue
from indexers.store.lock import write_lock
from indexers.store.sealing import seal_all
from indexers.store.swap import stage, swap_in
from indexers.store.writer import Writer

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

    from indexers.embed import Embedder
    from indexers.store.rows import DocumentEntry


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What was done: the documents and chunks of the index, and how many texts had to be embedded."""

    documents: int
    chunks: int
    embedded: int


def rebuild_segments(folder: Path, *, embedder: Embedder, settings: StoreSettings | None = None) -> None:
    """Seal all vectors again, and forget a rebuild by another model that was never finished.

    Raises:
        StoreBusy: Another process is writing.
        StoreDamaged: A vector fails its check.
    """
    seal_rows = (settings or StoreSettings()).seal_rows
    with write_lock(folder):
        catalogue = Catalogue(folder)
        try:
            with catalogue.writing() as connection:
                _forget_embedding(connection)
                index = meta.read(connection)
                seal_all(connection, folder, dimension=index.embedder.dimension, seal_rows=seal_rows)
                meta.put_index(connection, replace(index, index_id=meta.new_id()))  # the lexical index begins anew
        finally:
            catalogue.close()
    _seal(folder, embedder, settings)


def rebuild_chunks(
    folder: Path,
    *,
    embedder: Embedder,
    max_tokens: int,
    settings: StoreSettings | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Rebuilt:
    """Cut every document anew, a document at a time; only strings that are new are embedded.

    Readers go on meanwhile: a document has its old chunks or its new ones.

    Args:
        folder: The index.
        embedder: The index's own.
        max_tokens: The most tokens of a chunk from now on, context included.
        settings: As for a writer.
        progress: Called with the documents done and in all.

    Raises:
        EmbedderMismatch: It is not the index's embedder.
        SettingsError: The embedder reads fewer tokens.
        StoreBusy: Another process is writing.
    """
    _check_length(embedder, max_tokens)
    embedded = 0
    with Writer(folder, embedder, settings or StoreSettings()) as writer:
        writer.check_embedder()
        since = writer.begin_split(max_tokens=max_tokens, splitter=SPLITTER_VERSION)
        entries = writer.entries()
        for done, entry in enumerate(entries):
            if progress:
                progress(done, len(entries))
            if entry.generation <= since:
                embedded += _cut_again(writer, entry, embedder, max_tokens)
        writer.end_split()
        writer.seal()
        if progress:
            progress(len(entries), len(entries))
        entries = writer.entries()
    return Rebuilt(len(entries), sum(entry.chunks for entry in entries), embedded)


def _cut_again(writer: Writer, entry: DocumentEntry, embedder: Embedder, max_tokens: int) -> int:
    document, chunks, keys = writer.held(entry)
    cut = split_document(document, embedder, max_tokens=max_tokens)
    wanted = [meta.vector_key(embedder.identity, embedded_text(document, chunk, embedder)) for chunk in cut]
    if (cut, wanted) == (chunks, keys):
        return 0  # its rows, and what is sealed of them, stay
    return writer.put(document, cut, root=entry.root, content_hash=entry.content_hash, file=entry.file)


def rebuild_vectors(
    folder: Path,
    *,
    embedder: Embedder,
    max_tokens: int | None = None,
    settings: StoreSettings | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Rebuilt:
    """Embed the index by another model beside the first, and go over to it in one transaction when all is there.

    Vectors are written as they are made: a run that was killed goes on where it was. Readers answer from the first
    model until the last moment. Texts are cut anew, since another model counts its tokens otherwise. Old versions keep
    their text; their vectors, which nothing searches, go.

    Args:
        folder: The index.
        embedder: The new model.
        max_tokens: The most tokens of a chunk; None takes the index's, or what the model reads where that is less.
        settings: As for a writer.
        progress: Called with the documents done and in all.

    Raises:
        SettingsError: The model reads fewer than ``max_tokens``.
        StoreBusy: Another process is writing.
        EmbedError: The model cannot be loaded, or returned no usable vector; the index answers as before.
    """
    with write_lock(folder):
        catalogue = Catalogue(folder)
        try:
            with catalogue.reading() as connection:
                index, entries = meta.read(connection), query_of.entries(connection)
            longest = min(index.max_tokens, embedder.identity.max_tokens) if max_tokens is None else max_tokens
            _check_length(embedder, longest)
            target = replace(
                index, index_id=meta.new_id(), embedder=embedder.identity, max_tokens=longest, splitter=SPLITTER_VERSION
            )
            _begin_embedding(catalogue, embedder, longest)
            embedded = stage(catalogue, entries, embedder, max_tokens=longest, progress=progress)
            fixed = embedder.embed_passages([meta.FIXED_SENTENCE])[0]
            chunks = swap_in(catalogue, target, fixed_vector=fixed, seal_rows=(settings or StoreSettings()).seal_rows)
        finally:
            catalogue.close()
    _seal(folder, embedder, settings)
    return Rebuilt(len(entries), chunks, embedded)


def _check_length(embedder: Embedder, max_tokens: int) -> None:
    reads = embedder.identity.max_tokens
    if max_tokens > reads:
        raise SettingsError(f"split.max_tokens is {max_tokens}, but {embedder.identity.name} reads at most {reads}")


def _begin_embedding(catalogue: Catalogue, embedder: Embedder, max_tokens: int) -> None:
    """Say which model is being built beside the index's; what was begun of a third one goes."""
    plan = json.dumps({"kind": "embed", **asdict(embedder.identity), "split_tokens": max_tokens})
    with catalogue.writing() as connection:
        begun = meta.get(connection, meta.REBUILD)
        if begun != plan:
            _forget_embedding(connection)
            meta.put(connection, meta.REBUILD, plan)


def _forget_embedding(connection: sqlite3.Connection) -> None:
    begun = meta.get(connection, meta.REBUILD)
    if begun is not None and json.loads(begun)["kind"] == "embed":
        connection.execute("DELETE FROM meta WHERE key = ?", (meta.REBUILD,))
        connection.execute("DELETE FROM vectors WHERE id NOT IN (SELECT vector FROM chunks)")


def _seal(folder: Path, embedder: Embedder, settings: StoreSettings | None) -> None:
    with contextlib.suppress(StoreBusy), Writer(folder, embedder, settings or StoreSettings()) as writer:
        writer.seal()  # makes room, too; a writer that came first does both when he has done
