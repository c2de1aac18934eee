"""How figures become places, colours and shapes of a chart, the same way in every kind of chart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from evals.charts.draw import SERIES_COLOURS

if TYPE_CHECKING:
    import altair as alt

    from evals.charts.value import Axis, Bar, Point

Rows = list[dict[str, str | float]]
"""What a chart is drawn from: one object a mark."""

SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")


def of_points(points: Iterable[Point]) -> Rows:
    """The points as rows; where one has no interval, both ends are the point itself."""
    return [
        {
            "series": one.series, "x": one.x, "y": one.y, "note": one.note,
            "low": one.y if one.low is None else one.low, "high": one.y if one.high is None else one.high,
            "told": told(one.series, f"{one.x:g}", one.y, one.low, one.high, one.note),
        }
        for one in points
    ]  # fmt: skip


def of_bars(bars: Iterable[Bar]) -> Rows:
    """The bars as rows, likewise."""
    return [
        {
            "category": one.category, "series": one.series, "value": one.value,
            "low": one.value if one.low is None else one.low, "high": one.value if one.high is None else one.high,
            "told": told(one.series, one.category, one.value, one.low, one.high, one.note),
        }
        for one in bars
    ]  # fmt: skip


def chart_of(rows: Rows) -> alt.Chart:
    """A chart that carries its rows."""
    import altair as alt

    return alt.Chart({"values": rows})


def told(series: str, place: str, value: float, low: float | None, high: float | None, note: str) -> str:
    """What the tooltip of a mark says, and what is read aloud."""
    interval = "" if low is None or high is None else f" ({low:.3g} to {high:.3g})"
    return f"{series}, {place}: {value:.3g}{interval}" + (f", {note}" if note else "")


def across(axis: Axis, field: str = "x") -> alt.X:
    """The place from left to right."""
    import altair as alt

    return alt.X(f"{field}:Q", title=axis.title, scale=scale(axis))


def upwards(axis: Axis, field: str = "y") -> alt.Y:
    """The place from below to above."""
    import altair as alt

    return alt.Y(f"{field}:Q", title=axis.title, scale=scale(axis))


def scale(axis: Axis) -> alt.Scale:
    """From figures to places."""
    import altair as alt

    if axis.low is not None and axis.high is not None:
        return alt.Scale(type="log" if axis.log else "linear", domain=[axis.low, axis.high], nice=False)
    return alt.Scale(type="log") if axis.log else alt.Scale(type="linear", zero=axis.low == 0)


def names(items: Iterable[Point | Bar]) -> list[str]:
    """The series in order of appearance."""
    return list(dict.fromkeys(one.series for one in items))


def colour(series: Sequence[str]) -> alt.Color:
    """A colour a series, told in a legend where there are several."""
    import altair as alt

    return alt.Color("series:N", scale=_colours(series), legend=_legend(series))


def shape(series: Sequence[str]) -> alt.Shape:
    """A shape beside the colour, since not everybody tells colours apart."""
    import altair as alt

    shapes = [SHAPES[at % len(SHAPES)] for at in range(len(series))]
    return alt.Shape("series:N", scale=alt.Scale(domain=list(series), range=shapes), legend=_legend(series))


def _colours(series: Sequence[str]) -> alt.Scale:
    import altair as alt

    colours = [SERIES_COLOURS[at % len(SERIES_COLOURS)] for at in range(len(series))]
    return alt.Scale(domain=list(series), range=colours)


def _legend(series: Sequence[str]) -> alt.Legend | None:
    import altair as alt

    # opaque, also where what is drawn is a pale band
    return alt.Legend(symbolOpacity=1) if len(series) > 1 else None
