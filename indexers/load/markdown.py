"""Markdown: the text stays as the author wrote it; the parser says where the blocks are."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt

from indexers.document import BlockKind
from indexers.load.build import Reading, TextBuilder
from indexers.load.limits import LoadLimits
from indexers.normalise import normalise

_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FIELD = re.compile(r"([A-Za-z][\w -]{0,40}):[ \t]+(.+)")
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
    metadata = [(_FIELDS[key], value) for key, value in fields.items() if key in _FIELDS]
    return builder.reading(title=fields.get("title", ""), metadata=metadata)


def _without_front_matter(text: str) -> tuple[str, dict[str, str]]:
    """The text after the front matter, and its plain fields, names in lower case; nested ones are passed over."""
    match = _FRONT_MATTER.match(text)
    if match is None:
        return text, {}
    fields: dict[str, str] = {}
    for line in match[1].split("\n"):
        if field := _FIELD.fullmatch(line):
            fields.setdefault(field[1].lower(), field[2].strip().strip("\"'"))
    return text[match.end() :], fields
