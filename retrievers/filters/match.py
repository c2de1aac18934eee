"""Which documents of a snapshot a filter keeps: columns of values, compared all at once."""

from __future__ import annotations

import datetime as dt
import difflib
import fnmatch
import functools
import math
import operator
import re
import sys
from typing import TYPE_CHECKING

import numpy as np

from retrievers.errors import FilterType, UnknownField
from retrievers.filters.conditions import AllOf, AnyOf, Comparison, Condition, Days, Like, Not, OneOf, Present, Test
from retrievers.filters.fields import (
    BUILT_IN,
    KIND_WORDS,
    WELL_KNOWN,
    comparable,
    field_name,
    kind_of,
    metadata_values,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from indexers.store import DocumentEntry
    from retrievers.filters.conditions import Operator, Value

_NUMBER = re.compile(r"[-+]?\d{1,300}(?:\.\d{1,300})?", re.ASCII)
_ORDERS: dict[str, Callable[..., object]] = {
    "=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge
}  # fmt: skip


class Column:
    """The values of one field: which documents have them, and what they are as text, as numbers and as days."""

    def __init__(self, pairs: Sequence[tuple[int, str]]) -> None:
        """Take ``(position of the document, value)``."""
        codes: dict[str, int] = {}
        places = [codes.setdefault(comparable(value), len(codes)) for _position, value in pairs]
        self._documents = np.fromiter((position for position, _value in pairs), dtype=np.int64, count=len(pairs))
        self._codes = np.array(places, dtype=np.int64)
        self.texts = tuple(codes)

    @functools.cached_property
    def numbers(self) -> NDArray[np.float64]:
        """Each text as a number; NaN, which is neither equal nor less nor greater, where it is none."""
        read = (float(text) if _NUMBER.fullmatch(text) else math.nan for text in self.texts)
        return np.fromiter(read, dtype=np.float64, count=len(self.texts))

    @functools.cached_property
    def days(self) -> NDArray[np.float64]:
        """Each text as the number of the day it begins with, as it is written there; NaN where it is no date."""
        return np.fromiter(map(_day_number, self.texts), dtype=np.float64, count=len(self.texts))

    def documents(self, which: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The positions of the documents that have one of the texts; ``which`` is a flag a text."""
        return self._documents[which[self._codes]] if len(self._codes) else self._documents


class Columns:
    """The fields of the documents of one snapshot; each is read when it is first asked for."""

    def __init__(self, entries: Sequence[DocumentEntry]) -> None:
        self._entries = entries
        self._read: dict[str, Column] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def column(self, name: str) -> Column:
        """The values of a field; an empty column for one that no document has."""
        if name not in self._read:
            self._read[name] = Column(
                [(at, value) for at, entry in enumerate(self._entries) for value in BUILT_IN[name][1](entry)]
                if name in BUILT_IN
                else self._metadata.get(name, [])
            )
        return self._read[name]

    def names(self, visible: NDArray[np.bool_]) -> list[str]:
        """The fields by name, built-in ones first: of metadata what some visible document has, or may have."""
        brought = {name for name, pairs in self._metadata.items() if any(visible[at] for at, _value in pairs)}
        return [*BUILT_IN, *WELL_KNOWN, *sorted(brought - BUILT_IN.keys() - WELL_KNOWN.keys())]

    @functools.cached_property
    def _metadata(self) -> dict[str, list[tuple[int, str]]]:
        found: dict[str, list[tuple[int, str]]] = {}
        for at, entry in enumerate(self._entries):
            for key, value in entry.metadata:
                name = field_name(key)
                found.setdefault(name, []).extend((at, item) for item in metadata_values(name, value))
        return found


def matching(condition: Condition, columns: Columns, *, visible: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A flag a document: whether the condition holds for it.

    Args:
        condition: Of a depth that ``checked_size`` lets through.
        columns: The documents' fields.
        visible: The documents of which the asker may know; a field that only others have is unknown.

    Raises:
        UnknownField: A field is unknown; the message lists those that are known.
        FilterType: A value cannot be compared with its field.
    """
    known = columns.names(visible)
    for test in _tests(condition):
        if comparable(test.name).replace("-", "_") not in known:
            nearest = difflib.get_close_matches(comparable(test.name), known, n=2)
            raise UnknownField(name=test.name, at=test.at, nearest=nearest, known=known)
    return _flags(condition, columns)


def _tests(condition: Condition) -> Iterator[Test]:
    if isinstance(condition, AllOf | AnyOf):
        for part in condition.parts:
            yield from _tests(part)
    elif isinstance(condition, Not):
        yield from _tests(condition.part)
    else:
        yield condition


def _flags(condition: Condition, columns: Columns) -> NDArray[np.bool_]:
    if isinstance(condition, Not):
        return ~_flags(condition.part, columns)
    if isinstance(condition, AllOf | AnyOf):
        whole = isinstance(condition, AllOf)
        joined = np.full(len(columns), whole, dtype=np.bool_)
        for part in condition.parts:
            joined = joined & _flags(part, columns) if whole else joined | _flags(part, columns)
        return joined
    return _tested(condition, columns)


def _tested(test: Test, columns: Columns) -> NDArray[np.bool_]:
    name = comparable(test.name).replace("-", "_")
    column = columns.column(name)
    flags = np.zeros(len(columns), dtype=np.bool_)
    if isinstance(test, Comparison) and test.operator == "!=":
        return ~_tested(Comparison(test.name, "=", test.value, at=test.at), columns)
    if isinstance(test, Present):
        which = np.ones(len(column.texts), dtype=np.bool_)
    elif isinstance(test, Like):
        which = _alike(column, name, test)
    elif isinstance(test, OneOf):
        which = np.zeros(len(column.texts), dtype=np.bool_)
        for value in test.values:
            which |= _compared(column, name, "=", value, test.at)
    else:
        which = _compared(column, name, test.operator, test.value, test.at)
    flags[column.documents(which)] = True
    return flags


def _compared(column: Column, name: str, sign: Operator, value: Value, at: int | None) -> NDArray[np.bool_]:
    operand = _operand(name, value, at)
    if isinstance(operand, Days):
        first, last = operand.first.toordinal(), operand.last.toordinal()
        if sign == "=":
            return np.asarray((column.days >= first) & (column.days <= last))
        return np.asarray(_ORDERS[sign](column.days, first if sign in ("<", ">=") else last))
    if isinstance(operand, str):
        wanted = comparable(operand)
        found = (bool(_ORDERS[sign](text, wanted)) for text in column.texts)
        return np.fromiter(found, dtype=np.bool_, count=len(column.texts))
    return np.asarray(_ORDERS[sign](column.numbers, float(operand)))


def _operand(name: str, value: Value, at: int | None) -> str | float | Days:
    """The value as the field's type has it."""
    kind = kind_of(name)
    wrong = functools.partial(FilterType, name=name, at=at, kind=KIND_WORDS[kind], value=value)
    if isinstance(value, bool):
        raise wrong(hint="Compare with a text, a number or a date.")
    if isinstance(value, dt.date):
        day = dt.date(value.year, value.month, value.day)
        value = Days(day, day)
    if kind == "date":
        return value if isinstance(value, Days) else _days(value, wrong)
    if kind == "number" and isinstance(value, str | Days):
        raise wrong(hint=f"Write a number without quotes: {name} >= 5.")
    if kind == "text" and not isinstance(value, str):
        raise wrong(hint=f'Put the value in quotes: {name} = "...".')
    if isinstance(value, int | float) and not abs(value) <= sys.float_info.max:
        raise wrong(hint="Compare with a smaller number.")
    return value


def _days(value: str | float, wrong: Callable[..., FilterType]) -> Days:
    try:
        return Days.of(value if isinstance(value, str) else f"{value:04}")
    except ValueError as error:
        raise wrong(hint="Write a day, a month or a year: 2024-03-01, 2024-03 or 2024.") from error


def _alike(column: Column, name: str, test: Like) -> NDArray[np.bool_]:
    kind = kind_of(name)
    if kind in ("number", "date"):
        hint = f"Compare with = < <= > >=: {name} >= 2019."
        raise FilterType(name=name, at=test.at, kind=KIND_WORDS[kind], value=test.pattern, hint=hint)
    # fnmatch's own classes in brackets are no part of the language; its groups are atomic, so that no pattern is slow
    like = re.compile(fnmatch.translate(comparable(test.pattern).replace("[", "[[]")))
    found = (like.match(text) is not None for text in column.texts)
    return np.fromiter(found, dtype=np.bool_, count=len(column.texts))


def _day_number(text: str) -> float:
    try:
        return float(dt.date.fromisoformat(text[:10]).toordinal())
    except ValueError:
        return math.nan
