"""Months, weekdays and ordinals that stand in another one's place: numbers are not all that dates are written in."""

from __future__ import annotations

from collections.abc import Iterator

from rag.quantities.dates import MONTHS
from rag.verify.comparison import NEAR_COPY, Change, Comparison
from rag.verify.tokens import Token
from rag.verify.verdict import Reason

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "last")
_SEASONS = ("spring", "summer", "autumn", "winter")
_SERIES = {
    **{word: ("date", "month", word[:3]) for word in MONTHS},
    **{word[:3]: ("date", "month", word[:3]) for word in MONTHS},
    **{word: ("date", "day", word[:3]) for word in _DAYS},
    **{word: ("date", "season", word) for word in _SEASONS},
    **{word: ("number", "ordinal", word) for word in _ORDINALS},
}
"""What a word is one of: the reason's name, the series, and which of the series."""


def check(compared: Comparison) -> Iterator[Reason]:
    """A reason where claim and counterpart name two of one series in the same place."""
    for change, counterpart in compared.changes(least_share=NEAR_COPY):
        if change.before == "q" and _are_two_numbers(change):
            said, theirs_said = change.mine[0].text, change.theirs[0].text
            yield Reason("date", f"says 'Q{said}' where the evidence says 'Q{theirs_said}'", "contradicts")
        held = {place[2] for place, _ in _places(counterpart.tokens)}
        theirs = {place[1]: token for place, token in _places(change.theirs)}
        for (name, series, which), token in _places(change.mine):
            if series in theirs and which not in held and change.framed:
                said = theirs[series].text
                yield Reason(name, f"says {token.text!r} where the evidence says {said!r}", "contradicts")


def _are_two_numbers(change: Change) -> bool:
    return len(change.mine) == len(change.theirs) == 1 and change.mine[0].is_number and change.theirs[0].is_number


def _places(tokens: tuple[Token, ...]) -> list[tuple[tuple[str, str, str], Token]]:
    return [(_SERIES[low], token) for token in tokens if (low := token.text.lower()) in _SERIES and low != "may"] + [
        (_SERIES["may"], token) for token in tokens if token.text == "May"
    ]
