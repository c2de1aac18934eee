"""Plain text: the encoding found out, paragraphs at blank lines."""

from __future__ import annotations

import codecs
import re

from indexers.document import BlockKind
from indexers.errors import DamagedFile, UnsupportedFile
from indexers.load.build import Reading, TextBuilder
from indexers.load.limits import LoadLimits

_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_DECLARED = re.compile(
    rb"""<(?:meta[^>]{0,200}?charset|\?xml[^>]{0,100}?encoding)\s*=\s*["']?([\w.:-]{2,40})""", re.IGNORECASE
)
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MAX_CONTROL_SHARE = 0.002
_SAMPLE_BYTES = 65_536
_LEAST_GOOD_LINES = 0.3
# Text in cp1252 that uses nothing else is taken for it: on a few words of French or German the detector guesses.
_WESTERN_BYTES = frozenset(range(0x80)).union(
    b"\x80\x82\x84\x85\x91\x92\x93\x94\x95\x96\x97\x99\xa0\xa1\xa3\xa7\xa9\xab\xae\xb0\xb4\xb7\xbb\xbf",  # signs
    b"\xd1\xf1",  # Ñ and ñ
    range(0xC0, 0xCC), range(0xCD, 0xD0), range(0xD3, 0xD7), range(0xD8, 0xDD),  # À to Ü
    range(0xDF, 0xF0), range(0xF2, 0xF7), range(0xF8, 0xFD),  # ß to ü
)  # fmt: skip
_ITEM = re.compile(r"[ \t]*(?:[-*\u2022]|\d{1,3}[.)])[ \t]+\S")


def decode(data: bytes, *, name: str, declared: bool = False) -> str:
    """Bytes to text: byte order mark, then UTF-8, then what the page declares, then the likeliest encoding.

    Args:
        data: The whole file.
        name: The file as errors name it.
        declared: Whether to look for an encoding that the text itself names, as HTML does.

    Raises:
        UnsupportedFile: The bytes are no text in any encoding.
        DamagedFile: The encoding is certain, and the bytes break its rules.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _strict(data[len(mark) :], encoding, name)
    sample = data[:_SAMPLE_BYTES]
    if b"\0" in sample:
        return _strict(data, _wide_encoding(sample, name), name)
    if len(_CONTROLS.findall(sample)) > _MAX_CONTROL_SHARE * len(sample):
        message = f"{name} holds binary data, not text"
        raise UnsupportedFile(message)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        if _is_mixed(data):
            return _line_by_line(data)
        return data.decode(_legacy_encoding(data, declared=declared), errors="replace")


def _strict(data: bytes, encoding: str, name: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        message = f"{name} begins as {encoding.upper()} text, but breaks off at byte {error.start:,}"
        raise DamagedFile(message) from error


def _wide_encoding(sample: bytes, name: str) -> str:
    """Text with zero bytes and no mark: UTF-16 or UTF-32 if the zeros keep to their places."""
    places = [sample[start::4].count(0) / max(len(sample[start::4]), 1) for start in range(4)]
    shapes = {
        (0, 1, 1, 1): "utf-32-le",
        (1, 1, 1, 0): "utf-32-be",
        (0, 1, 0, 1): "utf-16-le",
        (1, 0, 1, 0): "utf-16-be",
    }
    shape = tuple(int(share > 0.4) for share in places)
    if shape not in shapes or any(0.05 < share <= 0.4 for share in places):
        message = f"{name} holds binary data, not text"
        raise UnsupportedFile(message)
    return shapes[shape]


def _is_mixed(data: bytes) -> bool:
    """Whether some lines are UTF-8 and others not, as where files were put together; by chance only few lines are."""
    good = bad = 0
    for line in data.split(b"\n"):
        if not line.isascii():
            try:
                line.decode("utf-8")
                good += 1
            except UnicodeDecodeError:
                bad += 1
    return good > 1 and good > _LEAST_GOOD_LINES * (good + bad)


def _line_by_line(data: bytes) -> str:
    lines = data.split(b"\n")
    decoded: dict[int, str] = {}
    others: list[int] = []
    for number, line in enumerate(lines):
        try:
            decoded[number] = line.decode("utf-8")
        except UnicodeDecodeError:
            others.append(number)
    encoding = _legacy_encoding(b"\n".join(lines[number] for number in others), declared=False)
    decoded |= {number: lines[number].decode(encoding, errors="replace") for number in others}
    return "\n".join(decoded[number] for number in range(len(lines)))


def _legacy_encoding(data: bytes, *, declared: bool) -> str:
    from charset_normalizer import from_bytes

    match = _DECLARED.search(data[:4096]) if declared else None
    if match:
        try:
            return codecs.lookup(match[1].decode("ascii")).name
        except (LookupError, UnicodeDecodeError):
            pass  # a name that nobody knows says nothing
    if set(data) <= _WESTERN_BYTES:
        return "cp1252"
    first = next((index for index, byte in enumerate(data) if byte > 0x7F), 0)
    best = from_bytes(data[max(first - 4096, 0) : first + _SAMPLE_BYTES]).best()
    return best.encoding if best is not None else "cp1252"


def read_text(text: str, *, name: str, limits: LoadLimits) -> Reading:
    """Read one decoded file: paragraphs and lists between blank lines, no headings."""
    builder = TextBuilder(name, limits)
    add_text(builder, text)
    return builder.reading()


def add_text(builder: TextBuilder, text: str) -> None:
    """Add the paragraphs of plain text to a document that may hold more, as a mail does."""
    for piece in re.split(r"\n[ \t]*(?:\n[ \t]*)+", re.sub(r"\r\n?|\f", "\n", text)):
        lines = piece.split("\n")
        kind: BlockKind = "list" if len(lines) > 1 and _ITEM.match(lines[0]) and _ITEM.match(lines[1]) else "paragraph"
        builder.add(kind, piece)
