"""The HTML report of one run or of several side by side, as one text that opens from disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evals.html.cards import failed_groups, status_of
from evals.html.causes import cause_of
from evals.html.render import render
from evals.html.sections.abstention import abstention_section
from evals.html.sections.amounts import amounts_section, latency_section
from evals.html.sections.comparison import compared, comparison_section
from evals.html.sections.faithfulness import faithfulness_section
from evals.html.sections.measures import measures_section, trivial_section
from evals.html.sections.retrieval import retrieval_section
from evals.html.sections.verdicts import calibration_section, verdicts_section
from evals.html.summary import change, facts, tiles, troubles, verdict
from evals.html.told import listed
from evals.html.values import Page, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evals.comparison.compare import Comparison
    from evals.comparison.thresholds import Threshold
    from evals.html.sections.verdicts import ScoreLine
    from evals.html.values import Section
    from evals.runs.shown_run import ShownRun


def report_html(
    runs: Sequence[ShownRun], *, scores: Sequence[ScoreLine] | None = None, thresholds: Sequence[Threshold] = ()
) -> str:
    """The page; the same bytes for the same runs.

    Args:
        runs: At least one; the last is the one that is judged, the first what the others are held against.
        scores: Labelled claims as `rag eval verify --out` scored them.
        thresholds: What the last run has to meet.

    Raises:
        EvalError: Runs without a common case, or charts that came out too large.
    """
    last = runs[-1]
    names = [run.name for run in runs]
    comparisons = compared(runs)
    answer, lines = verdict(last, thresholds)
    return render(
        "report",
        Page(
            title=f"Evaluation of {' and '.join(names)}" if len(names) < 3 else f"Evaluation of {listed(names)}",
            verdict=answer,
            lines=(*change(comparisons, names), *lines),
            tiles=tuple(tiles(last, runs[0] if len(runs) == 2 else None)),
            troubles=tuple(troubles(last)),
            facts=tuple(facts(last)),
            sections=tuple(_sections(runs, scores, comparison_section(runs, comparisons) if comparisons else None)),
            groups=tuple(failed_groups(runs, _turned(comparisons))),
            rest=_rest(runs),
        ),
    )


def _turned(comparisons: Sequence[Comparison]) -> set[str]:
    return {one.a.id for comparison in comparisons for one in (*comparison.wins, *comparison.losses)}


def _sections(
    runs: Sequence[ShownRun], scores: Sequence[ScoreLine] | None, differences: Section | None
) -> list[Section]:
    return [
        *([differences] if differences is not None else []),
        measures_section(runs),
        trivial_section(runs),
        retrieval_section(runs),
        faithfulness_section(runs),
        verdicts_section(runs, scores),
        calibration_section(runs, scores),
        abstention_section(runs),
        amounts_section(runs),
        latency_section(runs),
    ]


def _rest(runs: Sequence[ShownRun]) -> Table | None:
    """The cases with nothing to look at."""
    rows = [
        (name, case.kind, case.question, status_of(case)[0])
        for name, case in runs[-1].cases.items()
        if cause_of(case) is None
    ]
    return (
        Table("Cases with nothing to look at", ("case", "kind", "question", "came out"), tuple(rows)) if rows else None
    )
