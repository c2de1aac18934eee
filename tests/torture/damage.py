"""Damage to the files of an index: bits flipped, pages zeroed, swapped and repeated, files cut short, grown or gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

PAGE, SECTOR = 4096, 512
WEIGHTS = {"catalogue": 42, "log": 15, "segment": 18, "lexical": 18, "snapshot": 5, "lock": 2}
"""How often each kind of file is chosen, of 100."""


@dataclass(frozen=True, slots=True)
class Damage:
    """What was done to which file."""

    kind: str
    file: str
    how: str


def kind_of(file: str) -> str:
    """Which part of an index the file (relative to its folder) is."""
    for folder, kind in (("lexical/", "lexical"), ("segments/", "segment"), ("snapshots/", "snapshot")):
        if file.startswith(folder):
            return kind
    return {"LOCK": "lock", "catalogue.sqlite3": "catalogue", "catalogue.sqlite3-wal": "log"}[file]


def damage(index: Path, chance: random.Random) -> Damage:
    """Spoil one file of the index in one way."""
    files: dict[str, list[str]] = {}
    for path in sorted(index.rglob("*")):
        if path.is_file():
            name = str(path.relative_to(index))
            files.setdefault(kind_of(name), []).append(name)
    kinds = sorted(files)
    kind = chance.choices(kinds, [WEIGHTS[kind] for kind in kinds])[0]
    file = chance.choice(files[kind])
    path = index / file
    before = path.read_bytes()
    while True:
        how = chance.choice(sorted(WAYS)) if before else "grown"
        after = WAYS[how](bytearray(before), chance)
        if after is None or bytes(after) != before:
            break
    if after is None:
        path.unlink()
    else:
        path.write_bytes(after)
    return Damage(kind, file, how)


def _flipped(data: bytearray, chance: random.Random) -> bytearray:
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return data


def _head_flipped(data: bytearray, chance: random.Random) -> bytearray:
    """A bit where SQLite's pages say what they hold and how many rows: rows vanish or come back."""
    page = chance.randrange(-(-len(data) // PAGE)) * PAGE
    place = min(page + (100 if page == 0 else 0) + chance.randrange(20), len(data) - 1)
    data[place] ^= 1 << chance.randrange(8)
    return data


def _flipped_often(data: bytearray, chance: random.Random) -> bytearray:
    for _ in range(8):
        _flipped(data, chance)
    return data


def _noise(data: bytearray, chance: random.Random) -> bytearray:
    start = chance.randrange(len(data))
    end = min(start + chance.randrange(1, 65), len(data))
    data[start:end] = chance.randbytes(end - start)
    return data


def _two(data: bytearray, chance: random.Random) -> tuple[slice, slice]:
    """Two whole pages, or sectors where the file has no two pages; twice all of it where there are no two of these."""
    size = PAGE if len(data) >= 2 * PAGE else SECTOR
    places = len(data) // size
    if places < 2:
        return slice(0, len(data)), slice(0, len(data))
    first, second = chance.sample(range(places), 2)
    return slice(first * size, (first + 1) * size), slice(second * size, (second + 1) * size)


def _zeroed(data: bytearray, chance: random.Random) -> bytearray:
    place, _ = _two(data, chance)
    data[place] = bytes(len(data[place]))
    return data


def _swapped(data: bytearray, chance: random.Random) -> bytearray:
    one, other = _two(data, chance)
    data[one], data[other] = data[other], data[one]
    return data


def _repeated(data: bytearray, chance: random.Random) -> bytearray:
    one, other = _two(data, chance)
    data[one] = data[other]
    return data


def _cut(data: bytearray, chance: random.Random) -> bytearray:
    return data[: chance.randrange(len(data))]


def _cut_at_page(data: bytearray, chance: random.Random) -> bytearray:
    return data[: chance.randrange(-(-len(data) // PAGE)) * PAGE]


def _grown(data: bytearray, chance: random.Random) -> bytearray:
    return data + chance.randbytes(chance.randrange(1, 2 * PAGE))


def _gone(data: bytearray, chance: random.Random) -> None:
    """The file is removed."""


WAYS: dict[str, Callable[[bytearray, random.Random], bytearray | None]] = {
    "a bit flipped": _flipped,
    "eight bits flipped": _flipped_often,
    "a bit of a page's head flipped": _head_flipped,
    "noise": _noise,
    "zeroed": _zeroed,
    "swapped": _swapped,
    "repeated": _repeated,
    "cut": _cut,
    "cut at a page": _cut_at_page,
    "grown": _grown,
    "gone": _gone,
}
