"""Data without a layout of its own (JSON, XML) as text: fields as lines, records as tables, parts under headings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import TypeAlias

from indexers.errors import LimitExceeded
from indexers.load.build import TextBuilder, one_line
from indexers.load.limits import LoadLimits


@dataclass(frozen=True, slots=True)
class Fields:
    """Named values in order; a name may come more than once."""

    pairs: tuple[tuple[str, Tree], ...]


Tree: TypeAlias = "str | list[Tree] | Fields"

_TITLES = ("title", "name", "label", "id", "key")
_PROSE = ("p", "para", "paragraph", "text", "content", "body", "description")
_MAX_TITLE_CHARS = 100
_MAX_LEAVES = 12
_MAX_PATH_DEPTH = 20
_MAX_LINE_CHARS = 300
_MAX_COLUMNS = 40
_LEAST_FILLED = 0.5


def title_of_fields(tree: Tree) -> str:
    """What the fields say they are called; "" where they do not."""
    if isinstance(tree, Fields):
        for wanted in _TITLES:
            for name, value in tree.pairs:
                if name.lower() == wanted and isinstance(value, str) and 0 < len(value) <= _MAX_TITLE_CHARS:
                    return one_line(value)
    return ""


def add_tree(builder: TextBuilder, tree: Tree, *, limits: LoadLimits, name: str) -> None:
    """Add the values of a tree in order, each under the names that lead to it.

    Records that have the same plain fields are one table with a header; plain values are lines ``name: value``; longer
    texts are paragraphs; whatever has parts stands under a heading.

    Raises:
        LimitExceeded: Values stand in values deeper than ``xml_depth``.
    """
    _Adder(builder, limits, name).add(tree, "", 1)


class _Adder:
    def __init__(self, builder: TextBuilder, limits: LoadLimits, name: str) -> None:
        self._builder = builder
        self._max_depth = limits.xml_depth
        self._name = name
        self._lines: list[str] = []

    def add(self, tree: Tree, name: str, depth: int) -> None:
        if depth > self._max_depth:
            message = f"{self._name} nests more than {self._max_depth} values in one another"
            raise LimitExceeded(message)
        if isinstance(tree, str):
            self._add_value(name, tree)
        elif isinstance(tree, Fields):
            for key, group in groupby(tree.pairs, key=lambda pair: pair[0]):
                values = [value for _, value in group]
                if len(values) > 1 and inline(values) is None:
                    self._add_items(values, key, depth)
                else:
                    self._add_named(key, values[0] if len(values) == 1 else values, depth)
        else:
            self._add_items(tree, name, depth)
        self._end_lines()

    def _add_named(self, name: str, value: Tree, depth: int) -> None:
        plain = list(islice(_leaves(value, name, depth), _MAX_LEAVES + 1))
        if all(text is not None for _, text in plain) and (len(plain) <= _MAX_LEAVES or len(plain) == 1):
            for path, text in plain:
                self._add_value(path, text or "")
            return
        if isinstance(value, list) and not any(isinstance(item, str) for item in value) and as_table(value) is None:
            self._add_items(value, name, depth)
            return
        self._end_lines()
        self._builder.add_heading(name, level=depth)
        self.add(value, "", depth + 1)
        self._builder.leave_headings(depth)

    def _add_items(self, items: Sequence[Tree], name: str, depth: int) -> None:
        table = as_table(items)
        if table is not None:
            self._end_lines()
            if name:
                self._builder.add_heading(name, level=depth)
            self._builder.add_table(table, header_rows=1)
            self._builder.leave_headings(depth)
            return
        for number, item in enumerate(items, start=1):
            if isinstance(item, str):
                self._add_value("", item)
                continue
            self._end_lines()
            self._builder.add_heading(f"{name or 'Record'} {number} {title_of_fields(item)}".strip(), level=depth)
            self.add(item, name, depth + 1)
            self._builder.leave_headings(depth)

    def _add_value(self, name: str, value: str) -> None:
        if len(value) > _MAX_LINE_CHARS or "\n" in value.strip():
            self._end_lines()
            unnamed = name.rpartition(".")[2].lower() in ("", *_PROSE)
            self._builder.add("paragraph", value if unnamed else f"{name}: {value}")
        elif text := one_line(value):
            self._lines.append(f"- {one_line(name)}: {text}" if name else f"- {text}")

    def _end_lines(self) -> None:
        self._builder.add("list", "\n".join(self._lines))
        self._lines.clear()


def _leaves(value: Tree, name: str, depth: int) -> Iterator[tuple[str, str | None]]:
    """The plain values inside, with the names that lead to them joined by dots; None for what is no plain value."""
    if isinstance(value, Fields) and depth < _MAX_PATH_DEPTH and _has_distinct_names(value):
        for key, inner in value.pairs:
            yield from _leaves(inner, f"{name}.{key}" if name else key, depth + 1)
    else:
        yield name, inline(value)


def _has_distinct_names(fields: Fields) -> bool:
    return len({name for name, _ in fields.pairs}) == len(fields.pairs)


def inline(value: Tree) -> str | None:
    """A plain value, or a few short ones, as they fit on one line; None for whatever has parts."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) and "\n" not in item for item in value):
        line = ", ".join(str(item) for item in value)
        return line if len(line) <= _MAX_LINE_CHARS else None
    return None


def as_table(items: Sequence[Tree]) -> Iterator[list[str]] | None:
    """A header and the rows of records with plain fields in common; None where the items are no such records."""
    columns: dict[str, None] = {}
    filled = 0
    for item in items:
        if not isinstance(item, Fields) or not _has_distinct_names(item):
            return None
        for key, value in item.pairs:
            text = inline(value)
            if text is None or len(text) > _MAX_LINE_CHARS or "\n" in text:
                return None
            columns[key] = None
        filled += len(item.pairs)
        if len(columns) > _MAX_COLUMNS:
            return None
    if len(items) < 2 or len(columns) < 2 or filled < _LEAST_FILLED * len(items) * len(columns):
        return None
    return _rows(items, list(columns))


def _rows(items: Sequence[Tree], columns: list[str]) -> Iterator[list[str]]:
    yield columns
    for item in items:
        values = dict(item.pairs) if isinstance(item, Fields) else {}
        yield [inline(values[column]) or "" if column in values else "" for column in columns]
