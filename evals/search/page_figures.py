"""Figures of evidence pages over all questions, with intervals, as JSON."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from evals.intervals import mean_interval
from evals.outcome import PLACES
from evals.search.pages import CUT_OFFS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evals.locate import NotFound
    from evals.search.pages import PageOutcome


def pages_json(
    retriever: str, outcomes: Sequence[PageOutcome], missing: Sequence[NotFound], *, listed: bool = False
) -> dict[str, object]:
    """The figures of one retriever, six decimal places; ``_ci95`` are the ends of the 95% bootstrap interval.

    Args:
        retriever: Its name.
        outcomes: Of every question, at least one.
        missing: Evidence that is not in the index, which counts as not found.
        listed: Add what each question brought.
    """
    figures: dict[str, object] = {
        "retriever": retriever,
        "questions": len(outcomes),
        "longest_hit_pieces": max(outcome.longest_hit_pieces for outcome in outcomes),
    }
    for k in CUT_OFFS:
        figures |= _figure(f"page_recall@{k}", [outcome.any_page(k) for outcome in outcomes])
    for k in CUT_OFFS:
        figures |= _figure(f"all_pages_recall@{k}", [outcome.all_pages(k) for outcome in outcomes])
    for k in CUT_OFFS:
        figures |= _figure(f"document_recall@{k}", [outcome.document(k) for outcome in outcomes])
    figures["windows"] = [_window_json(outcomes, place) for place in range(len(outcomes[0].windows))]
    figures["evidence_not_found"] = [
        {"id": item.case_id, "item": item.item, "document": item.document, "reason": item.reason} for item in missing
    ]
    if listed:
        figures["cases"] = [_case_json(outcome) for outcome in outcomes]
    return figures


def _figure(name: str, values: Sequence[float]) -> dict[str, object]:
    low, high = mean_interval(values)
    return {name: round(statistics.fmean(values), PLACES), f"{name}_ci95": [round(low, PLACES), round(high, PLACES)]}


def _window_json(outcomes: Sequence[PageOutcome], place: int) -> dict[str, object]:
    windows = [outcome.windows[place] for outcome in outcomes]
    return {
        "window_tokens": windows[0].budget_tokens,
        **_figure("evidence_in_window", [float(window.packed) for window in windows]),
        "mean_tokens": round(statistics.fmean(window.packed_tokens for window in windows), 1),
        **_figure("evidence_in_top_hits", [float(window.appended) for window in windows]),
        "mean_tokens_top_hits": round(statistics.fmean(window.appended_tokens for window in windows), 1),
    }


def _case_json(outcome: PageOutcome) -> dict[str, object]:
    return {
        "id": outcome.question.case.id,
        "page_ranks": list(outcome.page_ranks),
        "document_rank": outcome.document_rank,
        "windows": {str(window.budget_tokens): window.packed for window in outcome.windows},
    }
