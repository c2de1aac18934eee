"""What ratings come to, for a reader at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.terminal import amount, say, visible
from evals.outcome import Gap
from evals.runs.markdown import shown

if TYPE_CHECKING:
    from evals.rating.agreement import Figure
    from evals.rating.summary import Summary


def show_summary(summary: Summary) -> None:
    """A block each for raters, systems, agreement and correlations."""
    raters = ", ".join(f"{visible(name)} ({count})" for name, count in summary.raters.items())
    say(f"Ratings by {raters}")
    if summary.passed_over:
        say(f"{amount(summary.passed_over, 'rating')} of other answers passed over")
    for one in summary.standings:
        say(f"\n{visible(one.name)}")
        if one.preferred.n:
            say(f"  preferred        {_told(one.preferred)}: {one.wins} won, {one.ties} as good, {one.losses} lost")
        if one.rated.n:
            labels = ", ".join(f"{count} {name}" for name, count in one.labels.items())
            say(f"  labels           {_told(one.rated)}: {labels}")
        if one.supported.n:
            say(f"  sentences        {_told(one.supported)} supported, of {one.supported.n} marks")
    say("\nAgreement of the raters beyond chance (Krippendorff's alpha)")
    for name, figure in summary.agreement.items():
        say(f"  {name:<16} {_told(figure)} over {figure.n} rated by two or more")
    if summary.shown_first.n:
        say(
            f"\nThe answer shown first was preferred in {_told(summary.shown_first)} of {summary.shown_first.n}; "
            "far from 0.5, place decided"
        )
    if summary.said_the_same:
        say(f"Not shown, since both said the same: {amount(summary.said_the_same, 'pair')} of answers")
    if summary.correlations:
        say("\nHow measures go with people (Spearman; Pearson; AUROC of telling right from wrong)")
        for one_ in summary.correlations:
            figures = "; ".join(_told(figure) for figure in (one_.spearman, one_.pearson, one_.auroc))
            say(f"  {visible(one_.score):<22} {figures} over {one_.spearman.n} {one_.of}")


def _told(figure: Figure) -> str:
    if isinstance(figure.value, Gap) or figure.interval is None:
        return shown(figure.value)
    low, high = figure.interval
    return f"{figure.value:.2f} ({low:.2f} to {high:.2f})"
