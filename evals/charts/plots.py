"""The kinds of charts: lines with bands, points in a plane, dots with intervals, counts in a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evals.charts.channels import Rows, across, chart_of, colour, names, of_bars, of_points, shape, upwards
from evals.charts.draw import draw

if TYPE_CHECKING:
    import altair as alt

    from evals.charts.value import Axis, Bar, Cell, Point

WIDTH = 560
HEIGHT = 280
_ROW = 26


def lines(points: Sequence[Point], x: Axis, y: Axis, *, title: str, description: str, diagonal: bool = False) -> str:
    """Lines through the points of each series, with bands where they have intervals.

    Args:
        points: At least one.
        x: Across.
        y: Upwards.
        title: See `evals.charts.draw.draw`.
        description: Likewise.
        diagonal: Also the line on which y is x, for what ought to lie on it.

    Returns:
        An ``<svg>`` element.
    """
    import altair as alt

    series, base = names(points), chart_of(of_points(points)).encode(x=across(x))
    layers: list[alt.Chart] = [_diagonal(x, y)] if diagonal else []
    if any(point.low is not None for point in points):
        area = base.mark_area(opacity=0.18, aria=False)
        layers.append(area.encode(y=upwards(y, "low"), y2="high:Q", color=colour(series)))
    layers.append(base.mark_line(aria=False).encode(y=upwards(y), color=colour(series)))
    layers.append(_marks(base, y, series))
    return draw(alt.layer(*layers).properties(width=WIDTH, height=HEIGHT), title=title, description=description)


def scatter(points: Sequence[Point], x: Axis, y: Axis, *, title: str, description: str, named: bool = False) -> str:
    """Points in a plane, with a rule where they have intervals; with ``named`` their notes stand beside them."""
    import altair as alt

    series, base = names(points), chart_of(of_points(points)).encode(x=across(x))
    layers: list[alt.Chart] = []
    if any(point.low is not None for point in points):
        rule = base.mark_rule(aria=False)
        layers.append(rule.encode(y=upwards(y, "low"), y2="high:Q", color=colour(series)))
    layers.append(_marks(base, y, series))
    if named:
        words = base.mark_text(align="left", dx=8, dy=-7, limit=160, aria=False)
        layers.append(words.encode(y=upwards(y), text="note:N"))
    return draw(alt.layer(*layers).properties(width=WIDTH, height=HEIGHT), title=title, description=description)


def dots(bars: Sequence[Bar], x: Axis, *, title: str, description: str) -> str:
    """A dot a category and series, in the order given, with a rule from the low to the high end of its interval."""
    import altair as alt

    series, categories = names(bars), list(dict.fromkeys(bar.category for bar in bars))
    base = chart_of(of_bars(bars)).encode(
        y=alt.Y("category:N", sort=categories, title=None, axis=alt.Axis(grid=True, labelLimit=220)),
        yOffset=alt.YOffset("series:N", sort=series),
    )
    whiskers = base.mark_rule(strokeWidth=2, aria=False)
    zero = [_zero(x)] if x.low is not None and x.low < 0 else []
    chart = alt.layer(
        *zero,
        whiskers.encode(x=across(x, "low"), x2="high:Q", color=colour(series)),
        base.mark_point().encode(x=across(x, "value"), color=colour(series), shape=shape(series), description="told:N"),
    )
    height = _ROW * len(categories) * max(1, (len(series) + 1) // 2)
    return draw(chart.properties(width=WIDTH - 130, height=height), title=title, description=description)


def table_of_counts(cells: Sequence[Cell], rows: str, columns: str, *, title: str, description: str) -> str:
    """Counts as darker and lighter cells with their numbers; the shade is the share of the row."""
    import altair as alt

    totals: dict[str, int] = {}
    for cell in cells:
        totals[cell.row] = totals.get(cell.row, 0) + cell.count
    wide = list(dict.fromkeys(cell.column for cell in cells))
    values: Rows = [
        {
            "row": cell.row, "column": cell.column, "count": cell.count, "share": cell.count / max(1, totals[cell.row]),
            "told": f"{cell.row}, {cell.column}: {cell.count} of {totals[cell.row]}",
        }
        for cell in cells
    ]  # fmt: skip
    base = chart_of(values).encode(
        x=alt.X("column:N", sort=wide, title=columns, axis=alt.Axis(orient="top", labelAngle=0)),
        y=alt.Y("row:N", sort=list(totals), title=rows),
    )
    shade = alt.Opacity("share:Q", scale=alt.Scale(domain=[0, 1], range=[0.04, 0.6]), legend=None)
    squares = base.mark_rect(fill="var(--series-1)").encode(opacity=shade, description="told:N")
    chart = alt.layer(squares, base.mark_text(fontSize=14, aria=False).encode(text="count:Q"))
    sized = chart.properties(width=110 * len(wide), height=44 * len(totals))
    return draw(sized, title=title, description=description)


def _zero(x: Axis) -> alt.Chart:
    """Where neither is better."""
    line: alt.Chart = chart_of([{"x": 0}]).mark_rule(strokeDash=[4, 4], stroke="var(--quiet)", aria=False)
    return line.encode(x=across(x))


def _diagonal(x: Axis, y: Axis) -> alt.Chart:
    ends = chart_of([{"x": 0, "y": 0}, {"x": 1, "y": 1}])
    line: alt.Chart = ends.mark_line(strokeDash=[4, 4], stroke="var(--quiet)", aria=False)
    return line.encode(x=across(x), y=upwards(y))


def _marks(base: alt.Chart, y: Axis, series: Sequence[str]) -> alt.Chart:
    marks: alt.Chart = base.mark_point()
    return marks.encode(y=upwards(y), color=colour(series), shape=shape(series), description="told:N")
