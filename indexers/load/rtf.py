"""RTF: headings, paragraphs, lists, tables and footnotes, read by anydoc without what is hidden or deleted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from indexers.load.build import Reading, TextBuilder
from indexers.load.limits import LoadLimits
from indexers.load.model import add_document, parsed

_TOKEN = re.compile(
    rb"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?|\\'[0-9a-fA-F]{2}|\\[^a-zA-Z]|[{}]|[^\\{}]+|\\", re.DOTALL
)
_HIDING = re.compile(rb"\\(?:v|deleted)(?![a-z0])")
_INFO_CHARS = 65_536
_INFO = re.compile(rb"\{\\info\b")
_FIELD = re.compile(rb"\{\\(title|author|creatim|revtim)\b((?:[^{}\\]|\\[^{}])*)\}")
_CODED = re.compile(r"\\'([0-9a-fA-F]{2})|\\u(-?\d{1,5}) ?\??|\\[a-z]+-?\d* ?")
_KEYS = {"title": "title", "author": "author", "creatim": "created", "revtim": "modified"}


def read_rtf(data: bytes, *, name: str, limits: LoadLimits) -> Reading:
    """Read the text as it is shown; headers, footers and comments are not part of it.

    Raises:
        DamagedFile: It cannot be read.
        LimitExceeded: It is nested too deep, or holds too much.
    """
    builder = TextBuilder(name, limits)
    add_document(builder, parsed(_without_hidden(data), "rtf", name=name))
    metadata = dict(_info(data))
    title = metadata.pop("title", "")
    return builder.reading(title=title, metadata=metadata.items())


def _without_hidden(data: bytes) -> bytes:
    r"""The document without the text that ``\v`` hides and ``\deleted`` strikes out."""
    if not _HIDING.search(data):
        return data
    kept: list[bytes] = []
    stack: list[bool] = []
    hidden = False
    position = 0
    while match := _TOKEN.match(data, position):
        token, position = match[0], match.end()
        if token == b"{":
            stack.append(hidden)
        elif token == b"}":
            hidden = stack.pop() if stack else False
        elif match["word"] == b"bin":
            position += max(int(match["number"] or 0), 0)
            continue
        elif match["word"] in (b"v", b"deleted"):
            hidden = match["number"] != b"0"
        elif match["word"] == b"plain":
            hidden = False
        if not hidden or token in (b"{", b"}") or (match["word"] and match["word"] != b"u"):
            kept.append(token)
    return b"".join(kept)


def _info(data: bytes) -> Iterator[tuple[str, str]]:
    """Title, author and dates from the information group, as far as they are there."""
    start = _INFO.search(data[:_INFO_CHARS])
    if start is None:
        return
    for field, value in _FIELD.findall(data, start.end(), start.end() + _INFO_CHARS):
        key = _KEYS[field.decode()]
        if field in (b"creatim", b"revtim"):
            parts = dict(re.findall(rb"\\(yr|mo|dy)(\d{1,4})", value))
            if {b"yr", b"mo", b"dy"} <= parts.keys():
                yield key, f"{int(parts[b'yr']):04d}-{int(parts[b'mo']):02d}-{int(parts[b'dy']):02d}"
        else:
            yield key, _CODED.sub(_decoded, value.decode("cp1252", "replace")).strip()


def _decoded(match: re.Match[str]) -> str:
    if match[1]:
        return bytes([int(match[1], 16)]).decode("cp1252", "replace")
    return chr(int(match[2]) % 65_536) if match[2] else ""
