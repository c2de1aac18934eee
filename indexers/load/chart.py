"""Charts of Office files as tables: categories down, series across, from the values that are stored with the chart."""

from __future__ import annotations

from collections.abc import Iterator

from indexers.load.build import one_line
from indexers.load.elements import Element, attribute, child, local

_MAX_POINTS = 10_000


def chart_title(root: Element) -> str:
    """The chart's title; "" without one."""
    title = child(root, "chart", "title")
    return one_line(" ".join(_texts(title))) if title is not None else ""


def chart_rows(root: Element) -> list[list[str]]:
    """A header with the names of the series, then a row for each category; empty for a chart without values."""
    names: list[str] = []
    categories: dict[int, str] = {}
    columns: list[dict[int, str]] = []
    for number, series in enumerate(_series(root), start=1):
        name = child(series, "tx")
        names.append(one_line(" ".join(_texts(name))) if name is not None else f"Series {number}")
        for axis in ("cat", "xVal"):
            categories = categories or _points(child(series, axis))
        columns.append(_points(child(series, "val")) or _points(child(series, "yVal")))
    if not any(columns):
        return []
    places = sorted({place for column in (categories, *columns) for place in column})[:_MAX_POINTS]
    rows = [[categories.get(place, ""), *(column.get(place, "") for column in columns)] for place in places]
    return [["", *names], *rows]


def _series(element: Element) -> Iterator[Element]:
    for inner in element:
        if local(inner) == "ser":
            yield inner
        else:
            yield from _series(inner)


def _points(element: Element | None) -> dict[int, str]:
    """The stored values of an axis or a series, by their number; of categories in levels the innermost."""
    found: dict[int, str] = {}
    for inner in () if element is None else element:
        if local(inner) == "pt" and attribute(inner, "idx").isdigit():
            found.setdefault(int(attribute(inner, "idx")), one_line(" ".join(_texts(inner))))
        elif local(inner) != "f":
            for place, text in _points(inner).items():
                found.setdefault(place, text)
    return found


def _texts(element: Element) -> Iterator[str]:
    for inner in element:
        if local(inner) in ("t", "v"):
            yield inner.text or ""
        elif local(inner) != "f":
            yield from _texts(inner)
