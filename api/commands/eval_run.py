"""`rag eval run`: ask an index the questions of a file, and measure the answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.exit_codes import CHECK_FAILED
from api.options import ConfigOption, IndexOption, JsonOption, open_with, settings_for
from api.progress import counted
from api.terminal import json_line, say, tell, visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evals.comparison.thresholds import GateFailure
    from evals.outcome import Measurement

FailUnderOption = Annotated[
    list[str] | None,
    typer.Option(
        "--fail-under", metavar="MEASURE=VALUE", help="Exit with 1 where a measure is below VALUE; may be repeated"
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out", "--report", metavar="RUN", readable=False, help="Keep the run in a folder: report, answers, timings"
    ),
]


def eval_run(
    cases: Annotated[
        Path, typer.Argument(metavar="CASES", readable=False, help="JSON lines: id, question, reference, evidence")
    ],
    *,
    index: IndexOption = None,
    out: OutOption = None,
    fail_under: FailUnderOption = None,
    retrieval_only: Annotated[bool, typer.Option("--retrieval-only", help="Search, but write no answers")] = False,
    limit: Annotated[int, typer.Option(min=20, max=1000, help="Hits to search for a question")] = 50,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure retrieval, answers, citations and abstentions on the cases of a file."""
    from evals.case import load_cases
    from evals.comparison.thresholds import check, parse_thresholds
    from evals.runs.fingerprints import asked_with
    from evals.runs.report import report_json, timings_json, write_report
    from evals.runs.run import run_cases
    from evals.scores import gated_names
    from rag.verifiers import opened_verifier

    cut_offs = (1, 5, 10, 20)
    # before the run, which may take long, so that a typing error costs nothing
    thresholds = parse_thresholds(fail_under or (), known=gated_names(cut_offs, retrieval_only=retrieval_only))
    loaded = load_cases(cases)
    settings = settings_for(index, config)
    with open_with(settings) as rag, opened_verifier(settings) as verifier, counted("cases") as progress:
        result = run_cases(
            rag,
            loaded,
            ks=cut_offs,
            limit=limit,
            retrieval_only=retrieval_only,
            verifier=verifier,
            asked_with=asked_with(settings),
            progress=progress,
        )
    if out is not None:
        write_report(result, out)
    failures = check(result.measures, thresholds)
    latency = timings_json(result)  # beside the report, which has the same bytes when the same run is done again
    if as_json:
        say(json_line({**report_json(result), "timings": latency, "gate": gate_json(failures)}))
    else:
        show_measures(result.measures)
        say(f"seconds a case: median {latency['median_seconds']}, 95th percentile {latency['p95_seconds']}")
    finish(failures, out)


def show_measures(measures: Mapping[str, Measurement]) -> None:
    """A line a measure, with of how many cases it speaks."""
    from evals.runs.markdown import shown

    for name, measurement in measures.items():
        say(f"{name:<22}{shown(measurement.value):>12}   {measurement.measured} measured")


def gate_json(failures: Sequence[GateFailure]) -> dict[str, object]:
    """Whether the thresholds were met, and which were not."""
    return {
        "passed": not failures,
        "failures": [
            {"measure": failure.threshold.measure, "least": failure.threshold.least, "reason": failure.reason}
            for failure in failures
        ],
    }


def finish(failures: Sequence[GateFailure], out: Path | None) -> None:
    """Say where the run is kept and what failed; thresholds that are not met end with exit code 1."""
    if out is not None:
        tell(f"Report written to {visible(str(out))}")
    for failure in failures:
        tell(f"below its threshold: {visible(failure.reason)}")
    if failures:
        raise typer.Exit(CHECK_FAILED)
