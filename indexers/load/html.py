"""HTML: headings, paragraphs, lists and tables as a browser shows them; what it hides is dropped.

A stream of tags is enough for that, and bears a million nested ones, which a tree of them may not.
"""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser

from indexers.document import BlockKind
from indexers.load.build import Reading, TextBuilder, one_line, used_columns, without_empty_columns
from indexers.load.headers import label_rows
from indexers.load.limits import LoadLimits
from indexers.load.spans import SpannedRows, SpanningCell, with_signs

_VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
})  # fmt: skip
_DROPPED = frozenset({
    "head", "iframe", "math", "noscript", "object", "script", "select", "style", "svg", "template", "textarea",
})  # fmt: skip
_INLINE = frozenset({
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "button", "cite", "code", "data", "del", "dfn", "em", "font", "i",
    "img", "input", "ins", "kbd", "label", "mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup",
    "time", "tt", "u", "var", "wbr", "ix:nonfraction", "ix:nonnumeric",
})  # fmt: skip
_FLOWING = _INLINE | _DROPPED | {"br"}  # these end no paragraph
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])|opacity\s*:\s*0(?![.\d])")
_CLOSED_BY = {"li": ("li",), "tr": ("tr", "td", "th"), "td": ("td", "th"), "th": ("td", "th"), "dd": ("dd", "dt")}
_METADATA = {
    "author": "author", "dc.creator": "author", "dcterms.creator": "author", "article:author": "author",
    "date": "created", "dc.date": "created", "dcterms.created": "created", "article:published_time": "created",
    "article:modified_time": "modified", "dcterms.modified": "modified", "og:updated_time": "modified",
    "last-modified": "modified", "content-language": "language", "dc.language": "language",
    "description": "description",
}  # fmt: skip
_BLANKS = re.compile(r"[ \t\r\n\f]+")


def read_html(text: str, *, name: str, limits: LoadLimits) -> Reading:
    """Read one decoded page."""
    builder = TextBuilder(name, limits)
    page = add_html(builder, text)
    return builder.reading(title=page.title, metadata=page.metadata.items())


def add_html(builder: TextBuilder, text: str) -> _Page:
    """Add the blocks of a page to a document that may hold more, as a mail does."""
    page = _Page(builder)
    page.feed(_without_traps(text))
    page.close()
    page.finish()
    return page


def _without_traps(text: str) -> str:
    """The page without comments, and with what can be no tag any more as text.

    The standard library's parser looks for the end of each comment and tag through the rest of the page: a million
    that never end would take it hours.
    """
    kept: list[str] = []
    position = 0
    while (start := text.find("<!--", position)) >= 0:
        kept.append(text[position:start])
        end = text.find("-->", start + 2)
        position = len(text) if end < 0 else end + 3
    kept.append(text[position:])
    page = " ".join(kept)
    last = page.rfind(">") + 1
    return page[:last] + page[last:].replace("<", "&lt;")


class _Page(HTMLParser):
    """Collects text until a tag ends the block it stands in."""

    def __init__(self, builder: TextBuilder) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.metadata: dict[str, str] = {}
        self._builder = builder
        self._open: list[str] = []
        self._open_counts: Counter[str] = Counter()
        self._hidden_from: int | None = None
        self._text: list[str] = []
        self._items: list[str] = []
        self._ordinals: list[int | None] = []  # of the open lists; None for those without numbers
        self._label = ""
        self._rows: list[list[SpanningCell]] = []
        self._row: list[SpanningCell] | None = None
        self._spans: list[tuple[int, int]] = []  # columns and rows of the open cells
        self._labels = 0  # the cells of the open row that are marked as labels
        self._header_rows = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {key: value or "" for key, value in attrs}
        if tag == "html" and values.get("lang"):
            self.metadata.setdefault("language", values["lang"])
        if tag == "meta":
            name = values.get("name") or values.get("property") or values.get("http-equiv", "")
            if name.lower() in _METADATA and values.get("content"):
                self.metadata.setdefault(_METADATA[name.lower()], values["content"])
        if tag not in _FLOWING:
            self._close_implied(tag)
            self.end_block()
        if tag == "br":
            self._text.append("\n")
        if tag in _VOID:
            return
        self._open.append(tag)
        self._open_counts[tag] += 1
        hidden = tag in _DROPPED or "hidden" in values or _HIDING.search(values.get("style", "").lower())
        if hidden and self._hidden_from is None:
            self._hidden_from = len(self._open) - 1
        if self._hidden_from is None:
            self._begin(tag)
            if tag in ("td", "th"):
                self._spans.append((_span(values.get("colspan", "")), _span(values.get("rowspan", ""))))

    def _close_implied(self, tag: str) -> None:
        closes = _CLOSED_BY.get(tag, ("p",))
        while self._open and self._open[-1] in closes:
            self.handle_endtag(self._open[-1])
        if self._open and self._open[-1] == "head" and tag == "body":
            self.handle_endtag("head")

    def _begin(self, tag: str) -> None:
        if tag in ("ul", "ol"):
            self._ordinals.append(0 if tag == "ol" else None)
        elif tag == "li":
            depth = max(len(self._ordinals), 1)
            ordinal = self._ordinals[-1] if self._ordinals else None
            if ordinal is not None:
                self._ordinals[-1] = ordinal + 1
            self._label = "  " * (min(depth, 20) - 1) + (f"{ordinal + 1}." if ordinal is not None else "-")
        elif tag == "tr":
            self._end_row()
            self._row, self._labels = [], 0
        elif tag in ("td", "th") and self._row is None:
            self._row, self._labels = [], 0

    def handle_endtag(self, tag: str) -> None:
        if not self._open_counts[tag]:
            return
        if tag not in _FLOWING:
            self.end_block(tag)
        while True:
            closed = self._open.pop()
            self._open_counts[closed] -= 1
            if self._hidden_from is not None and len(self._open) <= self._hidden_from:
                self._hidden_from = None
            elif self._hidden_from is None:
                self._end(closed)
            if closed == tag:
                return

    def _end(self, tag: str) -> None:
        if tag in ("ul", "ol") and self._ordinals:
            self._ordinals.pop()
            if not self._ordinals:
                self.end_list()
        elif tag in ("td", "th") and self._row is not None:
            wide, high = self._spans.pop() if self._spans else (1, 1)
            text = one_line(self._taken())
            self._row.append(SpanningCell(text, wide, high))
            self._labels += tag == "th" or not text or bool(self._open_counts["thead"])
        elif tag == "tr":
            self._end_row()
        elif tag == "table":
            self.end_table()

    def handle_data(self, data: str) -> None:
        if "title" in self._open[-1:] and "svg" not in self._open_counts:
            self.title = self.title or one_line(data)
        elif self._hidden_from is None:
            self._text.append(data if self._open_counts["pre"] else _BLANKS.sub(" ", data))

    def end_block(self, tag: str = "") -> None:
        """Add the text since the last block as what the tag that ends it says it is."""
        if self._open_counts["td"] or self._open_counts["th"]:
            self._text.append("" if tag in ("td", "th") else " ")
            return
        text = self._taken()
        if not text.strip() and tag != "pre":
            return
        if tag in _HEADINGS:
            self.end_list()
            self._builder.add_heading(one_line(text), level=_HEADINGS[tag])
        elif self._label or self._ordinals:
            self._items.append(f"{self._label or '  ' * len(self._ordinals)} {one_line(text)}")
            self._label = ""
        else:
            self.end_list()
            self.end_table()
            kind: BlockKind = "code" if tag == "pre" else "paragraph"
            self._builder.add(kind, text)

    def finish(self) -> None:
        """Close what the page left open, and add what was collected in it."""
        while self._open:
            self.handle_endtag(self._open[-1])
        self.end_block()
        self.end_list()
        self.end_table()

    def _taken(self) -> str:
        text = "".join(self._text)
        self._text.clear()
        return text if self._open_counts["pre"] else "\n".join(line.strip() for line in text.split("\n"))

    def end_list(self) -> None:
        """Add the items so far as one list."""
        self._builder.add("list", "\n".join(self._items))
        self._items.clear()
        self._label = ""

    def _end_row(self) -> None:
        if self._row is not None:
            is_header = self._labels == len(self._row) and self._header_rows == len(self._rows)
            self._header_rows += is_header and any(cell.text for cell in self._row)
            self._rows.append(self._row)
            self._row = None

    def end_table(self) -> None:
        """Add the rows so far: a table, or paragraphs where the table only served the layout."""
        self._end_row()
        spans = SpannedRows(fill_wide=False)
        rows = [dict(enumerate(with_signs(spans.row(row)))) for row in self._rows]
        said = self._header_rows if self._header_rows < len(rows) else 0
        self._rows.clear()
        self._header_rows = 0
        if len(used_columns(rows)) > 1:
            self.end_list()
            table = list(without_empty_columns(rows))
            self._builder.add_table(table, header_rows=said or label_rows(table))
        else:
            for row in rows:
                self._builder.add("paragraph", "".join(row.values()))


def _span(value: str) -> int:
    return int(value) if value.isdecimal() and len(value) < 6 else 1
