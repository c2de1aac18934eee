"""Tokens, cost and seconds against quality: what better answers take."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from evals.charts.plots import lines, scatter
from evals.charts.value import Axis, Point
from evals.html.values import Figure, Section, Table
from evals.intervals import mean_interval
from evals.measures.latency import percentile
from evals.runs.markdown import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evals.runs.shown_run import CaseRow, ShownRun

MOST_NAMES = 12
STEPS = ("retrieve", "pack", "generate", "verify")


def amounts_section(runs: Sequence[ShownRun]) -> Section:
    """Quality by tokens, and by cost where there is any."""
    about = "A point is a kind of question, its accuracy with a 95% interval. Up and to the left is better."
    figures = [
        _against(runs, _tokens, "Tokens against quality", "tokens read and written for a question"),
        _against(runs, _cost, "Cost against quality", "US dollars a question"),
    ]
    drawn = tuple(figure for figure in figures if figure is not None)
    return Section(
        "amounts", "Tokens and cost against quality", about, drawn, "" if drawn else "These runs keep no tokens."
    )


def latency_section(runs: Sequence[ShownRun]) -> Section:
    """How long questions take, and how much is worked through meanwhile."""
    title = "Latency and throughput"
    about = (
        "Seconds are of one machine under the load of that hour, one question after another; they differ from run "
        "to run."
    )
    timed = [run for run in runs if run.seconds]
    if not timed:
        return Section("latency", title, about, missing="No timings.json lies beside these runs.")
    return Section("latency", title, about, (_throughput(timed), _latency(timed), _steps(timed)))


def _tokens(case: CaseRow) -> float | None:
    sent = [case.value(name) for name in ("prompt_tokens", "completion_tokens")]
    total = sum(value for value in sent if value is not None)
    # a generator that writes nothing (extractive) still reads its window
    return total or case.value("window_tokens")


def _cost(case: CaseRow) -> float | None:
    return case.value("cost_usd") or None


def _against(
    runs: Sequence[ShownRun], amount: Callable[[CaseRow], float | None], title: str, axis: str
) -> Figure | None:
    points = [point for run in runs for point in _by_kind(run, amount)]
    if not points:
        return None
    told = f"Accuracy by {axis}; a point is a kind of question."
    svg = scatter(
        points,
        Axis(axis, low=0),
        Axis("accuracy", 0, 1),
        title=title,
        description=told,
        named=len(points) <= MOST_NAMES,
    )
    rows = tuple(
        (point.series, point.note, shown(point.x), shown(point.y), f"{shown(point.low)} to {shown(point.high)}")
        for point in points
        if point.low is not None and point.high is not None
    )
    return Figure(title, told, svg, Table(title, ("run", "kind", axis, "accuracy", "95% interval"), rows, (2, 3, 4)))


def _by_kind(run: ShownRun, amount: Callable[[CaseRow], float | None]) -> list[Point]:
    kinds: dict[str, list[tuple[float, float]]] = {}
    for case in run.cases.values():
        spent, right = amount(case), case.value("accuracy")
        if spent is not None and right is not None:
            kinds.setdefault(case.kind or "all", []).append((spent, right))
    points = []
    for kind, pairs in sorted(kinds.items()):
        rights = [one for _, one in pairs]
        low, high = mean_interval(rights)
        points.append(
            Point(run.name, sum(one for one, _ in pairs) / len(pairs), sum(rights) / len(rights), low, high, kind)
        )
    return points


def _throughput(runs: Sequence[ShownRun]) -> Figure:
    title, told = (
        "Latency against throughput",
        "A point is a kind of question: median seconds, and tokens worked through a second.",
    )
    points = [point for run in runs for point in _speeds(run)]
    named = len(points) <= MOST_NAMES
    x, y = Axis("seconds a question, median", low=0), Axis("tokens a second, median", low=0)
    svg = scatter(points, x, y, title=title, description=told, named=named) if points else ""
    rows = [(one.series, one.note, shown(one.x), shown(one.y)) for one in points]
    for run in runs:
        seconds = [one.seconds for one in run.seconds.values()]
        if sum(seconds) > 0:
            rows.append(
                (run.name, "all, one after another", f"{len(seconds) / sum(seconds):.2f} questions a second", "")
            )
    return Figure(
        title,
        told,
        svg,
        Table(title, ("run", "kind", "seconds, median", "tokens a second, median"), tuple(rows), (2, 3)),
    )


def _speeds(run: ShownRun) -> list[Point]:
    kinds: dict[str, list[tuple[float, float]]] = {}
    for name, timed in run.seconds.items():
        case = run.cases.get(name)
        tokens = None if case is None else _tokens(case)
        if case is not None and tokens and timed.seconds > 0:
            kinds.setdefault(case.kind or "all", []).append((timed.seconds, tokens / timed.seconds))
    return [
        Point(run.name, median(one for one, _ in pairs), median(one for _, one in pairs), note=kind)
        for kind, pairs in sorted(kinds.items())
    ]


def _latency(runs: Sequence[ShownRun]) -> Figure:
    points, rows = [], []
    for run in runs:
        seconds = sorted(one.seconds for one in run.seconds.values())
        at = {percent: float(percentile(seconds, percent)) for percent in range(5, 101, 5)}
        points += [Point(run.name, value, percent / 100) for percent, value in at.items()]
        rows.append((run.name, *(f"{float(percentile(seconds, percent)):.3f}" for percent in (50, 90, 95, 99, 100))))
    title, told = "Latency", "Share of the questions that were answered within so many seconds."
    svg = lines(points, Axis("seconds", low=0), Axis("share of questions", 0, 1), title=title, description=told)
    return Figure(
        title, told, svg, Table(title, ("run", "median", "p90", "p95", "p99", "slowest"), tuple(rows), (1, 2, 3, 4, 5))
    )


def _steps(runs: Sequence[ShownRun]) -> Figure:
    rows = []
    for run in runs:
        cells = []
        for step in STEPS:
            taken = [one.answer_ms[step] for one in run.seconds.values() if step in one.answer_ms]
            cells.append(f"{median(taken):,.1f}" if taken else "not measured")
        rows.append((run.name, *cells))
    title = "Median milliseconds of each step"
    return Figure(title, "", "", Table(title, ("run", *STEPS), tuple(rows), (1, 2, 3, 4)))
