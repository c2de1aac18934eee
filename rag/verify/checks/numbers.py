"""Numbers and dates that the evidence lacks, or that it says of something else."""

from __future__ import annotations

from collections.abc import Iterator

from rag.quantities import MOST_CHECKED, Date, Figures, Quantity, lacking
from rag.verify.comparison import NEAR_COPY, ON_TOPIC, Change, Comparison, Counterpart
from rag.verify.tokens import Token, tokens_of
from rag.verify.verdict import Reason

SAME_MATTER = 0.5
"""Content shared with one sentence from which another figure of a sort there contradicts a missing one."""


def check(compared: Comparison) -> Iterator[Reason]:
    """A reason for every number and date that none of the evidence bears out, and for every one in another's place.

    A small count is only noted: people count what a text lists. So is a number of a claim that speaks of other things
    than the evidence.
    """
    missing = lacking(compared.claim.figures, compared.evidence.whole.figures)
    told = set()
    if max(len(compared.claim.figures.quantities), len(compared.claim.figures.dates)) > MOST_CHECKED:
        yield Reason("number", f"has more than {MOST_CHECKED} numbers, which is too many to check", "lacks")
    for change, counterpart in compared.changes(least_share=NEAR_COPY):
        for figure, said in _misplaced(change, counterpart, compared):
            if figure.written not in told:
                told.add(figure.written)
                yield Reason(_name(figure), f"says {figure.written!r} where the evidence says {said!r}", "contradicts")
    for figure in missing:
        if figure.written not in told:
            yield _missing(figure, compared)


def _missing(figure: Date | Quantity, compared: Comparison) -> Reason:
    """The evidence contradicts it where its nearest sentence has another one of the sort, and else lacks it."""
    told = f"{_name(figure)} {figure.written!r} is not in the evidence"
    if compared.content_share < ON_TOPIC or (isinstance(figure, Quantity) and figure.is_small_count):
        return Reason(_name(figure), told, "notes")
    nearest = compared.nearest[0].sentence
    others = lacking(nearest.figures, compared.claim.figures)
    contradicted = len(compared.claim.stem_set & nearest.stem_set) >= SAME_MATTER * len(compared.claim.stem_set)
    rival = contradicted and any(_is_of_a_sort(other, figure) for other in others)
    return Reason(_name(figure), told, "contradicts" if rival else "lacks")


def _is_of_a_sort(one: Date | Quantity, other: Date | Quantity) -> bool:
    if isinstance(one, Date) or isinstance(other, Date):
        return type(one) is type(other)
    return (one.unit, one.measure, one.may_be_year) == (other.unit, other.measure, other.may_be_year)


def _misplaced(change: Change, counterpart: Counterpart, compared: Comparison) -> Iterator[tuple[Date | Quantity, str]]:
    """The figures of the claim in the change that the counterpart's in their place do not bear out, and those."""
    if not change.framed:
        return
    here, there = (_standing_in(side, figures) for side, figures in _sides(change, counterpart, compared))
    alone = len(change.mine) == len(change.theirs) == 1 and bool(change.before and change.after)
    for figure in here:
        if not there or any(_bears_out(other, figure) for other in there):
            continue
        if alone or not any(_bears_out(other, figure) for other in _all(counterpart.sentence.figures)):
            yield figure, ", ".join(dict.fromkeys(one.written for one in there))


def _sides(
    change: Change, counterpart: Counterpart, compared: Comparison
) -> Iterator[tuple[tuple[Token, ...], Figures]]:
    yield change.mine, compared.claim.figures
    yield change.theirs, counterpart.sentence.figures


def _standing_in(tokens: tuple[Token, ...], figures: Figures) -> list[Date | Quantity]:
    keys = {token.key for token in tokens if token.is_number}
    return [figure for figure in _all(figures) if keys & {token.key for token in tokens_of(figure.written)}]


def _all(figures: Figures) -> list[Date | Quantity]:
    quantities = (quantity for _, quantity in figures.quantities[:MOST_CHECKED])
    return [*figures.dates[:MOST_CHECKED], *quantities, *figures.scaled[:MOST_CHECKED]]


def _bears_out(held: Date | Quantity, figure: Date | Quantity) -> bool:
    if isinstance(figure, Date):
        return isinstance(held, Date) and figure.borne_out_by(held)
    if isinstance(held, Date):
        return figure.may_be_year and figure.value == held.year
    return figure.borne_out_by(held)


def _name(figure: Date | Quantity) -> str:
    return "date" if isinstance(figure, Date) or figure.may_be_year else "number"
