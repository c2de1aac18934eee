"""Names of the files inside a file: safe to show and to make a URI of, whatever their author wrote."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from indexers.document import PART_SEPARATOR
from indexers.load.build import Part, one_line
from indexers.roots import shown

_MAX_NAME_BYTES = 255
_LONGEST_ENDING_BYTES = 32


def named(parts: Iterable[Part]) -> Iterator[tuple[str, Part]]:
    """Each part with a name of its own among them, the first of a name keeping it."""
    taken: set[str] = set()
    repeats: Counter[str] = Counter()
    for part in parts:
        plain = name = safe_name(part.name)
        while name.casefold() in taken:
            repeats[plain] += 1
            name = _numbered(plain, repeats[plain] + 1)
        taken.add(name.casefold())
        yield name, part


def safe_name(written: str) -> str:
    """The last piece of a path of any system, on one line, without the separator, at most 255 bytes."""
    last = re.split(r"[/\\]", one_line(written))[-1]
    name = shown(last).replace(PART_SEPARATOR, "%21").strip(". ") or "part"
    ending = PurePosixPath(name).suffix
    if len(ending.encode()) > _LONGEST_ENDING_BYTES:
        ending = ""
    room = _MAX_NAME_BYTES - len(ending.encode())
    return name.removesuffix(ending).encode()[:room].decode(errors="ignore") + ending


def _numbered(name: str, number: int) -> str:
    path = PurePosixPath(name)
    return f"{path.stem}-{number}{path.suffix}"
