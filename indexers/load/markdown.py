"""Markdown: the text stays as the author wrote it; the parser says where the blocks are."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt

from indexers.document import BlockKind
from indexers.load.build import Reading, TextBuilder
from indexers.load.limits import LoadLimits
from indexers.normalise import normalise

_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FIELD = re.compile(r"([^\W\d_][\w -]{0,40}):(?:[ \t]+(.*))?")
_ITEM = re.compile(r"[ \t]*-[ \t]+(.*)")
_MOST_FIELDS = 100
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")
_MARKS = re.compile(r"(\*\*|__|`|(?<!\w)[*_]|[*_](?!\w))")
_KINDS: dict[str, BlockKind] = {
    "bullet_list_open": "list",
    "ordered_list_open": "list",
    "table_open": "table",
    "fence": "code",
    "code_block": "code",
}
_FIELDS = {
    "author": "author", "authors": "author", "date": "created", "created": "created", "lang": "language",
    "language": "language", "modified": "modified", "updated": "modified", "lastmod": "modified",
}  # fmt: skip


def read_markdown(text: str, *, name: str, limits: LoadLimits) -> Reading:
    """Read one decoded file; front matter becomes title and metadata, comments are dropped."""
    builder = TextBuilder(name, limits)
    source, fields = _without_front_matter(normalise(text).text.lstrip("\n"))
    lines = source.split("\n")
    # Only blocks are parsed: spans inside lines change nothing here and are where parsers become slow.
    parser = MarkdownIt("commonmark").enable("table").disable("inline")
    tokens = parser.parse(source)
    for index, token in enumerate(tokens):
        if token.level or token.map is None or token.nesting < 0:
            continue
        piece = "\n".join(lines[token.map[0] : token.map[1]])
        if token.type == "heading_open":
            path = _MARKS.sub("", _LINK.sub(r"\1", tokens[index + 1].content))
            builder.add_heading(piece, level=int(token.tag[1:]), path=path)
        else:
            kind = _KINDS.get(token.type, "paragraph")
            header_chars = len(lines[token.map[0]].rstrip()) if kind == "table" else 0
            builder.add(kind, piece if kind == "code" else _COMMENT.sub("", piece), header_chars=header_chars)
    title = next((value for key, value in fields if key == "title"), "")
    metadata = [(_FIELDS.get(key, key), value) for key, value in fields if key != "title"]
    return builder.reading(title=title, metadata=metadata[:_MOST_FIELDS])


def _without_front_matter(text: str) -> tuple[str, list[tuple[str, str]]]:
    """The text after the front matter, and its fields, names in lower case: each item of a list is a pair of its own.

    Of a field that stands twice the first is taken; what is nested deeper than a list is passed over.
    """
    match = _FRONT_MATTER.match(text)
    if match is None:
        return text, []
    fields: dict[str, list[str]] = {}
    open_list: list[str] | None = None
    for line in match[1].split("\n"):
        if field := _FIELD.fullmatch(line):
            values = _values((field[2] or "").strip())
            open_list = None if values else []
            fields.setdefault(field[1].lower().rstrip(), values if open_list is None else open_list)
        elif open_list is not None and (item := _ITEM.fullmatch(line)):
            open_list.append(_plain(item[1]))
        elif line.strip():
            open_list = None
    return text[match.end() :], [(key, value) for key, values in fields.items() for value in values]


def _values(written: str) -> list[str]:
    """A value, or the items of a list that is written in one line."""
    if written.startswith("[") and written.endswith("]"):
        return [_plain(item) for item in written[1:-1].split(",")]
    return [_plain(written)] if written else []


def _plain(written: str) -> str:
    return written.strip().strip("\"'")
