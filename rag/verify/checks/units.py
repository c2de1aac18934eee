"""Units, currencies and scales that the evidence gives to the same figure otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from rag.quantities.units import unit_named
from rag.verify.comparison import NEAR_COPY, Comparison
from rag.verify.tokens import Token
from rag.verify.verdict import Reason


def check(compared: Comparison) -> Iterator[Reason]:
    """A reason where claim and counterpart name two units in the same place, beside the same figure."""
    for change, counterpart in compared.changes(least_share=NEAR_COPY):
        mine, theirs = _units(change.mine), _units(change.theirs)
        other_figure = any(token.is_number for token in (*change.mine, *change.theirs))
        if not mine or not theirs or other_figure or not change.framed:
            continue
        held = {unit_named(token.text) for token in counterpart.tokens}
        for token, unit in mine:
            if unit not in held:
                yield Reason(
                    "unit", f"says {token.text!r} where the evidence says {theirs[0][0].text!r}", "contradicts"
                )


def _units(tokens: tuple[Token, ...]) -> list[tuple[Token, str]]:
    return [(token, unit) for token in tokens if (unit := unit_named(token.text)) is not None]
