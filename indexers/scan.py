"""What lies in a folder: the files to index, and a reason for each one that is left out."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from indexers.errors import LoadError, UnsupportedFile
from indexers.roots import readable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from indexers.roots import Target


class UnreadableFile(LoadError):
    """The file or folder cannot be opened, or it changes while it is read."""

    hint = "Check that it exists and that you may read it; what was indexed of it before is kept."


class SkippedFile(LoadError):
    """A link out of the folder, a pipe, a device: nothing that is a document of this folder."""

    hint = "Put the file itself into the folder, or index the place that the link names."


@dataclass(slots=True)
class Scan:
    """One walk: the files found by URI, what was left out with the reason, and what could not be looked at.

    A reason does not name its file, which its URI does.
    ``unlisted`` are the URIs of folders that could not be listed: nothing is known about the documents below them.
    """

    files: dict[str, Path] = field(default_factory=dict)
    left_out: dict[str, LoadError] = field(default_factory=dict)
    unlisted: list[str] = field(default_factory=list)

    def is_gone(self, uri: str) -> bool:
        """Whether the document at ``uri`` is known not to be there any more."""
        if uri in self.files or uri in self.left_out:
            return False
        return not any(uri == folder or uri.startswith(folder + "/") for folder in self.unlisted)


def scan(target: Target, *, beside: Collection[Path], supported: Callable[[Path], bool]) -> Scan:
    """Walk a root or a part of one, in the order of names.

    Hidden files and folders (a dot in front) are no documents. A link to a file inside the root is followed; links to
    folders are not, since what they name is found where it lies.

    Args:
        target: Where to look.
        beside: Folders and files below it that are not its own: the index, and roots of their own.
        supported: Whether a loader reads the file, by its name.
    """
    walk = _Walk(target, beside, supported)
    try:
        if target.root.mounted and not target.root.path.is_mount():
            walk.not_listed("", "the volume that was mounted here is away")
        elif target.path.is_dir():
            walk.folder(target.path, target.under)
        elif target.path.exists():
            walk.file(target.path, target.under)
        elif not target.path.parent.is_dir():
            walk.not_listed(target.under, "no such folder")
    except OSError as error:  # a folder above may not be entered
        walk.not_listed(target.under, f"cannot be looked at: {error.strerror}")
    return walk.found


class _Walk:
    def __init__(self, target: Target, beside: Collection[Path], supported: Callable[[Path], bool]) -> None:
        self.found = Scan()
        self._root = target.root
        self._beside = set(beside)
        self._supported = supported

    def folder(self, path: Path, relative: str) -> None:
        """List one folder and go down."""
        try:
            with os.scandir(path) as entries:
                names = sorted(entry.name for entry in entries)
        except OSError as error:
            self.not_listed(relative, f"cannot be listed: {error.strerror}")
            return
        for name in names:
            child = path / name
            if not name.startswith(".") and child not in self._beside:
                self._entry(child, f"{relative}/{name}" if relative else name)

    def _entry(self, path: Path, relative: str) -> None:
        try:
            kind = path.lstat().st_mode
        except FileNotFoundError:
            return  # gone since the folder was listed
        except OSError as error:
            self.not_listed(relative, f"cannot be looked at: {error.strerror}")
            return
        if stat.S_ISLNK(kind):
            self._link(path, relative)
        elif stat.S_ISDIR(kind):
            self.folder(path, relative)
        elif stat.S_ISREG(kind):
            self.file(path, relative)
        else:
            self._leave_out(relative, SkippedFile("is a pipe, a socket or a device"))

    def _link(self, path: Path, relative: str) -> None:
        try:
            real = path.resolve(strict=True)
        except (OSError, RuntimeError):  # RuntimeError: a loop of links, before Python 3.13
            self._leave_out(relative, SkippedFile("is a link that leads nowhere"))
            return
        if not real.is_relative_to(self._root.path):
            self._leave_out(relative, SkippedFile("is a link out of the folder"))
        elif real.is_file():
            self.file(path, relative)
        else:
            self._leave_out(relative, SkippedFile("is a link to something that is not a file"))

    def file(self, path: Path, relative: str) -> None:
        """Take one file, or say why not."""
        uri = self._uri(relative)
        if uri in self.found.files:
            self._leave_out(relative, SkippedFile("is the readable name of two files"))
        elif self._supported(path):
            self.found.files[uri] = path
        else:
            kind = readable(path.suffix) or "without an extension"
            self._leave_out(relative, UnsupportedFile(f"no loader reads files {kind}"))

    def not_listed(self, relative: str, reason: str) -> None:
        """Remember that nothing is known about what lies here."""
        uri = self._uri(relative)
        self.found.unlisted.append(uri)
        self._leave_out(relative, UnreadableFile(reason))

    def _leave_out(self, relative: str, error: LoadError) -> None:
        self.found.left_out[self._uri(relative)] = error

    def _uri(self, relative: str) -> str:
        return self._root.uri(relative)
