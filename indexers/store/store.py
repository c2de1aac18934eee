"""An index folder, opened: readers take snapshots from it, the one writer is made by it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from indexers.duplicates import Duplicate, find_duplicates
from indexers.errors import NotAnIndex, SchemaMismatch, SettingsError, StoreDamaged
from indexers.report import Failure
from indexers.settings import StoreSettings
from indexers.store import acknowledged, meta
from indexers.store import catalogue as query_of
from indexers.store.connection import CATALOGUE, Catalogue, create_catalogue, holds
from indexers.store.loading import load
from indexers.store.migrate import open_catalogue
from indexers.store.seen import SeenFile, read_seen
from indexers.store.sketches import read_sketches
from indexers.store.snapshot import Snapshot
from indexers.store.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from indexers.duplicates import Sketch
    from indexers.embed import Embedder, EmbedderIdentity
    from indexers.roots import Root
    from indexers.store.meta import IndexMeta


class Store:
    """One index. Threads may share it; close it, or use it as a context manager."""

    def __init__(self, path: Path, catalogue: Catalogue) -> None:
        self.path = path
        self._catalogue = catalogue
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._replaced = 0
        promised = acknowledged.noted(path)
        with catalogue.reading() as connection:
            self._index = meta.read(connection)
            acknowledged.check(connection, promised, folder=path)

    @classmethod
    def open(cls, path: Path) -> Store:
        """Open an existing index for reading; writers open it too. An old catalogue is brought to the present schema.

        Raises:
            NotAnIndex: The folder is missing or holds no catalogue of ours.
            SchemaMismatch: A later version of Plumbline wrote it.
            StoreBusy: The catalogue is old, and another process is writing.
            StoreDamaged: The catalogue cannot be read or its description fails its check.
        """
        catalogue = open_catalogue(path)
        try:
            return cls(path, catalogue)
        except BaseException:
            catalogue.close()
            raise

    @classmethod
    def create(cls, path: Path, *, embedder: EmbedderIdentity, max_tokens: int) -> Store:
        """Make an index, and its folder if needed, or open the one that is there.

        Raises:
            SettingsError: The embedder reads fewer than ``max_tokens`` tokens: it would cut chunks off unnoticed.
            FolderNotEmpty: The folder holds other files and no index.
            StoreError: It cannot be made; or what ``open`` raises.
        """
        if max_tokens > embedder.max_tokens:
            reads = f"{embedder.name} reads at most {embedder.max_tokens} tokens of a chunk"
            raise SettingsError(f"split.max_tokens is {max_tokens}, but {reads}")
        if not holds(path) or not _finished(path):
            create_catalogue(
                path, lambda connection: meta.write_new(connection, embedder=embedder, max_tokens=max_tokens)
            )
        return cls.open(path)

    @property
    def embedder(self) -> EmbedderIdentity:
        """The model whose vectors the index holds."""
        return self._index.embedder

    @property
    def max_tokens(self) -> int:
        """The most tokens a chunk was split to, context included."""
        return self._index.max_tokens

    def check_embedder(self, identity: EmbedderIdentity) -> None:
        """Refuse another model by its name, weights and dimension.

        Raises:
            EmbedderMismatch: The message names both models.
        """
        meta.check_identity(self._index.embedder, identity)

    def rebuild_due(self) -> str | None:
        """Why `rag rebuild --split` is due, or None: texts that are added are not cut as those before were."""
        return self._index.rebuild_due()

    def roots(self) -> list[Root]:
        """The folders and files that were indexed, by name."""
        with self._catalogue.reading() as connection:
            return query_of.roots(connection)

    def seen(self) -> dict[str, SeenFile]:
        """What the last sync saw of each file, by URI; with ``failures`` where it could not be indexed as it was."""
        with self._catalogue.reading() as connection:
            return read_seen(connection)

    def sketches(self) -> list[Sketch]:
        """What near-duplicates are found by, of every document."""
        with self._catalogue.reading() as connection:
            return read_sketches(connection)

    def not_embedded(self, texts: Iterable[str]) -> set[str]:
        """Those of the texts whose vectors are not in the index."""
        keys = {meta.vector_key(self._index.embedder, text): text for text in texts}
        with self._catalogue.reading() as connection:
            return {keys[key] for key in query_of.unknown_vectors(connection, keys)}

    def duplicates(self) -> list[Duplicate]:
        """The documents that say nearly what another one says, by URI."""
        return find_duplicates(self.sketches())

    def failures(self) -> list[Failure]:
        """What the last sync of each root could not index as it was, by URI."""
        found = [Failure(*failure) for file in self.seen().values() for failure in file.failures]
        return sorted(found, key=lambda failure: failure.uri)

    def writer(self, embedder: Embedder, *, settings: StoreSettings | None = None) -> Writer:
        """The one writer, for a ``with`` block: the lock is taken when the block is entered.

        Raises:
            StoreBusy: On entering: another writer is at work, in this process or another.
        """
        return Writer(self.path, embedder, settings or StoreSettings())

    def snapshot(self) -> Snapshot:
        """The present generation; the same object until a writer has committed something.

        Raises:
            StoreDamaged: A row that every search needs fails its check.
        """
        with self._lock:
            index, *counters = self._state()
            if self._replaced != self._catalogue.replaced:  # its numbers may be the same, and mean something else
                self._snapshot, self._replaced = None, self._catalogue.replaced
            held = self._snapshot
            if held is None or (held.index_id, held.generation, held.loaded.layout) != (index.index_id, *counters):
                self._snapshot = held = self._load(index)
            return held

    def _load(self, index: IndexMeta) -> Snapshot:
        """The present generation; once more where the index was restored or rebuilt between two looks at it."""
        while True:
            same = self._snapshot if self._snapshot and self._snapshot.index_id == index.index_id else None
            self._index = index
            try:
                loaded = load(self._catalogue, dimension=index.embedder.dimension, held=same.loaded if same else None)
            except StoreDamaged:
                if self._state()[0] == index:
                    raise
            else:
                if self._state()[0] == index:
                    return Snapshot(self._catalogue, index, loaded)
            index = self._state()[0]

    def _state(self) -> tuple[IndexMeta, int, int]:
        with self._catalogue.reading() as connection:
            counters = (meta.counter(connection, "generation"), meta.counter(connection, "layout"))
            return (meta.read(connection), *counters)

    def close(self) -> None:
        """Close the catalogue; snapshots taken before can no longer read texts."""
        self._catalogue.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _finished(path: Path) -> bool:
    """Whether the folder holds a whole catalogue, not one whose making was cut short."""
    if not holds(path, CATALOGUE):
        return False
    try:
        Catalogue(path).close()
    except NotAnIndex:
        return False
    except SchemaMismatch:
        pass  # whole, but for `open` to judge
    return True
