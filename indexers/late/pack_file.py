"""A pack on disk: the codes of many chunks in one immutable file, named by the sha256 of its footer.

    codes    ``width`` bytes a piece, chunk after chunk     checked chunk by chunk when they are first read (``sums``)
    keys     32 bytes a chunk, ascending: what its vector is kept by in the catalogue (model and exact text)
    starts   int64, where a chunk's codes begin, counted in pieces, and the end of the last
    sums     CRC-32 of each chunk's codes
    seen     uint32 a piece of the vocabulary, up to the last one there is: the chunks that hold it
    footer   JSON with the coding, and place and sha256 of all but the codes; its length; a mark

A chunk is found by its text, not by its row: whichever generation of whichever history of the index asks, what is found
is right, and a pack needs no entry in the catalogue.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from indexers.errors import LateUnusable
from indexers.store.connection import sync_folder
from indexers.store.segment_file import UNFINISHED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

KEY_BYTES = 32
_MARK = b"PLUMLATE"
_TAIL = struct.Struct("<Q8s")
_ALIGNED = 64


class Pack:
    """An opened file; ``codes`` stay mapped, of the rest 8 bytes a chunk are held."""

    def __init__(self, name: str, data: NDArray[np.uint8], footer: Mapping[str, Any]) -> None:
        self.name = name
        self.coding = str(footer["coding"])
        self.width = int(footer["width"])
        parts = {part: _checked(name, data, *place) for part, place in footer["parts"].items()}
        self.keys = parts["keys"].reshape(-1, KEY_BYTES)
        self.starts = parts["starts"].view("<i8")
        self.seen = parts["seen"].view("<u4")
        self._sums = parts["sums"].view("<u4")
        if not self._is_sound(len(data)):
            raise LateUnusable(path=name, reason="its parts do not fit together")
        self._begins = self.keys[:, :8].copy().view(">u8").reshape(-1).astype(np.uint64)
        self._codes = (
            data[: int(self.starts[-1]) * self.width].reshape(-1, self.width) if self.width else data[:0, None]
        )
        self._intact = np.zeros(len(self.keys), dtype=np.int8)  # 1 intact, -1 damaged, 0 not looked at yet

    def _is_sound(self, size: int) -> bool:
        """Whether what the parts say of one another, and of the file, can be: a name proves who wrote it to nobody."""
        count = len(self.keys)
        whole = len(self.starts) == count + 1 and len(self._sums) == count and self.starts[0] == 0
        return whole and bool((np.diff(self.starts) >= 0).all()) and 0 <= int(self.starts[-1]) * self.width <= size

    @property
    def codes_bytes(self) -> int:
        """The size of the codes."""
        return int(self._codes.nbytes)

    def find(self, keys: NDArray[np.uint8]) -> NDArray[np.int64]:
        """The place of each of the keys (shape ``(n, 32)``) in this pack, -1 where it is not here, or is damaged."""
        if not len(self.keys):
            return np.full(len(keys), -1)
        wanted = np.ascontiguousarray(keys[:, :8]).view(">u8").reshape(-1).astype(np.uint64)
        places = np.minimum(np.searchsorted(self._begins, wanted), len(self.keys) - 1)
        found = (self.keys[places] == keys).all(axis=1)
        for place in np.unique(places[found & (self._intact[places] == 0)]).tolist():
            self._intact[place] = 1 if zlib.crc32(self.codes(place).data) == self._sums[place] else -1
        return np.where(found & (self._intact[places] == 1), places, -1)

    def codes(self, place: int) -> NDArray[np.uint8]:
        """The codes of one chunk."""
        return self._codes[self.starts[place] : self.starts[place + 1]]

    def gather(self, positions: NDArray[np.int64]) -> NDArray[np.uint8]:
        """The codes at these positions, counted in pieces."""
        return self._codes[positions]


@dataclass(frozen=True, slots=True)
class Packed:
    """What a pack is made of: the codes of chunks by key, and in how many of them each piece is."""

    coding: str
    codes: Mapping[bytes, NDArray[np.uint8]]
    seen: NDArray[np.uint32]


def write_pack(folder: Path, packed: Packed) -> str:
    """Write and name a pack; when this returns, file and name survive a power cut. The caller holds the folder's lock.

    Raises:
        LateUnusable: The disk is full or not writable; no named file is left behind.
    """
    unfinished = folder / ("pack" + UNFINISHED)
    try:
        descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w+b") as file:
            name = _fill(file, packed)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(folder / name)
        sync_folder(folder)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise LateUnusable(path=str(folder), reason=f"a pack cannot be written: {error.strerror}") from error
    return name


def _fill(file: IO[bytes], packed: Packed) -> str:
    keys = sorted(packed.codes)
    counts = [len(packed.codes[key]) for key in keys]
    width = next((packed.codes[key].shape[1] for key in keys), 0)
    sums = []
    for key in keys:
        codes = np.ascontiguousarray(packed.codes[key]).data
        sums.append(zlib.crc32(codes))
        file.write(codes)
    parts = {
        "keys": b"".join(keys),
        "starts": np.concatenate([[0], np.cumsum(counts)]).astype("<i8").tobytes(),
        "sums": np.array(sums, dtype="<u4").tobytes(),
        "seen": packed.seen.astype("<u4").tobytes(),
    }
    places: dict[str, tuple[int, int, str]] = {}
    for part, data in parts.items():
        file.write(bytes(-file.tell() % _ALIGNED))
        places[part] = (file.tell(), len(data), hashlib.sha256(data).hexdigest())
        file.write(data)
    footer = json.dumps({"coding": packed.coding, "width": width, "parts": places}).encode()
    file.write(footer + _TAIL.pack(len(footer), _MARK))
    return hashlib.sha256(footer).hexdigest()


def open_pack(folder: Path, name: str) -> Pack:
    """Map a pack after checking all of it but the codes.

    Raises:
        LateUnusable: The file is missing, unreadable, or not what its name says.
    """
    if (folder / name).exists() and not (folder / name).is_file():  # opening a pipe would wait for ever
        raise LateUnusable(path=str(folder / name), reason="it is no file")
    try:
        data = np.asarray(np.memmap(folder / name, dtype=np.uint8, mode="r"))
    except (OSError, ValueError) as error:  # ValueError: an empty file
        reason = error.strerror if isinstance(error, OSError) else "it is empty"
        raise LateUnusable(path=str(folder / name), reason=str(reason)) from error
    try:
        return Pack(name, data, _footer(folder / name, data))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise LateUnusable(path=str(folder / name), reason="it is no pack of codes") from error


def _footer(path: Path, data: NDArray[np.uint8]) -> dict[str, Any]:
    """The footer, which its name proves: what it says of the rest holds."""
    if len(data) >= _TAIL.size:
        length, mark = _TAIL.unpack(data[-_TAIL.size :].tobytes())
        footer = data[-_TAIL.size - length : -_TAIL.size].tobytes() if length < len(data) - _TAIL.size else b""
        if mark == _MARK and hashlib.sha256(footer).hexdigest() == path.name:
            found: dict[str, Any] = json.loads(footer)
            end = max(offset + size for offset, size, _ in found["parts"].values())
            if end + length + _TAIL.size == len(data):
                return found
    raise LateUnusable(path=str(path), reason="it does not match its checksum")


def _checked(name: str, data: NDArray[np.uint8], offset: int, length: int, digest: str) -> NDArray[np.uint8]:
    part = data[offset : offset + length]
    if hashlib.sha256(part.data).hexdigest() != digest:
        raise LateUnusable(path=name, reason="it does not match its checksum")
    return part
