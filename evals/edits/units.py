"""Units, scales and currencies changed, the figure left as it is."""

from __future__ import annotations

import re

from evals.edits.edit import Given, Rule, Rules
from evals.edits.swaps import swap

_COUNTED = (
    r"(?:(?<=\d)|(?<=\d[\s-])|(?<=\b(?:two|six|ten)[\s-])|(?<=\b(?:four|five|nine)[\s-])"
    r"|(?<=\b(?:three|seven|eight)[\s-]))"
)

_TRAIN_UNITS = {
    "days": "weeks", "day": "week", "hours": "days", "hour": "day", "weeks": "days", "week": "day",
    "months": "weeks", "month": "week", "minutes": "seconds", "years": "months", "year": "month",
    "kg": "g", "km": "m", "million": "billion", "billion": "million",
}  # fmt: skip
_TEST_UNITS = {
    "days": "months", "day": "month", "hours": "minutes", "hour": "minute", "weeks": "months", "week": "month",
    "months": "years", "month": "year", "minutes": "hours", "minute": "hour", "seconds": "minutes",
    "years": "decades", "year": "decade", "kg": "tonnes", "kilograms": "grams", "km": "miles", "kilometres": "metres",
    "kilometers": "meters", "miles": "kilometres", "mile": "kilometre", "metres": "feet", "meters": "feet",
    "feet": "metres", "ft": "m", "inches": "feet", "acres": "hectares", "mm": "cm", "cm": "mm", "mg": "g", "lbs": "kg",
    "pounds": "kilograms", "million": "thousand", "billion": "trillion", "thousand": "million", "trillion": "billion",
    "gb": "MB", "mb": "GB", "ms": "s",
}  # fmt: skip

_SIGN = re.compile(r"[$€£](?=\d)")


def _sign(name: str, table: dict[str, str]) -> Rule:
    def rule(given: Given) -> str | None:
        found = [match for match in _SIGN.finditer(given.claim) if match.group() in table]
        if not found:
            return None
        at = found[given.chance.randrange(len(found))].start()
        return given.claim[:at] + table[given.claim[at]] + given.claim[at + 1 :]

    rule.__name__ = name
    return rule


UNIT = Rules(
    train=(swap("unit_of_time_or_scale", _TRAIN_UNITS, after=_COUNTED),),
    test=(swap("other_unit", _TEST_UNITS, after=_COUNTED),),
)
CURRENCY = Rules(
    train=(_sign("sign_changed", {"$": "€", "£": "$", "€": "£"}),),
    test=(
        _sign("other_sign", {"$": "£", "£": "€", "€": "$"}),
        swap(
            "other_word",
            {"dollars": "euros", "euros": "dollars", "usd": "GBP", "eur": "USD", "gbp": "EUR", "cents": "dollars"},
        ),
    ),
)
