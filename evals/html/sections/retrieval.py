"""How much of the evidence the search brings among the first k hits, and at which rank it stands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from evals.charts.plots import lines
from evals.charts.value import Axis, Point
from evals.html.told import span
from evals.html.values import Figure, Section, Table
from evals.intervals import mean_interval
from evals.outcome import Gap
from evals.runs.markdown import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evals.runs.shown_run import CaseRow, ShownRun

KS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 100, 200, 500, 1000)
_AT_K = re.compile(r"(\w+)@(\d+)")
_RANKS = ((1, 1), (2, 3), (4, 5), (6, 10), (11, 20), (21, None))


def retrieval_section(runs: Sequence[ShownRun]) -> Section:
    """Recall by k, and the ranks of the evidence."""
    title = "Retrieval by k"
    about = "What is not among the hits cannot be cited. Where the line is flat, looking at more hits brings no more."
    found = [figure for run in runs for figure in (_ranks(run, named=len(runs) > 1),) if figure is not None]
    by_k = _by_k(runs)
    if by_k is None:
        return Section("retrieval", title, about, missing="No case of these runs has evidence that is in the index.")
    return Section("retrieval", title, about, (by_k, *found))


def _by_k(runs: Sequence[ShownRun]) -> Figure | None:
    points = [point for run in runs for point in (_from_ranks(run) or _from_measures(run))]
    if len(runs) == 1:
        points += [point for point in _from_measures(runs[0]) if point.series != "recall"]
        points = [
            Point("recall" if one.series == runs[0].name else one.series, one.x, one.y, one.low, one.high)
            for one in points
        ]
    if not points:
        return None
    told = "Share of the evidence among the first k hits, with 95% intervals."
    last = max(point.x for point in points)
    svg = lines(
        points,
        Axis("k (hits looked at)", 1, max(2.0, last), log=True),
        Axis("share", 0, 1),
        title="Retrieval by k",
        description=told,
    )
    rows = tuple((one.series, f"{one.x:g}", shown(one.y), span(_ends(one))) for one in points)
    return Figure(
        "Retrieval by k",
        told,
        svg,
        Table(told, ("measure" if len(runs) == 1 else "run", "k", "value", "95% interval"), rows, (1, 2, 3)),
    )


def _ends(point: Point) -> tuple[float, float] | None:
    return None if point.low is None or point.high is None else (point.low, point.high)


def _from_ranks(run: ShownRun) -> list[Point]:
    """Recall at every k of the table, where the run keeps the rank of each evidence item."""
    limit = run.file.settings.get("limit")
    located = [ranks for case in run.cases.values() if (ranks := _case_ranks(case))]
    if not located or not isinstance(limit, int):
        return []
    points = []
    for k in (*(k for k in KS if k < limit), limit):
        values = [sum(rank is not None and rank <= k for rank in ranks) / len(ranks) for ranks in located]
        low, high = mean_interval(values)
        points.append(Point(run.name, float(k), sum(values) / len(values), low, high))
    return points


def _case_ranks(case: CaseRow) -> list[int | None]:
    return [item.rank for item in case.evidence if item.reason is None] if case.answerable else []


def _from_measures(run: ShownRun) -> list[Point]:
    points = []
    for name, one in run.measures.items():
        match = _AT_K.fullmatch(name)
        if match is not None and not isinstance(one.value, Gap):
            low, high = one.interval or (None, None)
            points.append(Point(match[1], float(match[2]), one.value, low, high))
    return points


def _ranks(run: ShownRun, *, named: bool) -> Figure | None:
    ranks = [rank for case in run.cases.values() for rank in _case_ranks(case)]
    if not ranks:
        return None
    rows = []
    for low, high in _RANKS:
        inside = sum(rank is not None and low <= rank and (high is None or rank <= high) for rank in ranks)
        name = f"{low}" if low == high else (f"{low} to {high}" if high else f"{low} and later")
        rows.append((name, f"{inside:,}", f"{inside / len(ranks):.0%}"))
    lost = sum(rank is None for rank in ranks)
    rows.append(("not found", f"{lost:,}", f"{lost / len(ranks):.0%}"))
    title = f"Rank of each evidence item, {run.name}" if named else "Rank of each evidence item"
    return Figure(title, "", "", Table(title, ("rank", "items", "share"), tuple(rows), (1, 2)))
