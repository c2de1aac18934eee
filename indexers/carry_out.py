"""Carry out a sync: what a comparison of folders and index asks for, document by document."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from indexers.access import groups_text
from indexers.compare import Comparison, Index, ToRead, compare, relocated
from indexers.duplicates import find_duplicates
from indexers.errors import EmbedError, LoadError
from indexers.isolation.in_process import InProcess
from indexers.isolation.pool import Pool
from indexers.load import LoadLimits, supported
from indexers.reading import Read, Wanted, read_ahead
from indexers.report import Change, ChangeKind, Failure, SyncReport, failure_of
from indexers.roots import choose_targets
from indexers.scan import Scan, SkippedFile, scan
from indexers.split import split_document
from indexers.stamps import Stamp, stamp_file
from indexers.store import Relocation, SeenFile
from indexers.store.meta import FIXED_SENTENCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from indexers.access import AccessRules
    from indexers.document import Document
    from indexers.embed import Embedder
    from indexers.ignore import Ignore
    from indexers.rehearsal import Rehearsal
    from indexers.roots import Root, Target
    from indexers.settings import ParserSettings
    from indexers.store import DocumentEntry, Writer

AHEAD = 2
"""Files for each worker that are read, or being read, before their turn: a large one in front holds up no worker."""

SEAL_EVERY = 10
"""A tail of this many times ``store.seal_rows`` is sealed before the run is over."""

REMOVED_AT_ONCE = 100
"""The documents that one transaction removes when many are gone."""

NOTED_AT_ONCE = 200
"""The files of which a note is written at once; a note that is lost costs reading the file to know it."""

Progress = Callable[[int, int, str], None]
"""Called with the files done, the files in all, and the URI of the one that is read next ("" at the end)."""


class Run:
    """One sync: made for one writer, used once. Libraries that keep files while they read do so in ``folder``."""

    def __init__(
        self,
        writer: Writer | Rehearsal,
        embedder: Embedder,
        *,
        limits: LoadLimits,
        parser: ParserSettings,
        folder: Path | None,
        rules: AccessRules,
        ignore: Ignore,
        max_tokens: int,
        seal_rows: int,
    ) -> None:
        self._writer = writer
        self._embedder = embedder
        self._limits = limits
        self._parser = parser
        self._folder = folder
        self._rules = rules
        self._ignore = ignore
        self._max_tokens = max_tokens
        self._seal_after = SEAL_EVERY * seal_rows
        self._tail_rows = 0
        self._embedded = 0
        self._changes: dict[str, Change] = {}
        self._failures: dict[str, Failure] = {}
        self._unchanged: set[str] = set()
        self._moved_roots: list[Root] = []
        self._index = Index(writer.entries(), writer.seen())
        self._seen: dict[str, SeenFile] = {}
        self._noted: set[str] = set()
        self._files: frozenset[str] = frozenset()
        self._ignored = 0

    def sync(self, paths: Sequence[Path], *, index: Path, progress: Progress | None) -> None:
        """Compare, then do what costs nothing (lists, moves, removals), and last read and embed."""
        targets = choose_targets(
            paths, self._writer.roots(), index=index, same=same_documents(list(self._index.entries.values()))
        )
        scans = self._scans(targets, index)
        self._files = frozenset(uri for _, found in scans for uri in found.files)
        work = compare(scans, self._index, rules=self._rules, limits=self._limits)
        self._ignored = work.ignored
        self._failures.update(work.failures)
        self._unchanged.update(entry.uri for entry in work.unchanged)
        self._set_access(work)
        for one in work.moved:
            self._move(one)
        self._remove_gone(work.gone)
        self._note(work.seen.values())
        done = len(self._files) - len(work.read)
        wanted = (Wanted(one.uri, one.file.path, one.root.path, one.stamp) for one in work.read)
        with self._readers() as readers:
            outcomes = read_ahead(wanted, readers, limits=self._limits, ahead=AHEAD * self._parser.workers)
            for one in work.read:
                if progress:
                    progress(done, len(self._files), one.uri)
                self._take(one, next(outcomes))
                done += 1
        if progress:
            progress(done, len(self._files), "")
        self._finish_notes(scans)

    def _readers(self) -> Pool | InProcess:
        if not self._parser.workers:
            return InProcess(limits=self._limits)
        return Pool(self._folder, limits=self._limits, settings=self._parser)

    def _scans(self, targets: Sequence[Target], index: Path) -> list[tuple[Target, Scan]]:
        known = {root.name: root for root in self._writer.roots()}
        for target in targets:
            before = known.get(target.root.name)
            if before != target.root:
                self._writer.add_root(target.root)
                known[target.root.name] = target.root
                if before is not None and before.path != target.root.path:
                    self._moved_roots.append(target.root)
        return [
            (
                target,
                scan(
                    target,
                    beside=_beside(target, known.values(), index),
                    supported=supported,
                    ignore=self._ignore,
                    mounts=self._index.mounts(target.root),
                ),
            )
            for target in targets
        ]

    def _set_access(self, work: Comparison) -> None:
        if work.access:
            self._writer.set_access(work.access)
        for entry in work.unchanged:
            if entry.id in work.access:
                self._say("access", entry.uri, groups_text(work.access[entry.id]))

    def _move(self, work: ToRead) -> None:
        """Carry a file's documents to their new URIs, as they are."""
        entry = work.moved_from
        if entry is None or work.stamp is None:
            return
        stays = work.uri.rpartition("/")[2] == entry.uri.rpartition("/")[2]
        moves = [
            Relocation(
                id=held.id,
                uri=relocated(held.uri, entry.uri, work.uri),
                file=work.uri,
                root=work.root.name,
                content_hash=work.stamp.content_hash if stays else "",
                access=work.groups,
            )
            for held in [entry, *self._index.parts(entry.uri)]
        ]
        self._writer.move(moves)
        for held, to in zip([entry, *self._index.parts(entry.uri)], moves, strict=True):
            self._say("moved", to.uri, held.uri)
        if stays:
            known = self._index.seen.get(entry.uri)
            failures = (
                tuple((relocated(uri, entry.uri, work.uri), error, hint) for uri, error, hint in known.failures)
                if known
                else ()
            )
            self._failures.update((failure[0], Failure(*failure)) for failure in failures)
            self._note([SeenFile(work.uri, work.root.name, work.stamp.status, work.stamp.content_hash, failures)])

    def _remove_gone(self, gone: Sequence[tuple[DocumentEntry, str]]) -> None:
        for first in range(0, len(gone), REMOVED_AT_ONCE):
            batch = gone[first : first + REMOVED_AT_ONCE]
            self._writer.remove_all([entry.id for entry, _ in batch])
            for entry, why in batch:
                self._say("removed", entry.uri, f"ignored by {why}" if why else "")

    def _take(self, work: ToRead, outcome: Read | LoadError) -> None:
        """Put what a file gives into the index, and take out what it no longer gives."""
        if work.moved_from is not None:
            self._move(work)  # its old versions go with it; the context of its chunks is another one
        if isinstance(outcome, LoadError):
            self._fail(work, [failure_of(work.uri, outcome)])
            return
        loaded, stamp = outcome.loaded, outcome.stamp
        failures = [failure_of(failure.uri, failure.error) for failure in loaded.failures]
        content_hash = stamp.content_hash
        # The file's own document comes last: with it the file counts as read, so its parts must stand by then.
        for document in reversed(loaded.documents):
            try:
                self._put(replace(document, access=work.groups), work, content_hash)
            except SkippedFile as error:
                failures.append(failure_of(document.uri, error))
            except EmbedError as error:
                self._embedder.embed_passages([FIXED_SENTENCE])  # raises where the model is at fault, not the text
                failures.append(failure_of(document.uri, error))
                content_hash = ""  # the whole file is read again next time
        held = {document.uri for document in loaded.documents} | {failure.uri for failure in failures}
        self._remove_gone([(part, "") for part in self._index.parts(work.uri) if part.uri not in held])
        self._fail(work, failures, stamp)

    def _put(self, document: Document, work: ToRead, content_hash: str) -> None:
        if document.uri != work.uri and document.uri in self._files:
            raise SkippedFile(f"is also the name of a file beside {work.uri}")
        entry = self._index.entries.get(document.uri)
        chunks = split_document(document, self._embedder, max_tokens=self._max_tokens)
        self._embedded += self._writer.put(
            document, chunks, root=work.root.name, file=work.uri, content_hash=content_hash
        )
        if entry is not None and entry.version == document.version and document.uri != work.uri:
            self._unchanged.add(document.uri)
        elif document.uri not in self._changes:
            self._say("added" if entry is None else "changed", document.uri)
        self._tail_rows += len(chunks)
        if self._tail_rows >= self._seal_after:
            self._writer.seal()
            self._tail_rows = 0

    def _fail(self, work: ToRead, failures: Sequence[Failure], stamp: Stamp | None = None) -> None:
        """Note how the file was found, and what of it could not be indexed."""
        self._failures.update((failure.uri, failure) for failure in failures)
        kept = tuple((failure.uri, failure.error, failure.hint) for failure in failures)
        status, content_hash = (stamp.status, stamp.content_hash) if stamp else ("", "")
        self._note([SeenFile(work.uri, work.root.name, status, content_hash, kept)])

    def _say(self, kind: ChangeKind, uri: str, detail: str = "") -> None:
        self._changes[uri] = Change(kind, uri, detail)

    def _note(self, files: Iterable[SeenFile]) -> None:
        self._seen.update((file.uri, file) for file in files)
        if len(self._seen) - len(self._noted) >= NOTED_AT_ONCE:
            self._write_notes()

    def _write_notes(self, gone: Sequence[str] = ()) -> None:
        new = [file for uri, file in self._seen.items() if uri not in self._noted and file != self._index.seen.get(uri)]
        if new or gone:
            self._writer.note(new, gone=gone)
        self._noted.update(self._seen)

    def _finish_notes(self, scans: Sequence[tuple[Target, Scan]]) -> None:
        gone = [
            file.uri
            for file in self._index.seen.values()
            for target, found in scans
            if file.uri not in self._seen
            and file.root == target.root.name
            and target.holds(file.uri)
            and found.is_gone(file.uri)
        ]
        self._write_notes(gone)

    def report(self, *, seconds: float) -> SyncReport:
        """What was done, with the totals of the index as it now is."""
        entries = self._writer.entries()
        counts = Counter(change.kind for change in self._changes.values())
        new = {uri for uri, change in self._changes.items() if change.kind in ("added", "changed")}
        return SyncReport(
            added=counts["added"],
            changed=counts["changed"],
            moved=counts["moved"],
            removed=counts["removed"],
            unchanged=len(self._unchanged - self._changes.keys()),
            access=counts["access"],
            ignored=self._ignored,
            failed=len(self._failures),
            failures=tuple(self._failures[uri] for uri in sorted(self._failures)),
            changes=tuple(self._changes[uri] for uri in sorted(self._changes)),
            chunks=sum(entry.chunks for entry in entries),
            pages=sum(entry.pages for entry in entries),
            embedded=self._embedded,
            seconds=seconds,
            moved_roots=tuple(self._moved_roots),
            duplicates=tuple(find_duplicates(self._writer.sketches(), of=new)) if new else (),
        )


def same_documents(entries: Sequence[DocumentEntry]) -> Callable[[Root, Path], bool]:
    """Whether a path holds a root's documents: the question that `choose_targets` asks."""

    def same(root: Root, path: Path) -> bool:
        for entry in entries:
            if entry.root == root.name:
                relative = entry.uri.removeprefix(root.name).lstrip("/")
                with contextlib.suppress(LoadError):
                    stamp = stamp_file(path / relative if relative else path, LoadLimits())
                    if stamp.content_hash == entry.content_hash:
                        return True
        return False

    return same


def _beside(target: Target, roots: Iterable[Root], index: Path) -> list[Path]:
    """What lies below the target and is not its own: the index, and roots of their own."""
    return [index, *(root.path for root in roots if root != target.root)]
