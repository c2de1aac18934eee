"""Numbers and dates that the evidence lacks, or that it says of something else."""

from __future__ import annotations

from collections.abc import Iterator

from rag.quantities import Date, Quantity, lacking
from rag.verify.comparison import NEAR_COPY, ON_TOPIC, Change, Comparison, Counterpart
from rag.verify.verdict import Reason


def check(compared: Comparison) -> Iterator[Reason]:
    """A reason for every number and date that none of the evidence bears out, and for every one in another's place.

    A small count is only noted: people count what a text lists. So is a number of a claim that speaks of other things
    than the evidence.
    """
    missing = lacking(compared.claim.figures, compared.evidence.whole.figures)
    told = set()
    for change, counterpart in compared.changes(least_share=NEAR_COPY):
        for figure in _misplaced(change, counterpart, compared):
            if figure.written not in told:
                told.add(figure.written)
                said = " ".join(token.text for token in change.theirs)
                yield Reason(_name(figure), f"says {figure.written!r} where the evidence says {said!r}", "contradicts")
    for figure in missing:
        if figure.written not in told:
            counted = isinstance(figure, Quantity) and figure.is_small_count
            certain = compared.content_share >= ON_TOPIC and not counted
            yield Reason(
                _name(figure),
                f"{_name(figure)} {figure.written!r} is not in the evidence",
                "lacks" if certain else "notes",
            )


def _misplaced(change: Change, counterpart: Counterpart, compared: Comparison) -> Iterator[Date | Quantity]:
    """The figures of the claim that stand in the change, where the counterpart has another one that the claim lacks."""
    mine = [token.text.lower() for token in change.mine if token.is_number]
    theirs = {token.key for token in change.theirs if token.is_number} - {token.key for token in compared.tokens}
    if not (mine and theirs and change.framed):
        return
    unsaid = {figure.written for figure in lacking(counterpart.sentence.figures, compared.claim.figures)}
    if not any(key in written.replace(",", "") or key not in written for written in unsaid for key in theirs):
        return
    for figure in lacking(compared.claim.figures, counterpart.sentence.figures):
        if any(text in figure.written.lower().split() or text in figure.written.lower() for text in mine):
            yield figure


def _name(figure: Date | Quantity) -> str:
    return "date" if isinstance(figure, Date) or figure.may_be_year else "number"
