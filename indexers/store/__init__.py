"""The index on disk: SQLite is the truth and the only commit point, FAISS segments are a cache over it."""

from __future__ import annotations

from indexers.store.connection import FolderNotEmpty
from indexers.store.document_set import DocumentSet
from indexers.store.relocate import Relocation
from indexers.store.rows import DocumentEntry
from indexers.store.seen import SeenFile
from indexers.store.snapshot import Snapshot, StoreStatus
from indexers.store.store import Store
from indexers.store.writer import Writer

__all__ = [
    "DocumentEntry",
    "DocumentSet",
    "FolderNotEmpty",
    "Relocation",
    "SeenFile",
    "Snapshot",
    "Store",
    "StoreStatus",
    "Writer",
]
