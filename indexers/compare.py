"""Folders against the index: what is to be read, what has moved or gone, whose access list is another one."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from indexers.errors import LoadError
from indexers.report import Failure, failure_of
from indexers.stamps import Stamp, is_present, stamp_file, status_text
from indexers.store.seen import MOUNTED, SeenFile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from indexers.access import AccessRules, Groups
    from indexers.load import LoadLimits
    from indexers.roots import Root, Target
    from indexers.scan import FoundFile, Scan
    from indexers.store import DocumentEntry


@dataclass(frozen=True, slots=True)
class ToRead:
    """A file that is new or not as it was. ``moved_from`` is where its document lies in the index if it was renamed."""

    uri: str
    root: Root
    file: FoundFile
    groups: Groups
    stamp: Stamp | None = None
    moved_from: DocumentEntry | None = None


@dataclass(slots=True)
class Comparison:
    """What a run has to do. ``gone`` has the reason, if an ignore file is one; ``access`` is by document id.

    ``seen`` is what will be remembered of the files that are not read; of those that are, the reader says it.
    """

    read: list[ToRead] = field(default_factory=list)
    moved: list[ToRead] = field(default_factory=list)
    gone: list[tuple[DocumentEntry, str]] = field(default_factory=list)
    unchanged: list[DocumentEntry] = field(default_factory=list)
    access: dict[str, Groups] = field(default_factory=dict)
    seen: dict[str, SeenFile] = field(default_factory=dict)
    failures: dict[str, Failure] = field(default_factory=dict)
    ignored: int = 0


class Index:
    """What the index holds, as a comparison asks for it: documents by URI, a file's parts, and what was last seen."""

    def __init__(self, entries: Sequence[DocumentEntry], seen: Mapping[str, SeenFile]) -> None:
        self.entries = {entry.uri: entry for entry in entries}
        self.seen = seen
        self._parts: dict[str, list[DocumentEntry]] = {}
        for entry in entries:
            if entry.file != entry.uri:
                self._parts.setdefault(entry.file, []).append(entry)

    def mounts(self, root: Root) -> list[str]:
        """The folders of the root on which a volume was mounted."""
        return [file.uri for file in self.seen.values() if file.status == MOUNTED and file.root == root.name]

    def file(self, uri: str) -> DocumentEntry | None:
        """The document of the file itself."""
        entry = self.entries.get(uri)
        return entry if entry is not None and entry.file == uri else None

    def parts(self, uri: str) -> list[DocumentEntry]:
        """The documents of the files inside the file."""
        return self._parts.get(uri, [])


def compare(
    scans: Sequence[tuple[Target, Scan]], index: Index, *, rules: AccessRules, limits: LoadLimits
) -> Comparison:
    """Find out what differs. A file whose status is the one it had when it was read is not opened.

    A file that is new, and has the very bytes of one that is gone, has moved.

    Args:
        scans: What was found where.
        index: What is held.
        rules: Who may see what, where no list lies nearer.
        limits: A larger file is refused before it is hashed.
    """
    comparing = _Comparing(index, rules, limits)
    for target, found in scans:
        comparing.look_for_gone(target, found)
    for target, found in scans:
        for uri, file in found.files.items():
            comparing.file(target.root, uri, file)
        comparing.left_out(target, found)
    comparing.settle_gone()
    return comparing.result


class _Comparing:
    def __init__(self, index: Index, rules: AccessRules, limits: LoadLimits) -> None:
        self.result = Comparison()
        self._index = index
        self._rules = rules
        self._limits = limits
        self._gone: dict[str, tuple[DocumentEntry, str]] = {}
        self._gone_by_hash: dict[str, list[DocumentEntry]] = {}

    def look_for_gone(self, target: Target, found: Scan) -> None:
        for entry in self._index.entries.values():
            if entry.root == target.root.name and target.holds(entry.file) and found.is_gone(entry.file):
                self._gone[entry.uri] = (entry, found.why_ignored(entry.file) or "")
                if entry.uri == entry.file:
                    self._gone_by_hash.setdefault(entry.content_hash, []).append(entry)

    def left_out(self, target: Target, found: Scan) -> None:
        self.result.ignored += len(found.ignored)
        self.result.seen.update((uri, SeenFile(uri, target.root.name, MOUNTED, "")) for uri in found.mounts)
        for uri, error in {**found.left_out, **found.unheard}.items():
            self.refuse(target.root, uri, error)

    def refuse(self, root: Root, uri: str, error: LoadError) -> None:
        failure = failure_of(uri, error)
        self.result.failures[uri] = failure
        known = self._index.seen.get(uri)
        status = MOUNTED if known is not None and known.status == MOUNTED else ""
        self.result.seen[uri] = SeenFile(uri, root.name, status, "", ((uri, failure.error, failure.hint),))

    def file(self, root: Root, uri: str, file: FoundFile) -> None:
        groups = file.access if file.access is not None else self._rules.groups_for(uri, relative=file.place)
        entry, parts = self._index.file(uri), self._index.parts(uri)
        for held in [*([entry] if entry else []), *parts]:
            if (held.access or ()) != groups:
                self.result.access[held.id] = groups
        if entry is not None and self._is_as_seen(entry, file):
            self._unchanged(entry, parts)
            return
        stamp = None
        if entry is not None or self._gone_by_hash:
            try:
                stamp = stamp_file(file.path, self._limits)
            except LoadError as error:
                self.refuse(root, uri, error)
                return
        if entry is not None and stamp is not None and stamp.content_hash == entry.content_hash:
            known = self._index.seen.get(uri)
            self.result.seen[uri] = SeenFile(uri, root.name, stamp.status, *_rest(stamp, known))
            self._unchanged(entry, parts)
            return
        work = ToRead(uri, root, file, groups, stamp, self._moved_from(uri, stamp) if entry is None else None)
        keeps_name = work.moved_from is not None and _name(work.moved_from.uri) == _name(uri)
        (self.result.moved if keeps_name else self.result.read).append(work)

    def _is_as_seen(self, entry: DocumentEntry, file: FoundFile) -> bool:
        known = self._index.seen.get(entry.uri)
        return (
            known is not None
            and known.status == status_text(file.status)
            and known.content_hash == entry.content_hash
            and is_present(entry.content_hash)
        )

    def _unchanged(self, entry: DocumentEntry, parts: Sequence[DocumentEntry]) -> None:
        self.result.unchanged += [entry, *parts]
        known = self._index.seen.get(entry.uri)
        if known is not None:
            self.result.seen.setdefault(entry.uri, known)
            self.result.failures.update((failure[0], Failure(*failure)) for failure in known.failures)

    def _moved_from(self, uri: str, stamp: Stamp | None) -> DocumentEntry | None:
        """A document that is gone and was read from the same bytes; one of the same file name before others."""
        known = self._index.seen.get(uri)
        if stamp is None or (known is not None and known.failures):
            return None  # a file that lay there before and could not be read is no new place of another one
        candidates = self._gone_by_hash.get(stamp.content_hash, [])
        for entry in sorted(candidates, key=lambda entry: _name(entry.uri) != _name(uri)):
            held = [entry, *self._index.parts(entry.uri)]
            if not any(relocated(one.uri, entry.uri, uri) in self._index.entries for one in held):
                candidates.remove(entry)
                for one in held:
                    self._gone.pop(one.uri, None)
                return entry
        return None

    def settle_gone(self) -> None:
        self.result.gone = [self._gone[uri] for uri in sorted(self._gone)]


def relocated(uri: str, file: str, to: str) -> str:
    """The URI of a document of ``file``, or of a part of it, when the file has gone to ``to``."""
    return to + uri.removeprefix(file)


def _rest(stamp: Stamp, known: SeenFile | None) -> tuple[str, tuple[tuple[str, str, str], ...]]:
    same = known is not None and known.content_hash == stamp.content_hash
    return stamp.content_hash, known.failures if known is not None and same else ()


def _name(uri: str) -> str:
    return PurePosixPath(uri).name
