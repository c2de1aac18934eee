"""`rag eval gate`: whether a stored run is good enough for a build to pass."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.eval_compare import RunArgument, tell_differences
from api.commands.eval_run import FailUnderOption
from api.exit_codes import CHECK_FAILED
from api.options import JsonOption
from api.terminal import json_line, say, tell, visible

if TYPE_CHECKING:
    from evals.comparison.gate import Gate


def eval_gate(
    run: RunArgument,
    *,
    baseline: Annotated[
        Path | None,
        typer.Option(metavar="FILE", readable=False, help="What must not be lost: a baseline file, or a run folder"),
    ] = None,
    fail_under: FailUnderOption = None,
    write_baseline: Annotated[
        Path | None,
        typer.Option(
            "--write-baseline", metavar="FILE", readable=False, help="Make this run the baseline, thresholds included"
        ),
    ] = None,
    measure: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A measure that the written baseline keeps; may be repeated [the main ones]"),
    ] = None,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", readable=False, help="Write JUnit XML, for a CI service")
    ] = None,
    markdown: Annotated[
        Path | None, typer.Option(metavar="FILE", readable=False, help="Write Markdown, for a pull request")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Hold a run to thresholds and to a baseline; exit with 1 where it does not pass.

    Against a baseline no measure may be significantly worse (paired tests, corrected by Holm), and none of its cases
    may be gone or edited. The baseline file keeps its thresholds, so that one committed file is the whole gate.
    """
    from evals.comparison.baseline import read_baseline
    from evals.comparison.baseline import write_baseline as write
    from evals.comparison.compare import main_measures
    from evals.comparison.gate import gate_run
    from evals.comparison.gate_markdown import gate_markdown
    from evals.comparison.junit import junit_xml
    from evals.comparison.thresholds import parse_thresholds
    from evals.runs.report import write_file
    from evals.runs.run_folder import read_run

    stored = read_run(run)
    thresholds = parse_thresholds(fail_under or (), known=tuple(stored.measures))
    gate = gate_run(stored, None if baseline is None else read_baseline(baseline), thresholds)
    for file, text in ((junit, junit_xml(gate)), (markdown, gate_markdown(gate))):
        if file is not None:
            write_file(file, text)
    if as_json:
        say(json_line(_gate_json(gate)))
    else:
        _show(gate)
    if not gate.passed:
        raise typer.Exit(CHECK_FAILED)
    if write_baseline is not None:
        write(stored, write_baseline, measures=measure or main_measures(stored), thresholds=thresholds)
        tell(f"Baseline written to {visible(str(write_baseline))}")


def _gate_json(gate: Gate) -> dict[str, Any]:
    from evals.comparison.compare import comparison_json

    return {
        "passed": gate.passed,
        "checks": [{"name": one.name, "passed": one.passed, "found": one.found} for one in gate.checks],
        "failed_cases": [case.id for case in gate.failed_cases],
        "comparison": None if gate.comparison is None else comparison_json(gate.comparison),
    }


def _show(gate: Gate) -> None:
    if gate.comparison is not None:
        tell_differences(gate.comparison, a="the baseline", b="this run")
    for check in gate.checks:
        say(f"{'ok   ' if check.passed else 'FAILS'}  {visible(check.name)}: {visible(check.found)}")
    say("The gate passes." if gate.passed else "The gate fails.")
