"""reStructuredText and Org: the text stays as the author wrote it; titles are seen by their marks."""

from __future__ import annotations

import re

from indexers.load.build import Reading, TextBuilder
from indexers.load.headers import label_rows
from indexers.load.limits import LoadLimits
from indexers.load.text import add_text

_ADORNMENT = re.compile(r"([!-/:-@[-`{-~])\1{2,}")
_MAX_TITLE_CHARS = 200
_RST_FIELD = re.compile(r":([A-Za-z]{1,20}):[ \t]+(\S.{0,200})")
_ORG_HEADING = re.compile(r"(\*{1,20})[ \t]+(?:(?:TODO|DONE)[ \t]+)?(\S.*)")
_ORG_FIELD = re.compile(r"#\+([A-Za-z_]{1,20}):[ \t]*(.{0,200})")
_ORG_RULE = re.compile(r"\|[-+]+\|?")
_FIELDS = {"title": "title", "author": "author", "authors": "author", "date": "created", "language": "language"}


def read_rst(text: str, *, name: str, limits: LoadLimits) -> Reading:
    """Read one decoded reStructuredText: levels of titles follow the order in which their adornments come first."""
    builder = TextBuilder(name, limits)
    fields: dict[str, str] = {}
    levels: dict[tuple[str, bool], int] = {}
    lines = _lines(text)
    kept: list[str] = []
    place = 0
    while place < len(lines):
        title, mark, count = _rst_title(lines, place)
        if title:
            _flush(builder, kept)
            level = levels.setdefault(mark, len(levels) + 1)
            builder.add_heading("\n".join(lines[place : place + count]), level=level, path=title)
        elif field := _RST_FIELD.fullmatch(lines[place].strip()):
            fields.setdefault(_FIELDS.get(field[1].lower(), ""), field[2])
            kept.append(lines[place])
        else:
            kept.append(lines[place])
        place += count
    _flush(builder, kept)
    fields.pop("", None)
    return builder.reading(title=fields.pop("title", ""), metadata=fields.items())


def _rst_title(lines: list[str], place: int) -> tuple[str, tuple[str, bool], int]:
    """The title that begins here, its adornment and whether it stands above as well, and the lines that it takes."""
    above = bool(_ADORNMENT.fullmatch(lines[place].rstrip()))
    title, under = (lines[at].rstrip() if at < len(lines) else "" for at in (place + above, place + above + 1))
    fits = _ADORNMENT.fullmatch(under) and 0 < len(title.strip()) <= _MAX_TITLE_CHARS and not title.startswith("..")
    if not fits or len(under) < len(title) or _ADORNMENT.fullmatch(title) or (not above and title != title.lstrip()):
        return "", ("", False), 1
    if above and lines[place].rstrip() != under:
        return "", ("", False), 1
    return title.strip(), (under[0], above), 2 + above


def read_org(text: str, *, name: str, limits: LoadLimits) -> Reading:
    """Read one decoded Org file: stars make headings, bars tables."""
    builder = TextBuilder(name, limits)
    fields: dict[str, str] = {}
    kept: list[str] = []
    table: list[str] = []
    for line in [*_lines(text), ""]:
        if line.lstrip().startswith("|"):
            table.append(line.strip())
            continue
        if table:
            _flush(builder, kept)
            _add_org_table(builder, table)
            table = []
        if heading := _ORG_HEADING.fullmatch(line):
            _flush(builder, kept)
            builder.add_heading(line, level=len(heading[1]), path=heading[2])
        elif field := _ORG_FIELD.fullmatch(line):
            fields.setdefault(_FIELDS.get(field[1].lower(), ""), field[2])
        else:
            kept.append(line)
    _flush(builder, kept)
    fields.pop("", None)
    return builder.reading(title=fields.pop("title", ""), metadata=fields.items())


def _add_org_table(builder: TextBuilder, lines: list[str]) -> None:
    """Add a table; a rule below the first rows says that they are its header."""
    rules = [place for place, line in enumerate(lines) if _ORG_RULE.fullmatch(line)]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if not _ORG_RULE.fullmatch(line)]
    said = next((place for place in rules if 0 < place < len(rows)), 0)
    builder.add_table(rows, header_rows=said or label_rows(rows))


def _flush(builder: TextBuilder, lines: list[str]) -> None:
    add_text(builder, "\n".join(lines))
    lines.clear()


def _lines(text: str) -> list[str]:
    return re.split(r"\r\n?|\n", text)
