"""`rag tune`: learn from judged questions which settings find more, and write what is proved to."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.options import ConfigOption, IndexOption, JsonOption, open_with, settings_for
from api.progress import counted
from api.terminal import json_line, say, tell, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evals.tuning.judged import Judged
    from evals.tuning.tune import Outcome
    from rag import Rag
    from rag.settings import Settings


def tune(
    cases: Annotated[
        Path | None,
        typer.Argument(
            metavar="[CASES]",
            readable=False,
            help="JSON lines of cases, or a folder in BEIR's format [else questions made from the documents]",
        ),
    ] = None,
    *,
    index: IndexOption = None,
    questions: Annotated[int, typer.Option(min=10, max=100_000, help="Most questions to ask")] = 300,
    adapter: Annotated[
        bool, typer.Option("--adapter/--no-adapter", help="Learn a map of the question's vector")
    ] = True,
    write_anyway: Annotated[
        bool, typer.Option("--write-anyway", help="Write the best setting though no gain is proved")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Try settings of the search on judged questions; write into rag.toml what finds more.

    Gains are cross-validated by document, and a setting is written only where the lower end of its 95% interval is
    above zero: what is written is not worse than what was there.
    """
    from evals.tuning.tune import tune_index, tuning_json
    from rag.settings import SETTINGS_FILE
    from rag.settings_file import edited, write

    settings = settings_for(index, config)
    with tempfile.TemporaryDirectory(prefix="plumbline-tune-") as scratch:
        with open_with(settings) as rag:
            judged = _judged(rag, cases, questions)
        with counted("trials") as progress:
            outcome = tune_index(settings, judged, Path(scratch), adapter=adapter, progress=progress)
    path = config or Path(SETTINGS_FILE)
    edit = edited(path, outcome.settings.best) if outcome.settings.wins or write_anyway else None
    changes = edit is not None and bool(edit.diff)
    keeps_adapter = outcome.adapter is not None and (outcome.adapter_gain.wins or write_anyway)
    if not dry_run:
        if edit is not None and changes:
            write(edit)
        if keeps_adapter:
            _keep(outcome, settings)
    figures = tuning_json(outcome) | {
        "written": str(path) if changes and not dry_run else None,
        "adapter_written": keeps_adapter and not dry_run,
        "diff": edit.diff if edit is not None else "",
    }
    if as_json:
        say(json_line(figures))
    else:
        _show(outcome, figures)


def _judged(rag: Rag, cases: Path | None, most: int) -> list[Judged]:
    from evals.case import load_cases
    from evals.search.collection import load_collection
    from evals.tuning.judged import judged_cases, judged_collection, sample
    from evals.tuning.made import made_questions

    if cases is None:
        return made_questions(rag, most=most)
    if cases.is_dir():
        return sample(judged_collection(rag, load_collection(cases)), most)
    return sample(judged_cases(rag, load_cases(cases)), most)


def _keep(outcome: Outcome, settings: Settings) -> None:
    from retrievers.adapter import FILE, write_adapter

    if outcome.adapter is not None:
        write_adapter(outcome.adapter, settings.index / FILE)


def _show(outcome: Outcome, figures: dict[str, object]) -> None:
    tuned, gain = outcome.settings, outcome.settings.gain
    say(f"{tuned.questions} questions about {tuned.groups} documents; nDCG@10 as it is: {gain.before:.3f}")
    best = ", ".join(f"{name} = {value:g}" for name, value in tuned.best.items()) or "as it is"
    say(f"best setting: {best}")
    say(f"  what choosing it is worth: {gain.after - gain.before:+.4f} ({gain.low:+.4f} to {gain.high:+.4f})")
    if outcome.adapter is not None:
        won = outcome.adapter_gain
        say(f"query adapter: {won.after - won.before:+.4f} ({won.low:+.4f} to {won.high:+.4f})")
    say(visible(str(figures["diff"])).rstrip() if figures["diff"] else "rag.toml stays as it is: no gain is proved")
    _tell_written(figures)


def _tell_written(figures: dict[str, object]) -> None:
    written: Sequence[str] = [
        *([f"wrote {figures['written']}"] if figures["written"] else []),
        *(["wrote the query adapter into the index"] if figures["adapter_written"] else []),
    ]
    tell(visible("rag: " + (" and ".join(written) or "nothing was written")))
