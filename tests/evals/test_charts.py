"""Charts: the same bytes for the same figures, readable without telling colours, harmless whatever a name holds."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

from evals.charts.plots import dots, lines, scatter, table_of_counts
from evals.charts.value import Axis, Bar, Cell, Point

HOSTILE = "</title></svg><script>alert(1)</script>\"'&"
SHARE = Axis("share", 0, 1)


def a_line(name: str = "run") -> str:
    points = [Point(name, k, 0.4 + k / 100, 0.3, 0.9, "x") for k in (1, 5, 10)]
    return lines(points, Axis("k", log=True), SHARE, title=name, description=name)


def a_scatter(name: str = "run") -> str:
    points = [Point(name, 3.0, 0.5, 0.4, 0.6, name), Point("other", 4.0, 0.2, note="b")]
    return scatter(points, Axis("tokens"), SHARE, title=name, description=name, named=True)


def some_dots(name: str = "run") -> str:
    bars = [Bar("A", name, 0.5, 0.4, 0.6), Bar("B", name, 0.6), Bar("A", "z", 0.1), Bar("B", "z", 0.2)]
    return dots(bars, SHARE, title=name, description=name)


def a_table(name: str = "run") -> str:
    return table_of_counts(
        [Cell(name, "yes", 3), Cell(name, "no", 0)], "label", "verdict", title=name, description=name
    )


KINDS = [a_line, a_scatter, some_dots, a_table]
each_kind = pytest.mark.parametrize("kind", KINDS, ids=[kind.__name__ for kind in KINDS])


@each_kind
def test_the_same_figures_give_the_same_bytes(kind: Callable[[], str]) -> None:
    assert kind() == kind()


@each_kind
def test_names_from_documents_stay_text(kind: Callable[[str], str]) -> None:
    svg = kind(HOSTILE)
    assert "<script" not in svg
    root = ET.fromstring(svg)  # noqa: S314  our own drawing
    assert not [one for one in root.iter() if one.tag.rpartition("}")[2] in ("script", "image", "foreignObject", "a")]
    assert not [name for one in root.iter() for name in one.attrib if name.startswith("on")]
    assert HOSTILE in "".join(root.itertext())


@each_kind
def test_a_name_that_would_end_the_renderer_is_written_out(kind: Callable[[str], str]) -> None:
    assert "a\\x00b\\u202ec" in kind("a\x00b\u202ec")


@each_kind
def test_nothing_is_fetched_and_colours_are_the_pages(kind: Callable[[], str]) -> None:
    svg = kind()
    assert set(re.findall(r"https?://[^\"]*", svg)) <= {"http://www.w3.org/2000/svg"}
    assert set(re.findall(r'(?:fill|stroke)="([^"]*)"', svg)) <= {
        "none", "transparent", *(f"var(--{name})" for name in ("text", "quiet", "line", "series-1", "series-2"))
    }  # fmt: skip


@each_kind
def test_a_picture_has_a_name_a_description_and_a_tooltip_on_its_marks(kind: Callable[[], str]) -> None:
    root = ET.fromstring(kind())  # noqa: S314  our own drawing
    named = {one.attrib["id"]: one.text for one in root if "id" in one.attrib}
    assert [named[name] for name in root.attrib["aria-labelledby"].split()] == ["run", "run"]
    marks = [one for one in root.iter() if one.attrib.get("role") == "graphics-symbol" and not one.tag.endswith("}g")]
    assert marks
    assert all(mark[0].tag.endswith("title") and mark[0].text for mark in marks)


def test_a_tooltip_says_the_figure_its_interval_and_the_note() -> None:
    assert "<title>run, 5: 0.45 (0.3 to 0.9), x</title>" in a_line()


def test_ids_of_two_charts_in_one_page_do_not_meet() -> None:
    found = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in (a_line("one"), a_line("two"))]
    assert found[0]
    assert not found[0] & found[1]
    used = set(re.findall(r"url\(#([^)]+)\)", a_line("one")))
    assert used <= found[0]


def test_series_differ_in_shape_and_not_in_colour_alone() -> None:
    marks = re.findall(r'<path aria-label="([AB]), run[^>]*d="([^"]*)"', some_dots())
    assert len({shape for _, shape in marks}) == 2


def test_a_figure_lies_where_its_axis_says() -> None:
    root = ET.fromstring(lines([Point("a", 0, 0), Point("a", 1, 1)], SHARE, SHARE, title="t", description="d"))  # noqa: S314
    places = [
        tuple(map(float, re.findall(r"[\d.]+", one.attrib["transform"])))
        for one in root.iter()
        if one.attrib.get("role") == "graphics-symbol" and "transform" in one.attrib
    ]
    assert places == [(0.0, 280.0), (560.0, 0.0)]
