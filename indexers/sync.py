"""Bring the index up to what lies in folders and files: added, changed, removed and unchanged, root by root."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from indexers.errors import LimitExceeded, LoadError, SettingsError
from indexers.load import LOADER_VERSION, LoadLimits, load_file, supported
from indexers.load.parts import SEPARATOR
from indexers.roots import choose_targets
from indexers.scan import Scan, SkippedFile, UnreadableFile, scan
from indexers.settings import LoaderSettings, SplitSettings, StoreSettings
from indexers.split import split_document

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from indexers.document import Document
    from indexers.embed import Embedder
    from indexers.load import Loaded
    from indexers.roots import Root, Target
    from indexers.store import DocumentEntry, Store, Writer

READ_TRIES = 3
SEAL_EVERY = 10
"""A tail of this many times ``store.seal_rows`` is sealed before the run is over."""


Progress = Callable[[int, int], None]
"""Called with the files done and the files in all: once the folders are listed, and after each file."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A file (a folder, a part of a file) that is not indexed as it now is, with the reason and what to do.

    ``error`` goes on where ``uri`` ends: it does not name the file again.
    """

    uri: str
    error: str
    hint: str


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a run did, counted in documents: those of the files and those of the files inside them.

    ``chunks`` and ``pages`` are totals of the index; ``embedded`` counts the texts of this run.

    ``failures`` are by URI. A failed file that was indexed before keeps its last readable version. ``moved`` are known
    roots that were found at another place, as they now are.
    """

    added: int
    changed: int
    removed: int
    unchanged: int
    failed: int
    failures: tuple[Failure, ...]
    chunks: int
    pages: int
    embedded: int
    seconds: float
    moved: tuple[Root, ...] = ()


def sync_paths(
    store: Store,
    paths: Sequence[Path],
    *,
    embedder: Embedder,
    loader: LoaderSettings | None = None,
    split: SplitSettings | None = None,
    settings: StoreSettings | None = None,
    progress: Progress | None = None,
) -> SyncReport:
    """Index files and folders, and forget what is gone from them; roots that were not given are left alone.

    Every document is durable by itself: after an interrupt or a kill the next run goes on where this one was.

    Args:
        store: The index.
        paths: Folders become roots and are remembered; a path inside a root is a part of it.
        embedder: The index's model.
        loader: What a file may cost.
        split: What the index was made with; None takes that.
        settings: Versions to keep, and rows to seal at once.
        progress: Told how far the run is.

    Raises:
        PathNotFound: A path is missing; nothing was done.
        SettingsError: The index was split otherwise; nothing was done.
        EmbedderMismatch: The index holds another model's vectors; nothing was done.
        StoreError: Another writer is at work, or the disk is full; what was acknowledged stays.
        EmbedError: The model cannot be loaded.
    """
    began = time.monotonic()
    store.check_embedder(embedder.identity)
    if split is not None and split.max_tokens != store.max_tokens:
        made_with = f"{store.path} was made with split.max_tokens = {store.max_tokens}"
        raise SettingsError(f"{made_with}, settings say {split.max_tokens}; keep that, or index into a new folder")
    index = store.path.resolve()
    settings = settings or StoreSettings()
    choose_targets(
        paths, store.roots(), index=index, same=_same(store.snapshot().documents())
    )  # a missing path is told even while another writer is at work
    with store.writer(embedder, settings=settings) as writer:
        targets = choose_targets(paths, writer.roots(), index=index, same=_same(writer.entries()))
        run = _Run(writer, embedder, loader or LoaderSettings(), store.max_tokens, SEAL_EVERY * settings.seal_rows)
        run.sync(targets, index=index, progress=progress)
        writer.seal()
        return run.report(seconds=time.monotonic() - began)


class _Run:
    def __init__(
        self, writer: Writer, embedder: Embedder, loader: LoaderSettings, max_tokens: int, seal_after: int
    ) -> None:
        self._writer = writer
        self._embedder = embedder
        self._limits = LoadLimits(**loader.model_dump())
        self._max_tokens = max_tokens
        self._seal_after = seal_after
        self._tail_rows = 0
        self._counts: Counter[str] = Counter()
        self._failures: dict[str, LoadError] = {}
        self._embedded = 0
        self._moved: list[Root] = []
        self._known = {entry.uri: entry for entry in writer.entries()}
        self._found: set[str] = set()
        self._parts: dict[str, list[DocumentEntry]] = {}

    def sync(self, targets: Sequence[Target], *, index: Path, progress: Progress | None) -> None:
        """Bring each target up to date: first what is there, and at the end what is gone.

        In this order a moved file finds its vectors still in the index.
        """
        known = {root.name: root for root in self._writer.roots()}
        for target in targets:
            before = known.get(target.root.name)
            if before != target.root:
                self._writer.add_root(target.root)
                known[target.root.name] = target.root
                if before is not None and before.path != target.root.path:
                    self._moved.append(target.root)
        scans = [
            (target, scan(target, beside=_beside(target, known.values(), index), supported=supported))
            for target in targets
        ]
        total = sum(len(found.files) for _, found in scans)
        self._found.update(*(found.files for _, found in scans))
        for entry in self._known.values():
            if entry.file != entry.uri:
                self._parts.setdefault(entry.file, []).append(entry)
        done = 0
        for target, found in scans:
            self._failures.update(found.left_out | found.unheard)
            for uri, file in found.files.items():
                if progress:
                    progress(done, total)
                self._file(target.root, uri, file.path)
                done += 1
        for target, found in scans:
            self._remove_gone(target, found)
        if progress:
            progress(done, total)

    def _file(self, root: Root, uri: str, path: Path) -> None:
        entry = self._known.get(uri)
        parts = self._parts.get(uri, [])
        try:
            read = _read(path, uri, self._limits, known=entry.content_hash if entry else None)
        except LoadError as error:
            self._failures[uri] = error
            return
        if read is None:
            self._counts["unchanged"] += 1 + len(parts)
            return
        loaded, content_hash = read
        self._failures.update((failure.uri, failure.error) for failure in loaded.failures)
        # The file's own document comes last: with it the file counts as read, so its parts must stand by then.
        for document in reversed(loaded.documents):
            self._put(document, root=root, file=uri, content_hash=content_hash)
        held = {document.uri for document in loaded.documents} | {failure.uri for failure in loaded.failures}
        for part in parts:
            if part.uri not in held:
                self._remove(part)

    def _put(self, document: Document, *, root: Root, file: str, content_hash: str) -> None:
        if document.uri != file and document.uri in self._found:
            self._failures[document.uri] = SkippedFile(f"is also the name of a file beside {file}")
            return
        entry = self._known.get(document.uri)
        chunks = split_document(document, self._embedder, max_tokens=self._max_tokens)
        self._embedded += self._writer.put(document, chunks, root=root.name, file=file, content_hash=content_hash)
        same_part = entry is not None and entry.version == document.version and document.uri != file
        self._counts["added" if entry is None else "unchanged" if same_part else "changed"] += 1
        self._tail_rows += len(chunks)
        if self._tail_rows >= self._seal_after:
            self._writer.seal()
            self._tail_rows = 0

    def _remove(self, entry: DocumentEntry) -> None:
        self._writer.remove(entry.id)
        self._counts["removed"] += 1

    def _remove_gone(self, target: Target, found: Scan) -> None:
        for entry in self._known.values():
            if entry.root == target.root.name and target.holds(entry.file) and found.is_gone(entry.file):
                self._remove(entry)

    def report(self, *, seconds: float) -> SyncReport:
        """What was done, with the totals of the index as it now is."""
        entries = self._writer.entries()
        return SyncReport(
            added=self._counts["added"],
            changed=self._counts["changed"],
            removed=self._counts["removed"],
            unchanged=self._counts["unchanged"],
            failed=len(self._failures),
            failures=tuple(
                Failure(uri, _without_name(str(error), uri), error.hint)
                for uri, error in sorted(self._failures.items())
            ),
            chunks=sum(entry.chunks for entry in entries),
            pages=sum(entry.pages for entry in entries),
            embedded=self._embedded,
            seconds=seconds,
            moved=tuple(self._moved),
        )


def _without_name(message: str, uri: str) -> str:
    """A loader's message without the file name that it begins with: in a report the URI stands before it."""
    file = PurePosixPath(uri).name
    for name in (file, file.rpartition(SEPARATOR)[2]):
        if message.startswith((f"{name} ", f"{name}: ")):
            return message[len(name) :].lstrip(": ")
    return message


def _same(entries: Sequence[DocumentEntry]) -> Callable[[Root, Path], bool]:
    def same(root: Root, path: Path) -> bool:
        """Whether any document of ``root`` lies below ``path`` as it was indexed."""
        for entry in entries:
            if entry.root == root.name:
                relative = entry.uri.removeprefix(root.name).lstrip("/")
                with contextlib.suppress(LoadError):
                    if _stamp(path / relative if relative else path, LoadLimits()) == entry.content_hash:
                        return True
        return False

    return same


def _beside(target: Target, roots: Iterable[Root], index: Path) -> list[Path]:
    """What lies below the target and is not its own: the index, and roots of their own."""
    return [index, *(root.path for root in roots if root != target.root)]


def _read(path: Path, uri: str, limits: LoadLimits, *, known: str | None) -> tuple[Loaded, str] | None:
    """What the file gives and the stamp of the bytes it was read from; None where the stamp is the known one.

    Raises:
        LoadError: The file cannot be read, or goes on changing.
    """
    before = _stamp(path, limits)
    for _ in range(READ_TRIES):
        if before == known:
            return None
        loaded = load_file(path, uri=uri, limits=limits)
        after = _stamp(path, limits)
        if after == before:
            return loaded, after
        before = after
    raise UnreadableFile("changes while it is read")


def _stamp(path: Path, limits: LoadLimits) -> str:
    """The sha256 of the bytes, with the loader's version: a file is read again when either has changed."""
    try:
        size = path.stat().st_size
        if size > limits.max_file_bytes:
            raise LimitExceeded(f"has {size:,} bytes, the limit is {limits.max_file_bytes:,}")
        with path.open("rb") as file:
            return f"{hashlib.file_digest(file, 'sha256').hexdigest()} {LOADER_VERSION}"
    except OSError as error:
        raise UnreadableFile(f"cannot be read: {error.strerror}") from error
