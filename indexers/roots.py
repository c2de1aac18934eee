"""The folders and files that an index was made from: names, and which of them a path belongs to."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from indexers.errors import RagError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


class PathNotFound(RagError):
    """A path given to `rag index` does not exist, or is nothing that can be indexed."""

    hint = "Check the spelling; nothing was changed in the index."

    def __init__(self, *, path: str, reason: str = "no such file or folder") -> None:
        super().__init__(f"{path}: {reason}")


@dataclass(frozen=True, slots=True)
class Root:
    """A remembered folder (or a single file). Its ``name`` begins the URIs, so they are the same on every machine.

    ``mounted`` says that the folder was a mount point when it was first indexed: if it no longer is one, it is empty
    because the volume is away, not because the documents are gone.
    """

    name: str
    path: Path
    mounted: bool = False

    def uri(self, relative: str) -> str:
        """The URI of a file at ``relative`` (posix, as the system gives it) below the root; "" is the root itself."""
        return readable(f"{self.name}/{relative}" if relative else self.name)


@dataclass(frozen=True, slots=True)
class Target:
    """What one run looks at: a whole root (``under`` is "") or the part of it below ``under``."""

    root: Root
    under: str = ""

    @property
    def path(self) -> Path:
        """Where the run looks."""
        return self.root.path / self.under if self.under else self.root.path

    @property
    def uri(self) -> str:
        """The URI of the file, or what the URIs of the folder's files begin with before their "/"."""
        return self.root.uri(self.under)

    def holds(self, uri: str) -> bool:
        """Whether the document at ``uri``, if it is of this root, lies in the part that is looked at."""
        return uri == self.uri or uri.startswith(self.uri + "/")


def readable(name: str) -> str:
    """``name`` as valid Unicode: a byte that is no UTF-8 is written as in a URL (``%FF``), nothing else changes."""
    return "".join(f"%{ord(char) - 0xDC00:02X}" if "\udc80" <= char <= "\udcff" else char for char in name)


def shown(name: str) -> str:
    """A name as a message may print it: nothing in it can turn, break or hide the line."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in readable(name))


def choose_targets(
    paths: Sequence[Path], known: Sequence[Root], *, index: Path, same: Callable[[Root, Path], bool]
) -> list[Target]:
    """Which roots, or parts of roots, the given paths name; new roots are those that are not in ``known``.

    A path inside a known root is a part of that root. A folder that holds known roots is a root beside them, and they
    are looked at too, each under its own name. A known root of the same name that is no longer on the disk has moved
    to the path (or the index has come from another machine) if ``same`` says so: it keeps its name and documents, and
    so do the roots that lay inside it. Otherwise it may be on a volume that is away, and is left alone.

    Args:
        paths: As given.
        known: The index's roots.
        index: The index folder, which holds no documents.
        same: Whether the second argument holds a document of the root, at its place and with its content.

    Raises:
        PathNotFound: A path is missing, is neither file nor folder, or lies inside the index.
    """
    roots = list(known)
    targets: list[Target] = []
    for path in sorted(paths, key=lambda path: len(_resolved(path).parts)):
        real = _checked(path, index)
        target = _inside(real, roots)
        if target is None:
            root = _named(path, real, roots, same)
            roots = [*_moved(root, roots), root]
            target = Target(root)
        targets.append(target)
        targets += [Target(root) for root in roots if root.path != real and root.path.is_relative_to(real)]
    return _without_repeats(targets)


def check_paths(paths: Sequence[Path], *, index: Path) -> None:
    """Refuse what `choose_targets` would refuse; ``index`` need not be there yet.

    Raises:
        PathNotFound: As `choose_targets`.
    """
    for path in paths:
        _checked(path, Path(os.path.realpath(index)))


def _resolved(path: Path) -> Path:
    try:
        return path.resolve(strict=True)
    except FileNotFoundError as error:
        raise PathNotFound(path=readable(str(path))) from error
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, before Python 3.13
        reason = (error.strerror if isinstance(error, OSError) else None) or "a loop of links"
        raise PathNotFound(path=readable(str(path)), reason=reason) from error


def _checked(path: Path, index: Path) -> Path:
    real = _resolved(path)
    if real.is_relative_to(index):
        raise PathNotFound(path=readable(str(path)), reason="lies inside the index folder itself")
    if not real.is_dir() and not real.is_file():
        raise PathNotFound(path=readable(str(path)), reason="is neither a file nor a folder")
    return real


def _inside(real: Path, roots: Iterable[Root]) -> Target | None:
    """The part of the deepest known root; None where there is none, or the way there is hidden from a folder walk."""
    around = [root for root in roots if real.is_relative_to(root.path)]
    if not around:
        return None
    root = max(around, key=lambda root: len(root.path.parts))
    parts = real.relative_to(root.path).parts
    return None if any(part.startswith(".") for part in parts) else Target(root, "/".join(parts))


def _named(path: Path, real: Path, roots: Sequence[Root], same: Callable[[Root, Path], bool]) -> Root:
    """A root under a name that is free, or that belonged to a root which has moved here."""
    taken = {root.name for root in roots if not (_is_gone(root) and same(root, real))}
    given = readable(Path(os.path.abspath(path)).name) or "root"  # noqa: PTH100  resolve() would follow the link's name
    name, number = given, 1
    while name in taken:
        number += 1
        name = f"{given}-{number}" if real.is_dir() else _numbered(given, number)
    return _root_at(name, real)


def _root_at(name: str, real: Path) -> Root:
    return Root(name, real, mounted=real.is_dir() and real.is_mount())


def _is_gone(root: Root) -> bool:
    """Whether nothing lies where the root was; a place that may not be looked at is not known to be empty."""
    try:
        root.path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _moved(to: Root, roots: Sequence[Root]) -> list[Root]:
    """The other roots; those that lay inside the former place of ``to`` have moved with it."""
    before = next((root.path for root in roots if root.name == to.name), None)
    others = [root for root in roots if root.name != to.name]
    if before is None:
        return others
    return [
        _root_at(root.name, to.path / root.path.relative_to(before)) if root.path.is_relative_to(before) else root
        for root in others
    ]


def _numbered(file_name: str, number: int) -> str:
    file = PurePosixPath(file_name)
    return f"{file.stem}-{number}{file.suffix}"


def _without_repeats(targets: Sequence[Target]) -> list[Target]:
    """Each part once, and no part of what is looked at as a whole."""
    unique = list(dict.fromkeys(targets))
    return [
        target
        for target in unique
        if not any(other != target and other.root == target.root and other.holds(target.uri) for other in unique)
    ]
