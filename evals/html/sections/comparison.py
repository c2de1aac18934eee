"""Two runs held against each other: every measure's difference with its interval, and the cases that turned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evals.charts.plots import dots
from evals.charts.value import Axis, Bar
from evals.comparison.compare import NOTE, compare_runs
from evals.html.cards import anchor_of
from evals.html.told import counted, listed, signed
from evals.html.values import Figure, Section, Table
from evals.runs.markdown import shown
from evals.runs.run_folder import read_run
from evals.scores import AMOUNTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evals.comparison.compare import Comparison
    from evals.comparison.paired import Paired
    from evals.runs.shown_run import ShownRun


def compared(runs: Sequence[ShownRun]) -> list[Comparison]:
    """Every later run against the first.

    Raises:
        EvalError: Two of them have no case in common.
    """
    stored = [read_run(run.path) for run in runs]
    return [compare_runs(stored[0], one) for one in stored[1:]]


def comparison_section(runs: Sequence[ShownRun], comparisons: Sequence[Comparison]) -> Section:
    """Figures for each pair."""
    first = runs[0]
    figures = tuple(
        figure
        for run, comparison in zip(runs[1:], comparisons, strict=True)
        for figure in _figures(first.name, run.name, comparison)
    )
    return Section("differences", f"Differences from {first.name}", NOTE, figures)


def _figures(before: str, after: str, comparison: Comparison) -> list[Figure]:
    bars = [
        Bar(after, one.measure, one.difference, *one.interval, "better" if one.better else "not better")
        for one in comparison.measures
        if one.measure not in AMOUNTS and ("@" not in one.measure or one.measure.endswith("@10"))
    ]
    title = f"{after} against {before}"
    told = f"Difference of each measure over {counted(comparison.cases, 'case')}, 95% intervals; right of 0 is better."
    ends = [end for bar in bars for end in (bar.low, bar.high, 0.0) if end is not None]
    reach = max(0.05, *(abs(end) for end in ends)) if ends else 0.05
    svg = dots(bars, Axis(f"{after} minus {before}", -reach, reach), title=title, description=told) if bars else ""
    rows = tuple(_row(one) for one in comparison.measures)
    head = ("measure", before, after, "difference", "95% interval", "better in", "worse in", "p (Holm)", "says")
    return [
        Figure(title, told, svg, Table(title, head, rows, (1, 2, 3, 4, 5, 6, 7))),
        Figure(f"What else differs, {after}", "", "", _differs(comparison, before, after)),
        *([_turned(comparison, before, after)] if comparison.wins or comparison.losses else []),
    ]


def _turned(comparison: Comparison, before: str, after: str) -> Figure:
    both = [("worse", one) for one in comparison.losses] + [("better", one) for one in comparison.wins]
    rows = []
    for word, one in both:
        old, new = one.changes[one.decided_by]
        rows.append((one.a.id, word, one.decided_by, shown(old), shown(new), one.a.question))
    title = f"Cases that turned, {after} against {before}"
    head = ("case", f"in {after}", "by", before, after, "question")
    anchors = tuple(anchor_of(one.a.id) for _, one in both)
    return Figure(title, "", "", Table(title, head, tuple(rows), (3, 4), anchors))


def _row(one: Paired) -> tuple[str, ...]:
    word = "better" if one.better else "worse"
    says = "the same" if one.better is None else (word if one.significant else f"{word}, may be luck")
    ends = f"{signed(one.interval[0])} to {signed(one.interval[1])}"
    counts = (f"{one.wins:,}", f"{one.losses:,}")
    return (one.measure, shown(one.a), shown(one.b), signed(one.difference), ends, *counts, shown(one.p_holm), says)


def _differs(comparison: Comparison, before: str, after: str) -> Table:
    rows = [("fingerprints that differ", listed(comparison.differs) or "none")]
    rows += [
        (f"setting {name}", f"{old} in {before}, {new} in {after}") for name, (old, new) in comparison.settings.items()
    ]
    rows += [("cases in both", f"{comparison.cases:,}")]
    left = (
        (f"only in {before}", comparison.only_a),
        (f"only in {after}", comparison.only_b),
        ("edited since", comparison.edited),
    )
    rows += [(name, f"{len(ids):,}: {listed(ids)}") for name, ids in left if ids]
    return Table("What else differs between the runs", ("what", "how"), tuple(rows))
