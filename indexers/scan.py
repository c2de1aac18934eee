"""What lies in a folder: the files to index, what is not meant for the index, and a reason for each one left out."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from indexers.access import FILE_LIST_SUFFIX, FOLDER_LIST, OWNER_ONLY, AccessMalformed, Groups, read_list
from indexers.errors import LoadError, UnsupportedFile
from indexers.ignore import Ignore, IgnoreMalformed
from indexers.roots import readable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from indexers.roots import Target


AWAY = "the volume that was mounted here is away"
MOST_FOLDERS_DEEP = 200
"""How deep folders are followed below a root: Python's stack has an end, and a deeper one is a circle or a trap."""


class UnreadableFile(LoadError):
    """The file or folder cannot be opened, or it changes while it is read."""

    hint = "Check that it exists and that you may read it; what was indexed of it before is kept."


class SkippedFile(LoadError):
    """A link out of the folder, a pipe, a device: nothing that is a document of this folder."""

    hint = "Put the file itself into the folder, or index the place that the link names."


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to index: where it is, what the system says of it, and who may see it.

    ``place`` is where it lies below the root (a root that is a file has its name), and for a link what the link names:
    rules of access go by it, so that a link widens nothing. ``access`` is the nearest access list's, None without one.
    """

    path: Path
    status: os.stat_result
    place: str
    access: Groups | None = None


@dataclass(slots=True)
class Scan:
    """One walk: the files found by URI, what was left out with the reason, and what could not be looked at.

    A reason does not name its file, which its URI does. ``ignored`` are files and whole folders by URI, each with the
    file and line that says so. ``unlisted`` are the URIs of folders that could not be listed: nothing is known about
    the documents below them. ``unheard`` are access lists that cannot be understood, ``mounts`` the folders on which
    a volume is mounted.
    """

    files: dict[str, FoundFile] = field(default_factory=dict)
    left_out: dict[str, LoadError] = field(default_factory=dict)
    ignored: dict[str, str] = field(default_factory=dict)
    unlisted: list[str] = field(default_factory=list)
    unheard: dict[str, LoadError] = field(default_factory=dict)
    mounts: list[str] = field(default_factory=list)

    def is_gone(self, uri: str) -> bool:
        """Whether the document at ``uri`` is known not to be there any more, or not to be meant for the index."""
        if uri in self.files or uri in self.left_out:
            return False
        return not any(uri == folder or uri.startswith(folder + "/") for folder in self.unlisted)

    def why_ignored(self, uri: str) -> str | None:
        """The file and line by which the document at ``uri``, or a folder above it, is ignored."""
        path = PurePosixPath(uri)
        places = (self.ignored.get(str(above)) for above in (path, *path.parents))
        return next((place for place in places if place is not None), None)


def scan(
    target: Target,
    *,
    beside: Collection[Path],
    supported: Callable[[Path], bool],
    ignore: Ignore = Ignore(),  # noqa: B008  # frozen
    mounts: Collection[str] = (),
) -> Scan:
    """Walk a root or a part of one, in the order of names.

    Hidden files and folders (a dot in front) are no documents. A link to a file inside the root is followed; links to
    folders are not, since what they name is found where it lies.

    Args:
        target: Where to look.
        beside: Folders and files below it that are not its own: the index, and roots of their own.
        supported: Whether a loader reads the file, by its name.
        ignore: What is ignored everywhere; the folders' own files come on top.
        mounts: URIs of folders on which a volume was mounted: where none is, the documents are away and not gone.
    """
    walk = _Walk(target, beside, supported)
    try:
        if target.root.mounted and not target.root.path.is_mount():
            walk.not_listed("", UnreadableFile(AWAY))
        elif target.path.exists():
            walk.target(ignore)
        elif not target.path.parent.is_dir():
            walk.not_listed(target.under, UnreadableFile("no such folder"))
    except OSError as error:  # a folder above may not be entered
        walk.not_listed(target.under, UnreadableFile(f"cannot be looked at: {error.strerror}"))
    for uri in mounts:
        if target.holds(uri) and uri not in walk.found.mounts and walk.found.why_ignored(uri) is None:
            walk.found.unlisted.append(uri)
            walk.found.left_out[uri] = UnreadableFile(AWAY)
    return walk.found


@dataclass(frozen=True, slots=True)
class _Above:
    """What the folders down to this one say about what lies in it."""

    ignore: Ignore
    access: Groups | None = None


class _Walk:
    def __init__(self, target: Target, beside: Collection[Path], supported: Callable[[Path], bool]) -> None:
        self.found = Scan()
        self._target = target
        self._root = target.root
        self._beside = set(beside)
        self._supported = supported

    def target(self, ignore: Ignore) -> None:
        """Go down from the root to what is looked at, hearing what the folders on the way say, and walk it."""
        folder, relative, above = self._root.path, "", _Above(ignore)
        if not folder.is_dir():  # a root that is a file: only its folder's access list speaks of it
            above = _Above(Ignore(), self._list(folder.parent / FOLDER_LIST, FOLDER_LIST, None))
            self._take(folder, "", folder.stat(), readable(folder.name), self._own_list(folder, self._uri(""), above))
            return
        for name in self._target.under.split("/") if self._target.under else ():
            heard = self._heard(folder, relative, above)
            if heard is None:
                return
            above = heard
            folder, relative = folder / name, f"{relative}/{name}" if relative else name
            if self._is_ignored(relative, above, folder=folder.is_dir()):
                return
        if folder.is_dir():
            self.folder(folder, relative, above)
        else:
            self._entry(folder, relative, above)

    def folder(self, path: Path, relative: str, above: _Above) -> None:
        """List one folder and go down."""
        if relative.count("/") >= MOST_FOLDERS_DEEP:
            self.not_listed(relative, UnreadableFile(f"lies more than {MOST_FOLDERS_DEEP} folders deep"))
            return
        if relative and path.is_mount():
            self.found.mounts.append(self._uri(relative))
        try:
            with os.scandir(path) as entries:
                names = sorted(entry.name for entry in entries)
        except OSError as error:
            self.not_listed(relative, UnreadableFile(f"cannot be listed: {error.strerror}"))
            return
        heard = self._heard(path, relative, above, names)
        if heard is None:
            return
        present = set(names)
        for name in names:
            child, below = path / name, f"{relative}/{name}" if relative else name
            if name.startswith(".") or child in self._beside:
                continue
            if name.endswith(FILE_LIST_SUFFIX) and name.removesuffix(FILE_LIST_SUFFIX) in present:
                self._spoken_of(path / name.removesuffix(FILE_LIST_SUFFIX), below)
            else:
                self._entry(child, below, heard)

    def _spoken_of(self, path: Path, relative: str) -> None:
        """A list beside a file is heard with the file; beside a folder it would protect nothing, and is named."""
        if path.is_dir():
            error = AccessMalformed(f"is a list for a folder: move it into {path.name} as {FOLDER_LIST}")
            self.found.unheard[self._uri(relative)] = error

    def _heard(self, path: Path, relative: str, above: _Above, names: Collection[str] | None = None) -> _Above | None:
        """What holds inside the folder; None where its `.ragignore` cannot be understood."""
        try:
            ignore = above.ignore.inside(path, relative, uri=self._uri(relative))
        except IgnoreMalformed as error:
            self.not_listed(relative, error)
            return None
        if names is not None and FOLDER_LIST not in names:
            return _Above(ignore, above.access)
        return _Above(ignore, self._folder_list(path, relative, above.access))

    def _folder_list(self, path: Path, relative: str, inherited: Groups | None) -> Groups | None:
        uri = self._uri(f"{relative}/{FOLDER_LIST}" if relative else FOLDER_LIST)
        return self._list(path / FOLDER_LIST, uri, inherited)

    def _own_list(self, path: Path, uri: str, above: _Above) -> Groups | None:
        return self._list(path.with_name(path.name + FILE_LIST_SUFFIX), uri + FILE_LIST_SUFFIX, above.access)

    def _list(self, path: Path, uri: str, inherited: Groups | None) -> Groups | None:
        try:
            return read_list(path)
        except FileNotFoundError:
            return inherited
        except AccessMalformed as error:
            self.found.unheard[uri] = error
            return OWNER_ONLY

    def _entry(self, path: Path, relative: str, above: _Above) -> None:
        try:
            status = path.lstat()
        except FileNotFoundError:
            return  # gone since the folder was listed
        except OSError as error:
            self.not_listed(relative, UnreadableFile(f"cannot be looked at: {error.strerror}"))
            return
        kind = status.st_mode
        if self._is_ignored(relative, above, folder=stat.S_ISDIR(kind)):
            return
        if stat.S_ISLNK(kind):
            self._link(path, relative)
        elif stat.S_ISDIR(kind):
            self.folder(path, relative, above)
        elif stat.S_ISREG(kind):
            self._take(path, relative, status, readable(relative), self._own_list(path, self._uri(relative), above))
        else:
            self._leave_out(relative, SkippedFile("is a pipe, a socket or a device"))

    def _is_ignored(self, relative: str, above: _Above, *, folder: bool) -> bool:
        place = above.ignore.why(relative, folder=folder)
        if place is not None:
            self.found.ignored[self._uri(relative)] = place
        return place is not None

    def _link(self, path: Path, relative: str) -> None:
        try:
            real = path.resolve(strict=True)
            status = real.stat()
        except (OSError, RuntimeError):  # RuntimeError: a loop of links, before Python 3.13
            self._leave_out(relative, SkippedFile("is a link that leads nowhere"))
            return
        if not real.is_relative_to(self._root.path):
            self._leave_out(relative, SkippedFile("is a link out of the folder"))
        elif stat.S_ISREG(status.st_mode):
            place = real.relative_to(self._root.path).as_posix()
            self._take(path, relative, status, readable(place), self._list_of(real, place))
        else:
            self._leave_out(relative, SkippedFile("is a link to something that is not a file"))

    def _list_of(self, real: Path, place: str) -> Groups | None:
        """The list that holds for a file anywhere below the root."""
        folder, relative, access = self._root.path, "", None
        for name in place.split("/"):
            access = self._folder_list(folder, relative, access)
            folder, relative = folder / name, f"{relative}/{name}" if relative else name
        return self._own_list(real, self._uri(place), _Above(Ignore(), access))

    def _take(self, path: Path, relative: str, status: os.stat_result, place: str, access: Groups | None) -> None:
        """Take one file, or say why not."""
        uri = self._uri(relative)
        if uri in self.found.files:
            self._leave_out(relative, SkippedFile("is the readable name of two files"))
        elif self._supported(path):
            self.found.files[uri] = FoundFile(path, status, place, access)
        else:
            kind = readable(path.suffix) or "without an extension"
            self._leave_out(relative, UnsupportedFile(f"no loader reads files {kind}"))

    def not_listed(self, relative: str, error: LoadError) -> None:
        """Remember that nothing is known about what lies here."""
        self.found.unlisted.append(self._uri(relative))
        self._leave_out(relative, error)

    def _leave_out(self, relative: str, error: LoadError) -> None:
        self.found.left_out[self._uri(relative)] = error

    def _uri(self, relative: str) -> str:
        return self._root.uri(relative)
