"""A model of a disk under a power cut: which contents and names are durable, and what may be left of the others.

What POSIX promises and no more: a file's bytes are durable when it was synced, a name when its folder was. Between the
syncs any sector of a file may have reached the disk or not, and the file may be as long as it was or as it became.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.torture.strace_log import Call

SECTOR = 512

Variant = Literal["nothing more", "names", "contents", "everything", "sectors", "sectors, old names"]
"""What reached the disk beyond what was synced: for the contents, the names, or some sectors drawn by chance."""

VARIANTS: tuple[Variant, ...] = ("nothing more", "names", "contents", "everything", "sectors", "sectors, old names")


@dataclass(slots=True)
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


class CutDisk:
    """Follows the calls of a log below one folder, which is itself durable."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._names: dict[str, _File] = {}
        self._durable: dict[str, _File] = {}
        self._folders = {root}
        self._durable_folders = {root}
        self._open: dict[int, _File | str] = {}
        self._offsets: dict[int, int] = {}

    def follow(self, call: Call) -> bool:
        """Do what the call did; whether anything on the disk may have changed."""
        if call.name == "openat":
            return self._opened(call)
        if call.name in ("rename", "renameat", "renameat2", "link", "linkat"):
            return self._renamed(*call.paths[-2:], keep=call.name.startswith("link"))
        if call.name in ("unlink", "unlinkat", "rmdir"):
            known = self._names.pop(call.paths[-1], None) is not None or call.paths[-1] in self._folders
            self._folders.discard(call.paths[-1])
            return known
        if call.name in ("mkdir", "mkdirat"):
            self._folders |= {call.paths[-1]} if self._inside(call.paths[-1]) else set()
            return self._inside(call.paths[-1])
        return self._through(call)

    def _through(self, call: Call) -> bool:
        """A call through a descriptor."""
        file = self._open.get(call.descriptor)
        if call.name in ("fsync", "fdatasync") and isinstance(file, str):
            self._sync_folder(file)
        if not isinstance(file, _File):
            return isinstance(file, str)
        if call.name in ("fsync", "fdatasync"):
            file.sync()
        elif call.name in ("pwrite64", "pwritev"):
            file.write(call.last_number, call.data)
        elif call.name in ("write", "writev"):
            at = self._offsets[call.descriptor]
            at = len(file.now) if at < 0 else at
            file.write(at, call.data)
            self._offsets[call.descriptor] = -1 if self._offsets[call.descriptor] < 0 else at + call.result
        elif call.name == "ftruncate":
            file.cut(call.last_number)
        elif call.name == "lseek":
            self._offsets[call.descriptor] = call.result
        elif call.name == "read" and self._offsets[call.descriptor] >= 0:
            self._offsets[call.descriptor] += call.result
        return call.name not in ("lseek", "read")

    def _inside(self, path: str) -> bool:
        return path.startswith(self._root + "/")

    def _opened(self, call: Call) -> bool:
        path = call.paths[-1]
        self._open.pop(call.descriptor, None)
        if path in self._folders:
            self._open[call.descriptor] = path
            return False
        if not self._inside(path):
            return False
        new = path not in self._names
        file = self._names.setdefault(path, _File())
        if "O_TRUNC" in call.flags:
            file.cut(0)
        self._open[call.descriptor] = file
        self._offsets[call.descriptor] = -1 if "O_APPEND" in call.flags else 0
        return new or "O_TRUNC" in call.flags

    def _renamed(self, old: str, new: str, *, keep: bool) -> bool:
        if old not in self._names:
            return False
        self._names[new] = self._names[old]
        if not keep:
            del self._names[old]
        return True

    def _sync_folder(self, folder: str) -> None:
        for durable, now in ((self._durable, self._names),):
            for path in [path for path in durable if os.path.dirname(path) == folder]:  # noqa: PTH120
                del durable[path]
            durable.update({path: file for path, file in now.items() if os.path.dirname(path) == folder})  # noqa: PTH120
        here = {path for path in self._folders | self._durable_folders if os.path.dirname(path) == folder}  # noqa: PTH120
        self._durable_folders = (self._durable_folders - here) | (here & self._folders)

    def left(self, variant: Variant, chance: random.Random) -> dict[str, bytes]:
        """The files by path that a power cut at this moment leaves."""
        names = self._names
        if variant in ("nothing more", "contents", "sectors, old names"):
            names = {path: file for path, file in self._durable.items() if self._reachable(path)}
        if variant in ("contents", "everything"):
            return {path: bytes(file.now) for path, file in names.items()}
        if variant in ("nothing more", "names"):
            return {path: file.synced for path, file in names.items()}
        return {path: file.torn(chance) for path, file in sorted(names.items())}

    def _reachable(self, path: str) -> bool:
        while (path := os.path.dirname(path)) != self._root:  # noqa: PTH120
            if path not in self._durable_folders:
                return False
        return True


def without_shared_memory(files: dict[str, bytes], chance: random.Random) -> dict[str, bytes]:
    """SQLite's index of the log is mapped memory, no call writes it: after a power cut anything may stand in it."""
    return {path: chance.randbytes(len(data)) if path.endswith("-shm") else data for path, data in files.items()}


def folders_of(paths: Iterable[str]) -> set[str]:
    """The folders that hold these files."""
    return {os.path.dirname(path) for path in paths}  # noqa: PTH120
