"""Small compound files (MS-CFB), as Outlook and old Office write them, made from their streams."""

from __future__ import annotations

import struct
from collections.abc import Mapping

_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_STORAGE, _STREAM, _ROOT = 1, 2, 5


def ole(streams: Mapping[str, bytes]) -> bytes:
    """A compound file of streams of less than 4,096 bytes each, by path (``storage/stream``)."""
    children: dict[str, list[str]] = {"": []}
    for path in streams:
        pieces = path.split("/")
        for depth in range(len(pieces)):
            above, own = "/".join(pieces[:depth]), "/".join(pieces[: depth + 1])
            if own not in children.setdefault(above, []):
                children[above].append(own)
    order = ["", *sorted(path for paths in children.values() for path in paths)]
    small, chain, starts = bytearray(), list[int](), dict[str, int]()
    for path, data in streams.items():
        count = -(-len(data) // 64)
        starts[path] = len(chain) if count else _END
        chain += [*range(len(chain) + 1, len(chain) + count), _END] if count else []
        small += data.ljust(64 * count, b"\0")
    entries = b""
    for path in order:
        siblings = next((paths for paths in children.values() if path in paths), [path])
        following = siblings[siblings.index(path) + 1 :][:1]
        below = children.get(path, [])[:1]
        kind = _ROOT if not path else _STREAM if path in streams else _STORAGE
        size = len(small) if not path else len(streams.get(path, b""))
        name = ((path.rpartition("/")[2] or "Root Entry") + "\0").encode("utf-16-le")
        links = (_FREE, order.index(following[0]) if following else _FREE, order.index(below[0]) if below else _FREE)
        entries += name.ljust(64, b"\0") + struct.pack("<HBB", len(name), kind, 1) + struct.pack("<III", *links)
        entries += bytes(36) + struct.pack("<IQ", starts.get(path, _SMALL_AT if not path else 0), size)
    return _assembled(
        _sectors(entries), _sectors(struct.pack(f"<{len(chain)}I", *chain), b"\xff"), _sectors(bytes(small))
    )


_SMALL_AT = 0xEEEEEEEE  # stands where the first sector of the small streams will be known


def _sectors(data: bytes, filler: bytes = b"\0") -> bytes:
    return data.ljust(max(-(-len(data) // 512), 1) * 512, filler)


def _assembled(directory: bytes, small_chain: bytes, small: bytes) -> bytes:
    sizes = [len(part) // 512 for part in (directory, small_chain, small)]
    table, begins = [_FAT], []
    for size in sizes:
        begins.append(len(table))
        table += [*range(len(table) + 1, len(table) + size), _END]
    directory = directory.replace(struct.pack("<I", _SMALL_AT), struct.pack("<I", begins[2]))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIIII", 0, 1, begins[0], 0, 4096, begins[1], sizes[1], _END, 0, 0)
    header += struct.pack("<108I", *[_FREE] * 108)
    fat = struct.pack("<128I", *(table + [_FREE] * 128)[:128])
    return header + fat + directory + small_chain + small
