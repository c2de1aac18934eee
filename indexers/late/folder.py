"""``INDEX/late``: the packs of codes, which add up, are folded into fewer, and are looked up by what a text is kept by.

There is no list of them: a pack that is there and whole is right, whatever has been removed or put back since. One
process at a time writes (``LOCK``); readers never wait.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from indexers.errors import LateUnusable
from indexers.late.pack_file import KEY_BYTES, Packed, open_pack, write_pack
from indexers.store.lock import LOCK
from indexers.store.segment_file import UNFINISHED
from indexers.store.selection import ranges

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from indexers.late.codes import PieceCodes
    from indexers.late.pack_file import Pack

FOLDER = "late"
REACHED = "reached.json"
"""How far the folder has been compared with the catalogue; a note, of which nothing but time depends."""

_NO_PACKS = {LOCK, REACHED}

LARGEST_FOLDED_BYTES = 256 * 2**20
"""A pack this large is written again only where half of it is dead: else each chunk would be rewritten many times."""

MOST_PACKS = 8
"""Beyond so many the smaller half becomes one."""

DEAD_SHARE, SPARED = 0.1, 64
"""What may lie in the folder of removed texts, beside what is there: a share of it, and so many texts."""


class Packs:
    """The packs of one folder as they are now, of one coding; what is damaged is left out, and named in ``damaged``."""

    def __init__(self, packs: Sequence[Pack], *, damaged: Sequence[str] = ()) -> None:
        self.packs = tuple(packs)
        self.damaged = tuple(damaged)

    @classmethod
    def open(cls, folder: Path, *, coding: str) -> Packs:
        """The packs of the folder, none where there is no folder.

        Args:
            folder: ``INDEX/late``.
            coding: What the codes must have been made by; others are left alone, and out.
        """
        packs, damaged = [], []
        for name in names(folder):
            try:
                pack = open_pack(folder, name)
            except LateUnusable:
                if (folder / name).exists():  # else folded into another one meanwhile
                    damaged.append(name)
                continue
            if pack.coding == coding:
                packs.append(pack)
        return cls(packs, damaged=damaged)

    def __len__(self) -> int:
        return sum(len(pack.keys) for pack in self.packs)

    def codes(self, keys: Sequence[bytes]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """The codes of chunks, one after the other, and how many each has: 0 where it has none here."""
        wanted = np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(-1, KEY_BYTES)
        counts = np.zeros(len(keys), dtype=np.int64)
        sources: list[tuple[Pack, NDArray[np.int64], NDArray[np.int64]]] = []
        left = np.ones(len(keys), dtype=np.bool_)
        for pack in self.packs:
            places = pack.find(wanted)
            here = np.flatnonzero((places >= 0) & left)
            if len(here):
                left[here] = False
                begins = pack.starts[places[here]]
                counts[here] = pack.starts[places[here] + 1] - begins
                sources.append((pack, here, begins))
        return _gathered(sources, counts), counts

    def seen(self, pieces: Sequence[int]) -> NDArray[np.int64]:
        """In how many chunks each piece of the vocabulary is; of packs that were folded about."""
        wanted = np.array(pieces, dtype=np.int64)
        total = np.zeros(len(wanted), dtype=np.int64)
        for pack in self.packs:
            known = wanted < len(pack.seen)
            total[known] += pack.seen[wanted[known]]
        return total

    def held(self, keys: Sequence[bytes]) -> set[bytes]:
        """Those of the keys whose codes are here."""
        if not keys:
            return set()
        wanted = np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(-1, KEY_BYTES)
        found = np.zeros(len(keys), dtype=np.bool_)
        for pack in self.packs:
            found |= pack.find(wanted) >= 0
        return {keys[at] for at in np.flatnonzero(found).tolist()}


def _gathered(
    sources: Sequence[tuple[Pack, NDArray[np.int64], NDArray[np.int64]]], counts: NDArray[np.int64]
) -> NDArray[np.uint8]:
    if not sources:
        return np.empty((0, 0), dtype=np.uint8)
    if len(sources) == 1:
        pack, here, begins = sources[0]
        return pack.gather(ranges(begins, counts[here]))
    firsts = np.cumsum(counts) - counts
    codes = np.empty((int(counts.sum()), sources[0][0].width), dtype=np.uint8)
    for pack, here, begins in sources:
        codes[ranges(firsts[here], counts[here])] = pack.gather(ranges(begins, counts[here]))
    return codes


def names(folder: Path) -> list[str]:
    """The files of the folder that are packs by their names, sorted."""
    try:
        return sorted(
            entry.name for entry in folder.iterdir() if entry.name not in _NO_PACKS and UNFINISHED not in entry.name
        )
    except OSError:
        return []


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, making the folder where it is missing; waits for another process.

    Raises:
        LateUnusable: The folder cannot be made or written.
    """
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        lock = os.fdopen(os.open(folder / LOCK, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600), "ab")
    except OSError as error:
        raise LateUnusable(path=str(folder), reason=error.strerror or str(error)) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in leftovers(folder):
            left.unlink(missing_ok=True)
        yield


def leftovers(folder: Path) -> list[Path]:
    """What somebody is writing, or was when he was killed."""
    return list(folder.glob("*" + UNFINISHED))


def add(folder: Path, coding: str, codes: Mapping[bytes, PieceCodes]) -> None:
    """Put the codes of chunks into the folder, durably.

    Raises:
        LateUnusable: The folder cannot be written.
    """
    if codes:
        with writing(folder):
            seen = np.bincount(np.concatenate([held.pieces for held in codes.values()])).astype(np.uint32)
            write_pack(folder, Packed(coding, {key: held.codes for key, held in codes.items()}, seen))


def fold(folder: Path, *, coding: str, live: Collection[bytes]) -> None:
    """Write anew what is half dead, damaged or in too many small packs; remove what no longer belongs here.

    Args:
        folder: ``INDEX/late``.
        coding: The present one; packs of others are removed.
        live: The keys of every vector in the catalogue.

    Raises:
        LateUnusable: The folder cannot be written.
    """
    with writing(folder):
        packs = Packs.open(folder, coding=coding)
        alive = {pack.name: _alive(pack, live) for pack in packs.packs}
        again = _to_fold(packs.packs, alive)
        kept: dict[bytes, NDArray[np.uint8]] = {}
        seen = np.zeros(max((len(pack.seen) for pack in again), default=0))
        for pack in again:
            intact = _intact(pack, alive[pack.name])
            kept.update(intact)
            seen[: len(pack.seen)] += pack.seen * (len(intact) / max(1, len(pack.keys)))
        staying = {pack.name for pack in packs.packs if pack not in again}
        if kept:
            staying.add(write_pack(folder, Packed(coding, kept, np.ceil(seen).astype(np.uint32))))
        try:
            for entry in folder.iterdir():
                if entry.name not in staying and entry.name not in _NO_PACKS:
                    entry.unlink(missing_ok=True)
        except OSError as error:
            raise LateUnusable(path=str(folder), reason=error.strerror or str(error)) from error


def tidy(folder: Path, *, coding: str, live: int, keys: Callable[[], Collection[bytes]], strict: bool = False) -> None:
    """Fold where a tenth of the codes belongs to no vector any more, or packs have become many, or one is damaged.

    Args:
        folder: ``INDEX/late``.
        coding: The present one.
        live: How many vectors the catalogue has.
        keys: Their keys, read only if they are needed.
        strict: Fold where any code belongs to no vector; in packs of 256 MB and more half of them still may.

    Raises:
        LateUnusable: The folder cannot be written.
    """
    packs = Packs.open(folder, coding=coding)
    foreign = set(names(folder)) != {pack.name for pack in packs.packs}
    most = live if strict else live * (1 + DEAD_SHARE) + SPARED
    if foreign or len(packs.packs) > MOST_PACKS or len(packs) > most:
        fold(folder, coding=coding, live=keys())


def damaged_packs(folder: Path, *, deep: bool = False) -> list[str]:
    """The packs that are not what was written.

    Args:
        folder: ``INDEX/late``.
        deep: Hold every chunk's codes against its checksum, too: 0.1 s for 100,000.
    """
    bad = []
    for name in names(folder):
        try:
            pack = open_pack(folder, name)
        except LateUnusable:
            bad.append(name)
            continue
        if deep and (pack.find(pack.keys) < 0).any():
            bad.append(name)
    return bad


def drop_packs(folder: Path, bad: Collection[str]) -> None:
    """Remove packs; what they held is computed again by the next `catch_up`.

    Raises:
        LateUnusable: The folder cannot be written.
    """
    with writing(folder):
        try:
            for name in bad:
                (folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise LateUnusable(path=str(folder), reason=error.strerror or str(error)) from error


def remove(folder: Path) -> None:
    """Remove the folder, if it is there.

    Raises:
        LateUnusable: It cannot be removed.
    """
    try:
        if folder.exists():
            shutil.rmtree(folder)
    except OSError as error:
        raise LateUnusable(path=str(folder), reason=error.strerror or str(error)) from error


def _alive(pack: Pack, live: Collection[bytes]) -> NDArray[np.bool_]:
    keys = pack.keys.tobytes()
    found = (keys[at : at + KEY_BYTES] in live for at in range(0, len(keys), KEY_BYTES))
    return np.fromiter(found, dtype=np.bool_, count=len(pack.keys))


def _to_fold(packs: Sequence[Pack], alive: Mapping[str, NDArray[np.bool_]]) -> list[Pack]:
    dead = [pack for pack in packs if 2 * int(alive[pack.name].sum()) < len(pack.keys)]
    small = sorted((pack for pack in packs if pack not in dead), key=lambda pack: pack.codes_bytes)
    small = [pack for pack in small if pack.codes_bytes < LARGEST_FOLDED_BYTES]
    some_dead = [pack for pack in small if not alive[pack.name].all()]
    return dead + (small[: len(small) // 2 + 1] if len(packs) > MOST_PACKS else some_dead)


def _intact(pack: Pack, alive: NDArray[np.bool_]) -> dict[bytes, NDArray[np.uint8]]:
    places = pack.find(pack.keys)
    return {pack.keys[at].tobytes(): pack.codes(at) for at in np.flatnonzero(alive & (places >= 0)).tolist()}
