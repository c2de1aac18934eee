"""`rag eval models`: models side by side on the same tasks, before one switches."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from api.options import ConfigOption, IndexOption, settings_for
from api.progress import counted
from api.terminal import amount, say, tell, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evals.models.benchmark import Plan
    from evals.models.contestant import Contestant
    from evals.models.task import Task
    from rag.profiles import ModelProfile
    from rag.settings import Settings

T = TypeVar("T")

MADE_QUESTIONS = 12
DOCUMENTS = 2


def eval_models(
    models: Annotated[
        list[str] | None,
        typer.Argument(metavar="[MODEL]...", help="The model in use, then those to switch to; none: records alone"),
    ] = None,
    *,
    records: Annotated[
        Path,
        typer.Option(
            "--records", metavar="FILE", readable=False, help="Raw records; what stands there is not asked again"
        ),
    ] = Path("models.jsonl"),
    out: Annotated[
        Path | None, typer.Option("--out", metavar="PAGE", readable=False, help="Write an HTML page of the records")
    ] = None,
    index: IndexOption = None,
    cases: Annotated[
        Path | None,
        typer.Option(metavar="CASES", readable=False, help="Your questions [else 12 made from the index by rule]"),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(help="question, summary, extraction, picture, classification or chat; may be repeated [else all]"),
    ] = None,
    samples: Annotated[int, typer.Option(min=1, max=100, help="How often each task is done")] = 3,
    warm_up: Annotated[int, typer.Option("--warm-up", min=0, max=10, help="Requests first that do not count")] = 1,
    max_usd: Annotated[float, typer.Option("--max-usd", min=0.0, help="Do not begin what may cost more")] = 1.0,
    price: Annotated[
        list[str] | None,
        typer.Option(metavar="MODEL=IN,OUT", help="US dollars per million tokens, where they are not known"),
    ] = None,
    reasoning: Annotated[
        list[str] | None,
        typer.Option(metavar="MODEL=TOKENS", help="Room for what a model thinks before its reply"),
    ] = None,
    sees: Annotated[
        list[str] | None, typer.Option(metavar="MODEL", help="Show pictures to a model not known to see")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it may cost, and ask nothing")] = False,
    config: ConfigOption = None,
) -> None:
    """Measure seconds, tokens, cost and quality of models on the same tasks, and the differences with their intervals.

    Questions go through the index as answers do; the other tasks ship with the program, and your longest documents are
    summarised too. An interrupted run goes on where it stopped. Without MODEL, table and page come from the records.
    """
    from evals.models.records import read_records

    if models:
        _run(
            models,
            records,
            settings=settings_for(index, config),
            kinds=kind,
            cases=cases,
            samples=samples,
            warm_up=warm_up,
            max_usd=max_usd,
            profile=_profiles(price, reasoning, sees, models),
            dry_run=dry_run,
        )
    if dry_run:
        return
    from evals.html.models import models_html
    from evals.html.write import write_page
    from evals.models.markdown import models_markdown

    found, bad = read_records(records)
    for error in bad:
        tell(f"rag: {visible(str(error))} (left out)")
    today = dt.datetime.now(dt.UTC).date()
    say(visible(models_markdown(found, today=today)).rstrip("\n"))
    if out is not None:
        write_page(models_html(found, today=today), out)
        tell(f"Page written to {visible(str(out))}")


def _run(
    models: Sequence[str],
    records: Path,
    *,
    settings: Settings,
    kinds: Sequence[str] | None,
    cases: Path | None,
    samples: int,
    warm_up: int,
    max_usd: float,
    profile: Callable[[str, Settings], ModelProfile],
    dry_run: bool,
) -> None:
    from evals.models.benchmark import check_budget, plan, run
    from evals.models.contestant import opened
    from evals.models.records import append_record, read_records
    from rag.verifiers import opened_verifier

    wanted = _kinds(kinds)
    known = read_records(records)[0] if records.is_file() and records.stat().st_size else []
    with contextlib.ExitStack() as stack:
        contestants: list[Contestant] = []
        for name in dict.fromkeys(models):
            own = profile(name, settings)
            changed = settings.generator.model_copy(
                update={
                    "model": name,
                    "max_output_tokens": settings.generator.max_output_tokens + own.reasoning_tokens,
                }
            )
            adapted = settings.model_copy(update={"generator": changed})
            contestants.append(stack.enter_context(opened(own, adapted, os.environ, ask_index="question" in wanted)))
        tasks = _tasks(contestants[0], settings, wanted, cases)
        planned = plan(contestants, tasks, known, settings, samples=samples, warm_up=warm_up)
        _tell_plan(planned)
        if dry_run:
            return
        check_budget(planned, max_usd)
        verifier = stack.enter_context(opened_verifier(settings))
        with counted("tasks") as progress:
            run(
                planned,
                settings,
                verifier,
                lambda one: append_record(records, one),
                most_usd=max_usd,
                progress=progress,
            )


def _tasks(contestant: Contestant, settings: Settings, kinds: Sequence[str], cases: Path | None) -> list[Task]:
    from evals.case import load_cases
    from evals.making.cases import make_cases
    from evals.models.samples import document_tasks, question_tasks, shipped_tasks
    from evals.runs.run import corpus_of

    tasks: list[Task] = []
    if contestant.rag is not None:
        asked = load_cases(cases) if cases is not None else make_cases(contestant.rag, most=MADE_QUESTIONS).cases
        index = corpus_of(contestant.rag).fingerprint
        tasks += question_tasks(asked, index=index, max_tokens=settings.generator.max_output_tokens)
        tasks += document_tasks(contestant.rag, most=DOCUMENTS)
    return [task for task in (*tasks, *shipped_tasks()) if task.kind in kinds]


def _kinds(wanted: Sequence[str] | None) -> list[str]:
    from evals.errors import EvalError
    from evals.models.task import KINDS

    for name in wanted or ():
        if name not in KINDS:
            raise EvalError(f"no kind of task {name!r}; there are {', '.join(KINDS)}")
    return list(wanted or KINDS)


def _profiles(
    price: Sequence[str] | None, reasoning: Sequence[str] | None, sees: Sequence[str] | None, models: Sequence[str]
) -> Callable[[str, Settings], ModelProfile]:
    from evals.models.contestant import with_flags
    from rag.profiles import model_profile

    prices = _by_model("--price", price, models, _price)
    rooms = _by_model("--reasoning", reasoning, models, int)

    def profile(name: str, settings: Settings) -> ModelProfile:
        known = model_profile(name, window_tokens=settings.generator.window_tokens)
        return with_flags(known, price=prices.get(name), reasoning_tokens=rooms.get(name), sees=name in (sees or ()))

    return profile


def _by_model(flag: str, given: Sequence[str] | None, models: Sequence[str], read: Callable[[str], T]) -> dict[str, T]:
    """``MODEL=VALUE`` as typed; the last ``=`` counts, since names hold others."""
    from evals.errors import EvalError

    found: dict[str, T] = {}
    for one in given or ():
        name, _, value = one.rpartition("=")
        if name not in models:
            raise EvalError(f"{flag} {one}: write MODEL=VALUE with one of the models: {', '.join(models)}")
        try:
            found[name] = read(value)
        except ValueError as error:
            raise EvalError(f"{flag} {one}: {error}") from error
    return found


def _price(value: str) -> tuple[float, float]:
    parts = [float(part) for part in value.split(",")]
    if len(parts) != 2 or not all(0 <= part < float("inf") for part in parts):
        raise ValueError("two prices of 0 or more: input and output, in US dollars per million tokens")
    return parts[0], parts[1]


def _tell_plan(planned: Plan) -> None:
    tell(f"rag: {amount(len(planned.steps), 'task')} to do, {amount(planned.requests, 'request')} to models")
    for name, (read, written) in planned.tokens.items():
        cost = planned.cost_usd[name]
        price = "price not known" if cost is None else f"{cost:.4f} US dollars"
        tell(f"rag: {visible(name)}: at most {read:,} tokens read and {written:,} written, {price}")
    if planned.spent_usd:
        tell(f"rag: {planned.spent_usd:.4f} US dollars were spent on the records that are there")
