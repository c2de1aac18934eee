"""A writer that writes nothing: it takes what a sync would write, and says what would come of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from indexers.context import embedded_text
from indexers.document import document_id
from indexers.duplicates import sketch_text
from indexers.store import DocumentEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from indexers.chunk import Chunk
    from indexers.document import Document
    from indexers.duplicates import Sketch
    from indexers.embed import Embedder
    from indexers.roots import Root
    from indexers.store import Relocation, SeenFile, Store


class Rehearsal:
    """Stands where the writer stands; without an index every text is a new one. Takes no lock."""

    def __init__(self, store: Store | None, embedder: Embedder) -> None:
        self._store = store
        self._embedder = embedder
        self._entries = {entry.id: entry for entry in store.snapshot().documents()} if store else {}
        self._roots = {root.name: root for root in store.roots()} if store else {}
        self._sketches = {sketch.uri: sketch for sketch in store.sketches()} if store else {}
        self._taken: set[str] = set()

    def entries(self) -> list[DocumentEntry]:
        """Every document as it would be, by URI."""
        return sorted(self._entries.values(), key=lambda entry: entry.uri)

    def roots(self) -> list[Root]:
        """The roots as they would be, by name."""
        return sorted(self._roots.values(), key=lambda root: root.name)

    def seen(self) -> dict[str, SeenFile]:
        """What the last sync saw."""
        return self._store.seen() if self._store else {}

    def sketches(self) -> list[Sketch]:
        """The sketches as they would be."""
        return list(self._sketches.values())

    def add_root(self, root: Root) -> None:
        """Take a root as known."""
        self._roots[root.name] = root

    def put(
        self, document: Document, chunks: Sequence[Chunk], *, root: str, content_hash: str, file: str | None = None
    ) -> int:
        """Take a document as put; how many of its texts would be embedded."""
        texts = {embedded_text(document, chunk, self._embedder) for chunk in chunks} - self._taken
        new = self._store.not_embedded(texts) if self._store else texts
        self._taken |= texts
        self._sketches[document.uri] = sketch_text(document.uri, document.text)
        self._entries[document.id] = DocumentEntry(
            id=document.id,
            uri=document.uri,
            title=document.title,
            media_type=document.media_type,
            version=document.version,
            chunks=len(chunks),
            pages=document.page_count,
            indexed_at="",
            root=root,
            content_hash=content_hash,
            generation=0,
            touched=0,
            file=file or document.uri,
            first_row=0,
            metadata=document.metadata,
            access=document.access,
        )
        return len(new)

    def remove_all(self, document_ids: Sequence[str]) -> None:
        """Take documents as removed."""
        for name in document_ids:
            self._sketches.pop(self._entries.pop(name).uri, None)

    def move(self, relocations: Sequence[Relocation]) -> None:
        """Take documents as moved."""
        for to in relocations:
            entry = self._entries.pop(to.id)
            sketch = self._sketches.pop(entry.uri, None)
            if sketch is not None:
                self._sketches[to.uri] = replace(sketch, uri=to.uri)
            name = document_id(to.uri)
            self._entries[name] = replace(
                entry,
                id=name,
                uri=to.uri,
                file=to.file,
                root=to.root,
                content_hash=to.content_hash,
                access=to.access,
            )

    def set_access(self, lists: Mapping[str, tuple[str, ...]]) -> None:
        """Take access lists as replaced."""
        for name, groups in lists.items():
            self._entries[name] = replace(self._entries[name], access=groups)

    def note(self, files: Iterable[SeenFile], *, gone: Iterable[str] = ()) -> None:
        """Remember nothing."""

    def seal(self) -> None:
        """Seal nothing."""
