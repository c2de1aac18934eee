"""What a document is called: its own title if that says something, else its file's name."""

from __future__ import annotations

import re
from pathlib import Path

from indexers.load.build import Reading, one_line
from indexers.load.formats import FORMATS, ending
from indexers.roots import shown

_MAX_TITLE_CHARS = 200
_TELLING_LETTERS = 4
_NO_TITLE = re.compile(
    r"untitled( document)?|[\W\d_]*"
    r"|(document|presentation|workbook|book|slide|powerpoint presentation|word document) ?\d*",
    re.IGNORECASE,
)
_PRINTER = re.compile(r"(microsoft \w+|powerpoint presentation) ?[-\u2013:]\s*", re.IGNORECASE)
_FILE_LIKE = re.compile(r"\S+\.\w{1,5}|\S*[\d_]\S*[\d_]\S*|[^ ]{40,}")


def title_of(reading: Reading, path: Path) -> str:
    """The file's own title if it says something, else a heading it begins with, else its name made readable."""
    named = _readable(path.stem) or shown(path.name)
    candidates = [_PRINTER.sub("", reading.title)]
    if FORMATS[ending(path)].named_by_heading or sum(map(str.isalpha, named)) < _TELLING_LETTERS:
        candidates += [block.headings[-1] for block in reading.blocks[:1] if block.kind == "heading"]
    for candidate in candidates:
        title = candidate.strip()[:_MAX_TITLE_CHARS]
        if title and not _NO_TITLE.fullmatch(title) and not _FILE_LIKE.fullmatch(title):
            return title
    return named[:_MAX_TITLE_CHARS]


def _readable(stem: str) -> str:
    """The file's name without its ending, hyphens and underscores as spaces, except in dates and numbers."""
    return one_line(re.sub(r"[_\s]+|(?<!\d)-|-(?!\d)", " ", shown(stem)))
