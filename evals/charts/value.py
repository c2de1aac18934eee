"""What charts are drawn from: points that belong to a series, each with its interval and its words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    """A figure in a chart.

    ``low`` and ``high`` are the ends of its interval; both are None where there is none. ``note`` is what its tooltip
    says beside the figures.
    """

    series: str
    x: float
    y: float
    low: float | None = None
    high: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure of a category, from ``low`` to ``high`` where there is an interval."""

    series: str
    category: str
    value: float
    low: float | None = None
    high: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A count in a table of two sets of names."""

    row: str
    column: str
    count: int


@dataclass(frozen=True, slots=True)
class Axis:
    """A title, and where it matters a range; ``log`` for figures that differ by factors (all above 0)."""

    title: str
    low: float | None = None
    high: float | None = None
    log: bool = False
