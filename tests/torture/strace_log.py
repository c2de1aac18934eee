"""Reads a log of `strace -f -xx -y` with whole buffers: who called what with which bytes, in order."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.torture.tracing import WRITE_CALLS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REPLAYED = (*WRITE_CALLS, "lseek", "read", "sendto")
"""What a log must hold so that every file's content can be rebuilt from it: also what moves a file's offset."""

_WHOLE = re.compile(r"^(\d+) +(\w+)\((.*)\) += (-?\d+)", re.DOTALL)
_BEGUN = re.compile(r"^(\d+) +(\w+)\((.*) <unfinished \.\.\.>$", re.DOTALL)
_ENDED = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>(.*)$", re.DOTALL)
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_DESCRIPTOR = re.compile(r"^(\d+)<")
_SENT = re.compile(r"^\d+<[^>]*>, (\d+)<[^>]*>, \[(\d+)\]")
_PLACE = re.compile(r"(AT_FDCWD|\d+)<((?:\\x[0-9a-f]{2})*)>")


@dataclass(frozen=True, slots=True)
class Call:
    """One system call that succeeded.

    ``descriptor`` is its first argument (for openat: what it returned), -1 where that is none; ``paths`` are the names
    it was given, absolute; ``data`` the bytes that went through. ``source`` and ``offset`` are `sendfile`'s.
    """

    name: str
    descriptor: int
    paths: tuple[str, ...]
    data: bytes
    result: int
    last_number: int
    flags: frozenset[str]
    source: int = -1
    offset: int = 0


def calls_in(log: Path) -> Iterator[Call]:
    """The calls that succeeded, in the order in which they ended."""
    begun: dict[str, str] = {}
    with log.open() as lines:
        for raw in lines:
            line = raw.rstrip("\n")
            if unfinished := _BEGUN.match(line):
                begun[unfinished[1]] = f"{unfinished[1]} {unfinished[2]}({unfinished[3]}"
                continue
            if resumed := _ENDED.match(line):
                line = begun.pop(resumed[1], "") + resumed[3]
            whole = _WHOLE.match(line)
            if whole and int(whole[4]) >= 0:
                yield _call(whole[2], whole[3], int(whole[4]))


def _call(name: str, arguments: str, result: int) -> Call:
    strings = [_bytes(found) for found in _STRING.findall(arguments)]
    descriptor = _DESCRIPTOR.match(arguments)
    last = arguments.rsplit(",", 1)[-1].strip()
    named = name in _NAMING
    sent = _SENT.match(arguments) if name == "sendfile" else None
    return Call(
        name=name,
        descriptor=result if name == "openat" else int(descriptor[1]) if descriptor else -1,
        paths=tuple(_absolute(strings, arguments)) if named else (),
        data=b"" if named or name == "read" else b"".join(strings)[:result],
        result=result,
        last_number=int(last) if last.lstrip("-").isdigit() else 0,
        flags=frozenset(re.findall(r"\b(O_\w+)", _STRING.sub("", arguments))),
        source=int(sent[1]) if sent else -1,
        offset=int(sent[2]) if sent else 0,
    )


_NAMING = {"openat", "rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat", "rmdir"} | {
    "mkdir",
    "mkdirat",
    "chmod",
}


def _bytes(escaped: str) -> bytes:
    return bytes.fromhex(escaped.replace("\\x", ""))


def _absolute(strings: list[bytes], arguments: str) -> Iterator[str]:
    """The names, each below the folder that stands before it."""
    places = [_bytes(found[1]) for found in _PLACE.findall(arguments)] or [os.fsencode(os.getcwd())]  # noqa: PTH109
    for position, name in enumerate(strings):
        place = places[min(position, len(places) - 1)]
        yield os.path.normpath(os.fsdecode(os.path.join(place, name)))  # noqa: PTH118
