"""One commit that brings the postings from one generation of the catalogue to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from retrievers.errors import LexicalUnusable
from retrievers.lexical.rows import rows
from retrievers.lexical.schema import SCHEMA, Stamp, stamp_query, stamp_row

if TYPE_CHECKING:
    from indexers.store import Snapshot

_HEAP_BYTES = 64 * 2**20


def write(index: Any, snapshot: Snapshot, *, since: int | None) -> None:  # noqa: ANN401  # tantivy ships no types
    """Bring ``index`` from generation ``since`` (None: from nothing) to the snapshot's.

    Raises:
        LexicalUnusable: It cannot be written.
        DocumentNotFound: A document was removed while it was being read.
    """
    import tantivy

    try:
        writer = index.writer(heap_size=_HEAP_BYTES, num_threads=1)
        if since is None:
            writer.delete_all_documents()
        else:
            # By query: deleting by term takes the number for a signed one and deletes nothing (tantivy-py 0.27).
            for document_id in snapshot.removed_since(since):
                gone = tantivy.Query.term_query(index.schema, "document", int(document_id, 16), "basic")
                writer.delete_documents_by_query(gone)
            writer.delete_documents_by_query(stamp_query(index.schema))
        chunks = snapshot.all_chunks() if since is None else snapshot.all_chunks(after_generation=since)
        for row in rows(chunks, snapshot):
            writer.add_document(row)
        writer.add_document(stamp_row(Stamp(snapshot.index_id, SCHEMA, snapshot.generation)))
        writer.commit()
        writer.wait_merging_threads()
    except (ValueError, OSError) as error:
        raise LexicalUnusable(path="lexical", reason=f"it cannot be written: {error}") from error
