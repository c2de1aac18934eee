"""`rag eval pages`: whether the evidence page of each case is among the hits, and in the packed window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.options import ConfigOption, IndexOption, JsonOption, open_with, settings_for
from api.progress import counted
from api.terminal import json_line, say, tell, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evals.search.pages import PageOutcome


def eval_pages(
    cases: Annotated[
        Path, typer.Argument(metavar="CASES", readable=False, help="JSON lines: id, question, evidence with its page")
    ],
    *,
    index: IndexOption = None,
    retriever: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="dense, lexical, hybrid, without-late, rrf or all [else as configured]; may be repeated",
        ),
    ] = None,
    window: Annotated[
        list[int] | None,
        typer.Option(
            metavar="TOKENS", min=0, help="Window to fill; may be repeated, 0: none [4000, 16000, 32000 and 128000]"
        ),
    ] = None,
    listed: Annotated[bool, typer.Option("--cases", help="Also show what each question brought")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure whether the evidence pages of the cases are found, and packed; with --json one object a retriever.

    Recall is over hits before they are merged, each counted for the page where it begins.
    """
    from evals.case import load_cases
    from evals.search.contenders import CONFIGURED, chosen_contenders
    from evals.search.page_figures import pages_json
    from evals.search.pages import WINDOWS, locate_questions, measure_pages

    names = retriever or []
    contenders = chosen_contenders([] if "all" in names else names) if names else (CONFIGURED,)
    sizes = WINDOWS if window is None else tuple(size for size in sorted(set(window)) if size)
    loaded = load_cases(cases)
    for contender in contenders:
        settings = settings_for(index, config, overrides=dict(contender.overrides))
        with open_with(settings) as rag, counted(f"questions, {contender.name}") as progress:
            questions, missing = locate_questions(rag, loaded)
            outcomes = measure_pages(rag, questions, mode=contender.mode, windows=sizes, progress=progress)
        name = contender.mode or settings.retrieval.mode if contender is CONFIGURED else contender.name
        figures = pages_json(name, outcomes, missing, listed=listed)
        if as_json:
            say(json_line(figures))
        else:
            _show(figures)
            _show_cases(outcomes if listed else ())
    for item in missing:
        tell(f"rag: evidence of {visible(item.case_id)} in {visible(item.document)}: {visible(item.reason)}")


def _show(figures: dict[str, Any]) -> None:
    from evals.search.pages import CUT_OFFS

    say(f"{figures['retriever']}, {figures['questions']} questions")
    for name in ("page_recall", "all_pages_recall", "document_recall"):
        say(f"  {name:<18}" + "   ".join(f"@{k} {figures[f'{name}@{k}']:.2f}" for k in CUT_OFFS))
    low, high = figures["page_recall@10_ci95"]
    say(f"  page_recall@10 lies between {low:.2f} and {high:.2f} (95%)")
    for row in figures["windows"]:
        packed, top = row["evidence_in_window"], row["evidence_in_top_hits"]
        say(
            f"  window of {row['window_tokens']:,}: {packed:.2f} with {row['mean_tokens']:,.0f} tokens"
            f" (top hits until full: {top:.2f} with {row['mean_tokens_top_hits']:,.0f})"
        )


def _show_cases(outcomes: Sequence[PageOutcome]) -> None:
    for outcome in outcomes:
        ranks = ", ".join("-" if rank is None else str(rank) for rank in outcome.page_ranks) or "-"
        document = "-" if outcome.document_rank is None else str(outcome.document_rank)
        held = ", ".join(f"{one.budget_tokens:,}" for one in outcome.windows if one.packed) or "none"
        say(f"  {visible(outcome.question.case.id)}: pages at {ranks}; document at {document}; windows: {held}")
