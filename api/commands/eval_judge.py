"""`rag eval judge`: stored answers held to the checks again, without an index and without asking anybody."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.eval_run import FailUnderOption, OutOption, finish, gate_json, show_measures
from api.options import BackendOption, ConfigOption, JsonOption, settings_for
from api.terminal import json_line, one_line, say

if TYPE_CHECKING:
    from evals.runs.judge import Judgement


def eval_judge(
    answers: Annotated[
        Path,
        typer.Argument(
            metavar="ANSWERS",
            readable=False,
            help="A run folder, or JSON lines: objects of `rag ask --json` with an id",
        ),
    ],
    *,
    out: OutOption = None,
    backend: BackendOption = None,
    fail_under: FailUnderOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge stored answers (such as a report's answers.jsonl) by the sources stored with them."""
    from evals.comparison.thresholds import check, parse_thresholds
    from evals.runs.judge import JUDGEMENT_NAMES, judge_answers
    from evals.runs.report import judgement_json, write_judgement
    from rag.verifiers import opened_verifier

    thresholds = parse_thresholds(fail_under or (), known=JUDGEMENT_NAMES)
    settings = settings_for(None, config, overrides={} if backend is None else {"verifier.backend": backend})
    with opened_verifier(settings) as verifier:
        judgement = judge_answers(answers, verifier=verifier)
    if out is not None:
        write_judgement(judgement, out)
    failures = check(judgement.measures, thresholds)
    if as_json:
        say(json_line({**judgement_json(judgement), "gate": gate_json(failures)}))
    else:
        show_measures(judgement.measures)
        _show_unsupported(judgement)
    finish(failures, out)


def _show_unsupported(judgement: Judgement) -> None:
    for judged in judgement.answers:
        for claim, verdict in judged.verdicts:
            if verdict.label != "supported":
                reasons = verdict.told
                place = one_line(judged.answer.id, limit_chars=40)
                say(f"{verdict.label:<13}{place}: {one_line(claim.text, limit_chars=120)} ({reasons})")
