"""A model of a disk under a power cut: which contents and names are durable, and what may be left of the others.

What POSIX promises and no more: a file's bytes are durable when it was synced, a name when its folder was. Between the
syncs any sector of a file may have reached the disk or not, and the file may be as long as it was or as it became.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.torture.strace_log import Call

SECTOR = 512

Variant = Literal["nothing more", "names", "contents", "everything", "sectors", "sectors, old names"]
"""What reached the disk beyond what was synced: the contents, the names, or some sectors drawn by chance."""

VARIANTS: tuple[Variant, ...] = ("nothing more", "names", "contents", "everything", "sectors", "sectors, old names")
_OLD_NAMES = ("nothing more", "contents", "sectors, old names")


@dataclass(slots=True, eq=False)
class _File:
    now: bytearray = field(default_factory=bytearray)
    synced: bytes = b""
    dirty: set[int] = field(default_factory=set)
    """Sectors written since the last sync."""

    def write(self, offset: int, data: bytes) -> None:
        if len(self.now) < offset:
            self._touch(len(self.now), offset)
            self.now.extend(bytes(offset - len(self.now)))
        self.now[offset : offset + len(data)] = data
        self._touch(offset, offset + len(data))

    def cut(self, length: int) -> None:
        self._touch(min(length, len(self.now)), max(length, len(self.now)))
        if length < len(self.now):
            del self.now[length:]
        else:
            self.now.extend(bytes(length - len(self.now)))

    def _touch(self, start: int, end: int) -> None:
        self.dirty.update(range(start // SECTOR, -(-end // SECTOR)))

    def sync(self) -> None:
        self.synced = bytes(self.now)
        self.dirty.clear()

    def torn(self, chance: random.Random) -> bytes:
        """The synced content with some of the dirty sectors as they became."""
        length = chance.choice((len(self.synced), len(self.now)))
        content = bytearray(self.synced[:length].ljust(length, b"\0"))
        for sector in sorted(self.dirty):
            if chance.random() < 0.5:
                here = slice(sector * SECTOR, min((sector + 1) * SECTOR, length))
                content[here] = self.now[here].ljust(max(here.stop - here.start, 0), b"\0")
        return bytes(content[:length])

    def left(self, variant: Variant, chance: random.Random) -> bytes:
        if variant in ("contents", "everything"):
            return bytes(self.now)
        return self.synced if variant in ("nothing more", "names") else self.torn(chance)


@dataclass(slots=True, eq=False)
class _Folder:
    now: dict[str, _File | _Folder] = field(default_factory=dict)
    synced: dict[str, _File | _Folder] = field(default_factory=dict)

    def sync(self) -> None:
        self.synced = dict(self.now)


@dataclass(slots=True)
class _Open:
    """An open file; ``offset`` is -1 where every write goes to the end."""

    node: _File | _Folder
    offset: int


class CutDisk:
    """Follows the calls of a log below one folder, which is itself durable."""

    def __init__(self, root: str) -> None:
        self._place = PurePosixPath(root)
        self._root = _Folder()
        self._open: dict[int, _Open] = {}

    def follow(self, call: Call) -> bool:
        """Do what the call did; whether anything on the disk may have changed."""
        if call.name == "openat":
            return self._opened(call)
        if call.name in ("rename", "renameat", "renameat2", "link", "linkat"):
            return self._renamed(*call.paths[-2:], keep=call.name.startswith("link"))
        if call.name in ("unlink", "unlinkat", "rmdir"):
            folder, name = self._find(call.paths[-1])
            return folder is not None and folder.now.pop(name, None) is not None
        if call.name in ("mkdir", "mkdirat"):
            folder, name = self._find(call.paths[-1])
            if folder is not None:
                folder.now[name] = _Folder()
            return folder is not None
        return self._through(call)

    def _find(self, path: str) -> tuple[_Folder | None, str]:
        """The folder in which the path's last name stands, None for a path outside; ("" names the root itself)."""
        try:
            parts = PurePosixPath(path).relative_to(self._place).parts
        except ValueError:
            return None, ""
        folder = self._root
        for part in parts[:-1]:
            inner = folder.now.get(part)
            if not isinstance(inner, _Folder):
                return None, ""
            folder = inner
        return folder, parts[-1] if parts else ""

    def _opened(self, call: Call) -> bool:
        self._open.pop(call.descriptor, None)
        folder, name = self._find(call.paths[-1])
        if folder is None:
            return False
        node = folder.now.get(name) if name else self._root
        new = node is None
        if node is None:
            node = folder.now[name] = _File()
        if isinstance(node, _File) and "O_TRUNC" in call.flags:
            node.cut(0)
        self._open[call.descriptor] = _Open(node, -1 if "O_APPEND" in call.flags else 0)
        return new or "O_TRUNC" in call.flags

    def _renamed(self, old: str, new: str, *, keep: bool) -> bool:
        source, name = self._find(old)
        target, new_name = self._find(new)
        if source is None or target is None or name not in source.now:
            return False
        target.now[new_name] = source.now[name]
        if not keep:
            del source.now[name]
        return True

    def _through(self, call: Call) -> bool:
        """A call through a descriptor."""
        opened = self._open.get(call.descriptor)
        if opened is None:
            return False
        if call.name in ("fsync", "fdatasync"):
            opened.node.sync()
        elif isinstance(opened.node, _File):
            return self._written(opened, opened.node, call)
        return True

    def _written(self, opened: _Open, file: _File, call: Call) -> bool:
        if call.name in ("pwrite64", "pwritev"):
            file.write(call.last_number, call.data)
        elif call.name in ("write", "writev", "sendfile"):
            data = self._sent(call) if call.name == "sendfile" else call.data
            file.write(len(file.now) if opened.offset < 0 else opened.offset, data)
            opened.offset += call.result if opened.offset >= 0 else 0
        elif call.name == "ftruncate":
            file.cut(call.last_number)
        elif call.name == "lseek":
            opened.offset = call.result
        elif call.name == "read" and opened.offset >= 0:
            opened.offset += call.result
        return call.name not in ("lseek", "read")

    def _sent(self, call: Call) -> bytes:
        """What `sendfile` copied from another file of the disk, from the offset that it was given."""
        source = self._open[call.source].node
        return bytes(source.now[call.offset : call.offset + call.result]) if isinstance(source, _File) else b""

    def left(self, variant: Variant, chance: random.Random) -> dict[str, bytes]:
        """The files by path that a power cut at this moment leaves; a folder ends in "/" and holds nothing."""
        found = self._walk(self._root, str(self._place), old=variant in _OLD_NAMES)
        return {path: b"" if file is None else file.left(variant, chance) for path, file in found}

    def _walk(self, folder: _Folder, place: str, *, old: bool) -> Iterator[tuple[str, _File | None]]:
        for name, node in sorted((folder.synced if old else folder.now).items()):
            if isinstance(node, _Folder):
                yield f"{place}/{name}/", None
                yield from self._walk(node, f"{place}/{name}", old=old)
            else:
                yield f"{place}/{name}", node


def without_shared_memory(files: dict[str, bytes], chance: random.Random) -> dict[str, bytes]:
    """SQLite's index of the log is mapped memory, no call writes it: after a power cut anything may stand in it."""
    return {path: chance.randbytes(len(data)) if path.endswith("-shm") else data for path, data in files.items()}
