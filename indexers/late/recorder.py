"""Codes out of the same pass as the vectors, and for what was embedded without them."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from indexers.context import embedded_text
from indexers.embed import token_embedder
from indexers.errors import DocumentNotFound, LateUnusable
from indexers.late import folder as late
from indexers.store.meta import FIXED_SENTENCE, vector_key
from indexers.store.segment_file import UNFINISHED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from indexers.embed import Embedder, EmbedderIdentity, Matrix, TokenEmbedder, Vector
    from indexers.late.codes import PieceCodes
    from indexers.store import DocumentEntry, Snapshot, Store

    Progress = Callable[[int, int, str], None]
    """Called with the documents done, in all, and the URI of the one that is next."""

BUFFERED_BYTES = 16 * 2**20
"""Of codes that wait to be written: 4,000 chunks, half a minute of embedding that a kill costs."""

BATCH_TEXTS = 256


class Recorder:
    """An embedder that keeps the codes of every passage it embeds; `flush` when all is embedded.

    Codes are kept by the exact text, so that they may be written before, or without, the document's transaction. What
    cannot be written is left to `catch_up`, which says so.
    """

    def __init__(self, embedder: TokenEmbedder, folder: Path) -> None:
        """Write into ``folder`` (``INDEX/late``), which is made when it is needed."""
        self._embedder = embedder
        self._folder = folder
        self._waiting: dict[bytes, PieceCodes] = {}
        self._bytes = 0
        self._failed = False

    @property
    def identity(self) -> EmbedderIdentity:
        """The embedder's."""
        return self._embedder.identity

    def pieces(self, text: str) -> NDArray[np.int64]:
        """The embedder's."""
        return self._embedder.pieces(text)

    def embed_passages(
        self, texts: Sequence[str], *, progress: Callable[[int], None] | None = None, cut: bool = False
    ) -> Matrix:
        """The embedder's vectors; the codes are kept."""
        matrix, codes = self._embedder.embed_with_codes(texts, progress=progress, cut=cut)
        for text, found in zip(texts, codes, strict=True):
            if text != FIXED_SENTENCE:  # which proves the model, and is no chunk's
                self._waiting[vector_key(self.identity, text)] = found
                self._bytes += found.codes.nbytes
        if self._bytes >= BUFFERED_BYTES:
            self.flush()
        return matrix

    def embed_query(self, text: str) -> Vector:
        """The embedder's."""
        return self._embedder.embed_query(text)

    def prepare(self) -> None:
        """The embedder's."""
        self._embedder.prepare()

    def close(self) -> None:
        """Write what waits, and close the embedder."""
        self.flush()
        self._embedder.close()

    def flush(self) -> None:
        """Write what waits."""
        waiting, self._waiting, self._bytes = self._waiting, {}, 0
        if not self._failed:
            try:
                late.add(self._folder, str(self._embedder.coding), waiting)
            except LateUnusable:
                self._failed = True  # the rest of the run goes on without


@dataclass(frozen=True, slots=True)
class Reached:
    """Up to which generation of which index every chunk was seen to have its codes, and in which packs."""

    index_id: str
    generation: int
    coding: str
    packs: tuple[str, ...] = ()


@contextmanager
def recording(embedder: Embedder, index: Path, *, wanted: bool = True) -> Iterator[Embedder]:
    """The embedder to index with: one that keeps codes in the folder ``index``, where they are wanted and it has any.

    What was embedded is written when the block is left, however it is left.
    """
    able = token_embedder(embedder) if wanted else None
    if able is None:
        yield embedder
        return
    recorder = Recorder(able, index / late.FOLDER)
    try:
        yield recorder
    finally:
        recorder.flush()


def bring_up(store: Store, embedder: Embedder, *, wanted: bool = True, progress: Progress | None = None) -> int:
    """`catch_up` where codes are wanted and the embedder has any; else they are removed."""
    able = token_embedder(embedder) if wanted else None
    if able is not None:
        return catch_up(store, able, progress=progress)
    late.remove(store.path / late.FOLDER)
    return 0


def forget(store: Store, embedder: Embedder) -> None:
    """Drop the codes of texts that are in no document any more; nothing is computed.

    Raises:
        LateUnusable: The folder cannot be written.
    """
    able, folder = token_embedder(embedder), store.path / late.FOLDER
    if able is not None and folder.is_dir():
        _tidy(store.snapshot(), folder, str(able.coding), strict=True)


def catch_up(store: Store, embedder: TokenEmbedder, *, progress: Progress | None = None) -> int:
    """Compute the codes of chunks that have none, and tidy the folder; the store is only read.

    What is done stays done if it is interrupted.

    Returns:
        How many texts were encoded: none, if they were all embedded by a `Recorder`.

    Raises:
        LateUnusable: The folder cannot be written.
        EmbedError: The model cannot be loaded.
    """
    folder, snapshot = store.path / late.FOLDER, store.snapshot()
    packs = late.Packs.open(folder, coding=str(embedder.coding))
    present = tuple(late.names(folder))
    reached = Reached(snapshot.index_id, snapshot.generation, str(embedder.coding), present)
    before = _read(folder)
    if before == reached and not packs.damaged and not late.leftovers(folder):
        return 0
    encoded = _encode_missing(
        snapshot, Recorder(embedder, folder), packs, since=_since(before, packs, reached), progress=progress
    )
    _tidy(snapshot, folder, reached.coding)
    _note(folder, replace(reached, packs=tuple(late.names(folder))))
    return encoded


def lacking(store: Store, embedder: TokenEmbedder) -> int:
    """How many texts of live chunks have no codes; quick where nothing has changed since the last `catch_up`."""
    folder, snapshot = store.path / late.FOLDER, store.snapshot()
    packs = late.Packs.open(folder, coding=str(embedder.coding))
    now = Reached(snapshot.index_id, snapshot.generation, str(embedder.coding), tuple(late.names(folder)))
    since = _since(_read(folder), packs, now)
    keys = {key for entry in snapshot.documents() if entry.generation > since for key in snapshot.vector_keys_of(entry)}
    return len(keys) - len(packs.held(sorted(keys)))


def _since(before: Reached | None, packs: late.Packs, now: Reached) -> int:
    """The generation after which documents need to be looked at: -1 where what was noted no longer holds."""
    if before is None or packs.damaged or (before.index_id, before.coding) != (now.index_id, now.coding):
        return -1
    return before.generation if set(before.packs) <= set(now.packs) else -1


def _encode_missing(
    snapshot: Snapshot, recorder: Recorder, packs: late.Packs, *, since: int, progress: Progress | None
) -> int:
    encoded = 0
    entries = [entry for entry in snapshot.documents() if entry.generation > since]
    try:
        for done, entry in enumerate(entries):
            keys = snapshot.vector_keys_of(entry)
            missing = set(keys) - packs.held(keys)
            if missing:
                if progress:
                    progress(done, len(entries), entry.uri)
                texts = _texts(snapshot, entry, recorder, missing)
                for first in range(0, len(texts), BATCH_TEXTS):
                    recorder.embed_passages(texts[first : first + BATCH_TEXTS], cut=True)
                encoded += len(texts)
    finally:
        recorder.flush()
    return encoded


def _texts(snapshot: Snapshot, entry: DocumentEntry, embedder: Embedder, missing: set[bytes]) -> list[str]:
    """The texts whose keys are missing, of a document's chunks; none where it has been removed since."""
    try:
        document = snapshot.document(entry.id, version=entry.version)
    except DocumentNotFound:
        return []
    texts = [embedded_text(document, chunk, embedder) for chunk in snapshot.chunks_of(entry)]
    return [text for text in dict.fromkeys(texts) if vector_key(embedder.identity, text) in missing]


def _tidy(snapshot: Snapshot, folder: Path, coding: str, *, strict: bool = False) -> None:
    live, keys = snapshot.status().vectors, snapshot.every_vector_key
    late.tidy(folder, coding=coding, live=live, keys=keys, strict=strict)


def _read(folder: Path) -> Reached | None:
    try:
        read = Reached(**json.loads((folder / late.REACHED).read_bytes()))
        return replace(read, packs=tuple(read.packs))
    except (OSError, ValueError, TypeError):
        return None  # missing, or not what was written: everything is compared


def _note(folder: Path, reached: Reached) -> None:
    with late.writing(folder):
        try:
            unfinished = folder / (late.REACHED + UNFINISHED)
            unfinished.touch(mode=0o600)
            unfinished.write_text(json.dumps(asdict(reached)), encoding="ascii")
            unfinished.replace(folder / late.REACHED)
        except OSError as error:
            raise LateUnusable(path=str(folder), reason=error.strerror or str(error)) from error
