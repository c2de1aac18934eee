"""Every measure with its interval and its three counts; trivial systems beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evals.charts.plots import dots
from evals.charts.value import Axis, Bar
from evals.html.told import listed, span, with_interval
from evals.html.values import Figure, Section, Table
from evals.outcome import Gap
from evals.runs.markdown import shown
from evals.scores import AMOUNTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evals.runs.shown_run import Measured, ShownRun

CUT_OFF = "@10"
"""Of the measures at k, a picture shows those at this one; the table has all."""


def measures_section(runs: Sequence[ShownRun]) -> Section:
    """All measures of all runs."""
    figures = [_table(run, named=len(runs) > 1) for run in runs]
    picture = _picture(runs)
    by_kind = [_by_kind(run, named=len(runs) > 1) for run in runs if len(run.file.by_kind) > 1]
    return Section(
        "measures",
        "All measures",
        "A value speaks of the cases that have one; abstentions and cases that cannot be measured stand beside it, "
        "never taken as zero in silence. Intervals are 95%, by drawing the cases anew.",
        tuple([picture] if picture else []) + tuple(figures) + tuple(by_kind),
    )


def trivial_section(runs: Sequence[ShownRun]) -> Section:
    """What systems score that do not look at the question."""
    title = "Trivial systems"
    about = (
        "Systems that know nothing: one copies its window, one always abstains, one says nothing, and more. A measure "
        "on which one of them comes near says little by itself."
    )
    measured = [run for run in runs if run.file.trivial]
    if not measured:
        return Section("trivial", title, about, missing="No trivial system was measured in these runs.")
    return Section("trivial", title, about, tuple(_trivial(run, named=len(runs) > 1) for run in measured))


def headline(measures: dict[str, Measured]) -> list[str]:
    """The measures from 0 to 1 that a picture shows."""
    return [
        name
        for name, one in measures.items()
        if name not in AMOUNTS
        and not isinstance(one.value, Gap)
        and 0 <= one.value <= 1
        and ("@" not in name or name.endswith(CUT_OFF))
    ]


def _picture(runs: Sequence[ShownRun]) -> Figure | None:
    names = list(dict.fromkeys(name for run in runs for name in headline(run.file.measures)))
    bars = [_bar(run.name, name, run.measures[name]) for name in names for run in runs if name in run.measures]
    drawn = [bar for bar in bars if bar is not None]
    if not drawn:
        return None
    told = f"Measures from 0 to 1 with 95% intervals, of {listed(run.name for run in runs)}."
    rows = [(name, *(_cell(run, name) for run in runs)) for name in names]
    table = Table("Measures with 95% intervals", ("measure", *(run.name for run in runs)), tuple(rows))
    svg = dots(drawn, Axis("value", 0, 1), title="Measures", description=told)
    return Figure("Measures at a glance", told, svg, table)


def _bar(series: str, name: str, one: Measured) -> Bar | None:
    if isinstance(one.value, Gap):
        return None
    low, high = one.interval or (None, None)
    return Bar(series, name, one.value, low, high, f"{one.measured} cases")


def _cell(run: ShownRun, name: str) -> str:
    return with_interval(run.measures[name]) if name in run.measures else "not in this run"


def _table(run: ShownRun, *, named: bool) -> Figure:
    rows = tuple(
        (
            name, shown(one.value), span(one.interval), f"{one.measured:,}", f"{one.abstained:,}",
            f"{one.not_measurable:,}",
        )
        for name, one in run.measures.items()
    )  # fmt: skip
    head = ("measure", "value", "95% interval", "measured", "abstained", "not measurable")
    title = f"Every measure, {run.name}" if named else "Every measure"
    return Figure(title, "", "", Table(title, head, rows, (1, 2, 3, 4, 5)))


def _by_kind(run: ShownRun, *, named: bool) -> Figure:
    first = next(iter(run.file.by_kind.values()))
    names = [name for name in headline(run.file.measures) if name in first]
    kinds = list(run.file.by_kind.items())
    rows = tuple(
        (name, *(shown(measures[name].value) if name in measures else "" for _, measures in kinds)) for name in names
    )
    sizes = (
        [sum((one.measured, one.abstained, one.not_measurable)) for one in (m[names[0]] for _, m in kinds)]
        if names
        else []
    )
    head = ("measure", *(f"{kind} ({size})" for (kind, _), size in zip(kinds, sizes, strict=False)))
    title = f"By kind of question, {run.name}" if named else "By kind of question"
    return Figure(title, "", "", Table(title, head, rows, tuple(range(1, len(head)))))


def _trivial(run: ShownRun, *, named: bool) -> Figure:
    systems = run.file.trivial
    names = [
        name
        for name in headline(run.file.measures)
        if any(name in measures and not isinstance(measures[name].value, Gap) for measures in systems.values())
    ]
    everybody = {run.name: run.file.measures, **systems}
    bars = [
        bar
        for name in names
        for system, measures in everybody.items()
        if name in measures and (bar := _bar(system, name, measures[name])) is not None
    ]
    rows = tuple(
        (name, *(with_interval(measures[name]) if name in measures else "" for measures in everybody.values()))
        for name in names
    )
    title = f"Trivial systems beside {run.name}" if named else "Trivial systems beside this one"
    told = f"The measures of {run.name} beside those of {listed(systems)}."
    svg = dots(bars, Axis("value", 0, 1), title=title, description=told) if bars else ""
    return Figure(title, told, svg, Table(title, ("measure", *everybody), rows, tuple(range(1, 1 + len(everybody)))))
