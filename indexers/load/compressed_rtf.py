"""The packing of RTF bodies in Outlook messages: a dictionary coder with a text that every dictionary begins with.

Source: MS-OXRTFCP, "Rich Text Format (RTF) Compression Algorithm".
"""

from __future__ import annotations

import struct

_PACKED, _PLAIN = 0x75465A4C, 0x414C454D  # "LZFu", "MELA"
_START = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans Serif"
    rb"SymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
_SIZE = 4096


def unpack_rtf(data: bytes, *, max_bytes: int) -> bytes:
    """The RTF text, at most ``max_bytes`` of it.

    Raises:
        ValueError: The data is not packed in this way.
    """
    if len(data) < 16:
        raise ValueError("the packed RTF breaks off in its header")
    _, _, kind, _ = struct.unpack_from("<IIII", data)
    if kind == _PLAIN:
        return data[16 : 16 + max_bytes]
    if kind != _PACKED:
        raise ValueError("the RTF is packed in an unknown way")
    return _unpacked(data[16:], max_bytes)


def _unpacked(data: bytes, max_bytes: int) -> bytes:
    window = bytearray(_START.ljust(_SIZE, b" "))
    write, place = len(_START), 0
    out = bytearray()
    while place < len(data) and len(out) < max_bytes:
        flags, place = data[place], place + 1
        for bit in range(8):
            if flags >> bit & 1:
                if place + 2 > len(data):
                    return bytes(out)
                token, place = data[place] << 8 | data[place + 1], place + 2
                read, length = token >> 4, (token & 15) + 2
                if read == write:  # the mark of the end
                    return bytes(out)
                for step in range(length):
                    window[write] = window[(read + step) % _SIZE]
                    out.append(window[write])
                    write = (write + 1) % _SIZE
            elif place < len(data):
                window[write] = data[place]
                out.append(data[place])
                write, place = (write + 1) % _SIZE, place + 1
    return bytes(out)
