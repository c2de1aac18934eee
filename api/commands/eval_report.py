"""`rag eval report`: stored runs as one HTML page, alone or side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands.eval_run import FailUnderOption, finish


def eval_report(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN...", readable=False, help="Run folders; the first is what others are held to"),
    ],
    *,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", readable=False, help="The page to write; opens from disk")
    ] = Path("report.html"),
    verify: Annotated[
        Path | None,
        typer.Option(metavar="SCORES", readable=False, help="Labelled claims as `rag eval verify --out` scored them"),
    ] = None,
    fail_under: FailUnderOption = None,
) -> None:
    """Show stored runs as one HTML file with plots and every failed case with its evidence; nothing is asked again."""
    from evals.comparison.thresholds import parse_thresholds
    from evals.html.report import report_html
    from evals.html.sections.verdicts import load_scores
    from evals.html.summary import check_run, gated
    from evals.html.write import write_page
    from evals.runs.shown_run import read_runs

    stored = read_runs(runs)
    thresholds = parse_thresholds(fail_under or (), known=gated(stored[-1]))
    scores = None if verify is None else load_scores(verify)
    write_page(report_html(stored, scores=scores, thresholds=thresholds), out)
    finish(check_run(stored[-1], thresholds), out)
