"""A collection into an index, by the same splitter, embedder and store that files go through."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from evals.errors import CollectionError
from evals.search.ahead import Ahead
from indexers.context import embedded_text
from indexers.document import PART_SEPARATOR, RECORD, Document, document_id
from indexers.embedders import open_embedder
from indexers.late.recorder import bring_up, recording
from indexers.load.build import TextBuilder
from indexers.load.limits import LoadLimits
from indexers.load.text import add_text
from indexers.normalise import NORMALISER_VERSION
from indexers.split import split_document
from indexers.store import Store
from retrievers.lexical import catch_up

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from evals.search.collection import Collection, Record
    from indexers.settings import StoreSettings
    from rag.settings import Settings

ROOT = "corpus.jsonl"
"""What the documents' URIs begin with, and the name of the root that they belong to."""

RECORD_VERSION = f"1.{NORMALISER_VERSION}"
"""Part of every record's version: raise it when the same record gives another document."""

AT_ONCE = 256
"""Records that are embedded, or removed, at once."""


def index_collection(
    collection: Collection,
    folder: Path,
    *,
    settings: Settings,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Make the index in ``folder`` hold the collection and nothing else; what it holds already stays as it is.

    Args:
        collection: What is to be searched.
        folder: An index of this collection, an empty folder, or none yet.
        settings: The model, the length of chunks, and what else an index is made with.
        progress: Called with the records done and the records in all.

    Raises:
        CollectionError: The index holds something else than a collection, or was split by another version.
        StoreError: It cannot be made, written, or holds another model's vectors.
    """
    embedder, late = open_embedder(settings.embedder), settings.ranking.late_interaction
    try:
        with Store.create(folder, embedder=embedder.identity, max_tokens=settings.split.max_tokens) as store:
            store.check_embedder(embedder.identity)
            with recording(embedder, folder, wanted=late) as recorder:
                _bring(store, collection, Ahead(recorder), settings.store, progress)
            catch_up(store)  # else the first searches would be by an older state of the postings
            bring_up(store, embedder, wanted=late)
    finally:
        embedder.close()


def _bring(
    store: Store,
    collection: Collection,
    embedder: Ahead,
    settings: StoreSettings,
    progress: Callable[[int, int], None] | None,
) -> None:
    known = {entry.uri: entry.version for entry in store.snapshot().documents()}
    _refuse_others(store, known)
    with store.writer(embedder, settings=settings) as writer:
        for first in range(0, len(collection.records), AT_ONCE):
            batch = [document_of(record) for record in collection.records[first : first + AT_ONCE]]
            new = [document for document in batch if known.pop(document.uri, None) != document.version]
            cut = [split_document(document, embedder, max_tokens=store.max_tokens) for document in new]
            embedder.prepare_passages(
                [
                    embedded_text(document, chunk, embedder)
                    for document, chunks in zip(new, cut, strict=True)
                    for chunk in chunks
                ]
            )
            for document, chunks in zip(new, cut, strict=True):
                writer.put(document, chunks, root=ROOT, content_hash=document.version)
            if progress is not None:
                progress(first + len(batch), len(collection.records))
        gone = [document_id(uri) for uri in known]
        for first in range(0, len(gone), AT_ONCE):
            writer.remove_all(gone[first : first + AT_ONCE])
        writer.seal()


def document_of(record: Record) -> Document:
    """The record as a document: its title is a heading over its text."""
    uri = record_uri(record.id)
    builder = TextBuilder(uri, LoadLimits())
    if record.title.strip():
        builder.add_heading(record.title, level=1)
    add_text(builder, record.text)
    reading = builder.reading(title=record.title)
    content = "\0".join((RECORD_VERSION, record.title, record.text))
    version = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
    return Document(document_id(uri), uri, reading.title, RECORD, version, reading.text, reading.blocks)


def record_uri(name: str) -> str:
    """The URI of the document that is made of a record."""
    return f"{ROOT}{PART_SEPARATOR}{name}"


def record_id(uri: str) -> str:
    """The id of the record that a document was made of."""
    return uri.removeprefix(ROOT + PART_SEPARATOR)


def _refuse_others(store: Store, known: dict[str, str]) -> None:
    other = next((uri for uri in known if not uri.startswith(ROOT + PART_SEPARATOR)), None)
    if other is not None:
        raise CollectionError(f"the index {store.path} holds {other!r}, which is of no collection: name another folder")
    if store.rebuild_due() is not None:
        raise CollectionError(
            f"the index {store.path} is out of date ({store.rebuild_due()}): delete it, or name another"
        )
