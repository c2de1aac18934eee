"""The readable form in which the handbook's office files are written: a title, headings, text, lists and tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 is the outermost (in a workbook a sheet, in a presentation a slide)."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph, which stands on one line of the source."""

    text: str


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first row is its header."""

    rows: tuple[tuple[str, ...], ...]


Part = Heading | Paragraph | Bullets | Table


@dataclass(frozen=True, slots=True)
class Source:
    """One document before it takes the form of an office format."""

    title: str
    author: str
    date: dt.datetime
    parts: tuple[Part, ...]


def parse(text: str) -> Source:
    """Read ``title``, ``author`` and ``date`` lines, then headings, paragraphs, ``-`` lists and ``|`` tables."""
    head, _, body = text.partition("\n\n")
    fields = dict(line.split(": ", 1) for line in head.splitlines())
    date = dt.datetime.fromisoformat(fields["date"])
    return Source(fields["title"], fields["author"], date, tuple(_parts(body)))


def _parts(body: str) -> Iterator[Part]:
    lines = (line for line in body.splitlines() if line.strip())
    for mark, group in groupby(lines, key=lambda line: line[0] if line[0] in "#-|" else ""):
        if mark == "-":
            yield Bullets(tuple(line[2:] for line in group))
        elif mark == "|":
            rows = (tuple(cell.strip() for cell in line.strip().strip("|").split("|")) for line in group)
            yield Table(tuple(row for row in rows if set(row) != {"---"}))
        elif mark == "#":
            yield from (Heading(len(line) - len(line.lstrip("#")), line.lstrip("# ")) for line in group)
        else:
            yield from map(Paragraph, group)
