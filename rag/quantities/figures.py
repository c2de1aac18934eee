"""All numbers and dates of a text, and which of a claim's no figure of its evidence bears out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.quantities.dates import Date, dates_with_spans
from rag.quantities.numbers import Quantity, implied_in, numbers_with_spans, without_numbers

_BEFORE_A_YEAR = re.compile(
    r"(?:\b(?:in|since|fiscal|until|till|during|year|FY|from|through|early|late|mid)|"
    r"(?P<loose>\b(?:of|for|by|the|and|or|to|than|between|before|after|versus|vs\.?)))[\s-]+$",
    re.IGNORECASE,
)
MOST_CHECKED = 300
"""So many numbers of a claim are held against the evidence: the work grows with both. No sentence has more."""

_COUNTED = re.compile(r"\s+(?!(?:is|was|has|as|its|this)\b)[a-z]+s\b")


@dataclass(frozen=True, slots=True)
class Figures:
    """What a text says in numbers.

    Attributes:
        quantities: That are no part of a date with a month, in order, each with its ``[start, end)``.
        implied: That words imply ("half", "twice").
        years_read: The positions in ``quantities`` of what reads as a year.
        scaled: The bare ones once more, as a note of their table has them counted ("in thousands").
    """

    dates: tuple[Date, ...]
    quantities: tuple[tuple[tuple[int, int], Quantity], ...]
    implied: tuple[Quantity, ...]
    years_read: frozenset[int]
    scaled: tuple[Quantity, ...] = ()

    @property
    def values(self) -> tuple[Quantity, ...]:
        """The quantities without their places, the implied ones, and those that a note may scale."""
        return (*(quantity for _, quantity in self.quantities), *self.implied, *self.scaled)


def figures_in(text: str, *, scales: Sequence[tuple[int, int, float]] = ()) -> Figures:
    """Read ``text`` once.

    Args:
        text: What to read.
        scales: ``[start, end)`` of ``text`` where a note lets bare numbers be multiplied, and by what: both readings
            bear a claim out, since not every number of a text stands in its table.
    """
    dates = tuple(dates_with_spans(text))
    quantities = tuple(numbers_with_spans(_masked(text, dates, "x")))
    years = frozenset(
        at for at, (span, quantity) in enumerate(quantities) if quantity.may_be_year and _reads_as_year(text, span)
    )
    scaled = dict.fromkeys(
        quantity.scaled(factor)
        for start, end, factor in scales
        for (at, _), quantity in quantities
        if start <= at < end and quantity.is_bare
    )
    return Figures(tuple(date for _, date in dates), quantities, tuple(implied_in(text)), years, tuple(scaled))


def lacking(claim: Figures, held: Figures) -> list[Date | Quantity]:
    """What of the first `MOST_CHECKED` figures of ``claim`` no figure of ``held`` bears out, dates first."""
    values, years = held.values, {date.year for date in held.dates}
    known_years = years | {quantity.value for quantity in values if quantity.may_be_year}
    missing: list[Date | Quantity] = [
        date
        for date in claim.dates[:MOST_CHECKED]
        if not any(date.borne_out_by(other) for other in held.dates)
        or (date.year is not None and date.year not in known_years)
    ]
    for at, (_, quantity) in enumerate(claim.quantities[:MOST_CHECKED]):
        year_of_a_date = quantity.value in years and at in claim.years_read
        an_article = quantity.written.lower() == "one"
        if not (year_of_a_date or an_article or any(quantity.borne_out_by(other) for other in values)):
            missing.append(quantity)
    return missing


def missing_numbers(claim: str, evidence: Sequence[str]) -> list[str]:
    """The numbers and dates of ``claim``, as written there, that no number or date of ``evidence`` bears out."""
    return [figure.written for figure in lacking(figures_in(claim), figures_in("\n".join(evidence)))]


def without_quantities(text: str) -> str:
    """``text`` with blanks where its dates, numbers and their units stand."""
    return without_numbers(_masked(text, tuple(dates_with_spans(text)), " "))


def _reads_as_year(text: str, span: tuple[int, int]) -> bool:
    """Whether the number at ``span`` follows a word that years follow, or ends its clause: "2024 pallets" does not."""
    start, end = span
    before, rest = _BEFORE_A_YEAR.search(text[max(0, start - 12) : start]), text[end : end + 40]
    if before:
        return not (before["loose"] and _COUNTED.match(rest))
    return not rest.strip() or rest.lstrip()[0] in ".,;:!?)]/\u2013"


def _masked(text: str, dates: Sequence[tuple[tuple[int, int], Date]], filler: str) -> str:
    masked = list(text)
    for (start, end), _ in dates:
        masked[start:end] = filler * (end - start)
    return "".join(masked)
