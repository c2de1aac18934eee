"""A collection into an index, by the same splitter, embedder and store that files go through."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from evals.errors import CollectionError
from indexers.document import PART_SEPARATOR, RECORD, Document, document_id
from indexers.load.build import TextBuilder
from indexers.load.limits import LoadLimits
from indexers.load.text import add_text
from indexers.normalise import NORMALISER_VERSION
from indexers.split import split_document
from indexers.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from evals.collection import Collection, Record
    from indexers.embed import Embedder
    from indexers.settings import StoreSettings

ROOT = "corpus.jsonl"
"""What the documents' URIs begin with, and the name of the root that they belong to."""

RECORD_VERSION = f"1.{NORMALISER_VERSION}"
"""Part of every record's version: raise it when the same record gives another document."""

REMOVED_AT_ONCE = 100


def index_collection(
    collection: Collection,
    folder: Path,
    *,
    embedder: Embedder,
    max_tokens: int,
    settings: StoreSettings,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Make the index in ``folder`` hold the collection and nothing else; what it holds already stays as it is.

    Args:
        collection: What is to be searched.
        folder: An index of this collection, an empty folder, or none yet.
        embedder: The model.
        max_tokens: Of a chunk, in a new index.
        settings: When rows are sealed.
        progress: Called with the records done and the records in all.

    Raises:
        CollectionError: The index holds something else than a collection, or was split by another version.
        StoreError: It cannot be made, written, or holds another model's vectors.
    """
    with Store.create(folder, embedder=embedder.identity, max_tokens=max_tokens) as store:
        store.check_embedder(embedder.identity)
        known = {entry.uri: entry.version for entry in store.snapshot().documents()}
        _refuse_others(store, known, folder)
        with store.writer(embedder, settings=settings) as writer:
            for done, record in enumerate(collection.records, start=1):
                document = document_of(record)
                if known.pop(document.uri, None) != document.version:
                    chunks = split_document(document, embedder, max_tokens=store.max_tokens)
                    writer.put(document, chunks, root=ROOT, content_hash=document.version)
                if progress is not None:
                    progress(done, len(collection.records))
            gone = [document_id(uri) for uri in known]
            for first in range(0, len(gone), REMOVED_AT_ONCE):
                writer.remove_all(gone[first : first + REMOVED_AT_ONCE])
            writer.seal()


def document_of(record: Record) -> Document:
    """The record as a document: its title is a heading over its text."""
    uri = f"{ROOT}{PART_SEPARATOR}{record.id}"
    builder = TextBuilder(uri, LoadLimits())
    if record.title.strip():
        builder.add_heading(record.title, level=1)
    add_text(builder, record.text)
    reading = builder.reading(title=record.title)
    content = "\0".join((RECORD_VERSION, record.title, record.text))
    version = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
    return Document(document_id(uri), uri, reading.title, RECORD, version, reading.text, reading.blocks)


def record_id(uri: str) -> str:
    """The id of the record that a document was made of."""
    return uri.removeprefix(ROOT + PART_SEPARATOR)


def _refuse_others(store: Store, known: dict[str, str], folder: Path) -> None:
    other = next((uri for uri in known if not uri.startswith(ROOT + PART_SEPARATOR)), None)
    if other is not None:
        raise CollectionError(f"the index {folder} holds {other!r}, which is of no collection: name another folder")
    if store.rebuild_due() is not None:
        raise CollectionError(f"the index {folder} is out of date ({store.rebuild_due()}): delete it, or name another")
