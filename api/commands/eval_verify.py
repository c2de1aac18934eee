"""`rag eval verify`: a verifier held against human labels, without an index."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.eval_run import FailUnderOption, finish, gate_json
from api.options import BackendOption, ConfigOption, JsonOption, settings_for
from api.progress import counted
from api.terminal import amount, json_line, one_line, say, tell, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evals.errors import CaseError

MOST_COMPLAINTS = 20


def eval_verify(
    labelled: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", readable=False, help="JSON lines: context (a text or several), claim, label (1 supported)"
        ),
    ],
    *,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="SCORES", readable=False, help="Write each line's id, score and verdict here"),
    ] = None,
    backend: BackendOption = None,
    fail_under: FailUnderOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure how well a verifier agrees with labels, at its own threshold, which the labels do not move.

    Lines may also carry id, set (figures for each) and group (lines about one text: drawn together in the intervals).
    A bad line is named at the end and costs itself alone.
    """
    from evals.comparison.thresholds import check, parse_thresholds
    from evals.verifier.labelled import load_labelled
    from evals.verifier.verify import GATED, verification_json, verify_labelled, write_scores
    from rag.verifiers import opened_verifier

    thresholds = parse_thresholds(fail_under or (), known=GATED)
    cases, skipped = load_labelled(labelled)
    settings = settings_for(None, config, overrides={} if backend is None else {"verifier.backend": backend})
    with opened_verifier(settings) as verifier, counted("claims") as progress:
        verification = verify_labelled(verifier, cases, skipped=skipped, progress=progress)
    if out is not None:
        write_scores(verification, out)
        tell(f"Scores written to {visible(str(out))}")
    failures = check(verification.measures, thresholds)
    figures = verification_json(verification)
    if as_json:
        say(json_line({**figures, "gate": gate_json(failures)}))
    else:
        _show(figures)
    _tell_skipped(labelled, verification.skipped)
    finish(failures, None)


def _show(figures: dict[str, Any]) -> None:
    from evals.verifier.detection import MEASURES

    verifier = figures["verifier"]
    named = f"{verifier['backend']} {verifier['model']}".strip()
    say(f"{figures['n']} claims, {figures['positives']} of them supported; {named}, threshold {figures['threshold']:g}")
    for name in MEASURES:
        say(f"{name:<20}{_value(figures[name]):>15}  {_ends(figures['intervals'].get(name))}".rstrip())
    say("verdicts (supported / not by label): " + _verdicts(figures["verdicts"]))
    if figures["not_claims"]:
        say(f"{figures['not_claims']} of them state nothing that could be borne out; they count as they are scored")
    for name, one in figures["by_set"].items():
        shown = f"balanced accuracy {_value(one['balanced_accuracy'])}  AUROC {_value(one['auroc'])}"
        say(f"{one_line(name, limit_chars=40):<24}{one['n']:>6} claims  {shown}")


def _verdicts(table: dict[str, dict[str, int]]) -> str:
    return ", ".join(f"{label} {row['supported']} / {row['not_supported']}" for label, row in table.items())


def _value(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.3f}"


def _ends(ends: list[float] | None) -> str:
    return "" if ends is None else f"[{ends[0]:.3f}, {ends[1]:.3f}]"


def _tell_skipped(labelled: Path, skipped: Sequence[CaseError]) -> None:
    if not skipped:
        return
    tell(f"{amount(len(skipped), 'line')} of {visible(str(labelled))} could not be judged:")
    for error in skipped[:MOST_COMPLAINTS]:
        tell(f"  {visible(error.told)}")
    if len(skipped) > MOST_COMPLAINTS:
        tell(f"  and {len(skipped) - MOST_COMPLAINTS} more; --json has them all")
