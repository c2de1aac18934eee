"""Scales, currencies and units of measure: what a number is counted in, and what of it is how much of another one."""

from __future__ import annotations

SCALES = {
    "hundred": 1e2, "thousand": 1e3, "k": 1e3, "million": 1e6, "mn": 1e6, "mm": 1e6, "m": 1e6, "billion": 1e9,
    "bn": 1e9, "b": 1e9, "trillion": 1e12, "tn": 1e12, "dozen": 12.0,
}  # fmt: skip
CURRENCIES = {
    "$": "USD", "us$": "USD", "usd": "USD", "dollar": "USD", "€": "EUR", "eur": "EUR", "euro": "EUR", "£": "GBP",
    "gbp": "GBP", "pound": "GBP", "chf": "CHF", "franc": "CHF", "¥": "JPY", "jpy": "JPY", "yen": "JPY", "inr": "INR",
    "rupee": "INR", "₹": "INR", "cny": "CNY", "yuan": "CNY", "rmb": "CNY",
}  # fmt: skip

_DIMENSIONS: dict[str, dict[str, float]] = {
    "minute": {"second": 1 / 60, "sec": 1 / 60, "minute": 1, "min": 1, "hour": 60, "hr": 60, "h": 60, "day": 1440,
               "week": 10_080, "fortnight": 20_160, "millisecond": 1 / 60_000, "ms": 1 / 60_000},
    "month": {"month": 1, "quarter": 3, "year": 12, "yr": 12, "decade": 120, "century": 1200, "centurie": 1200},
    "g": {"milligram": 1e-3, "mg": 1e-3, "gram": 1, "gramme": 1, "g": 1, "kilogram": 1e3, "kilo": 1e3, "kg": 1e3,
          "tonne": 1e6, "ton": 1e6, "t": 1e6, "lb": 453.59237, "ounce": 28.349523, "oz": 28.349523},
    "m": {"millimetre": 1e-3, "millimeter": 1e-3, "mm": 1e-3, "centimetre": 0.01, "centimeter": 0.01, "cm": 0.01,
          "metre": 1, "meter": 1, "m": 1, "kilometre": 1e3, "kilometer": 1e3, "km": 1e3, "mile": 1609.344,
          "mi": 1609.344, "yard": 0.9144, "foot": 0.3048, "feet": 0.3048, "ft": 0.3048, "inch": 0.0254,
          "inche": 0.0254},
    "l": {"millilitre": 1e-3, "milliliter": 1e-3, "ml": 1e-3, "litre": 1, "liter": 1, "l": 1},
    "ha": {"hectare": 1, "ha": 1, "acre": 0.40468564},
    "byte": {"kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "kilobyte": 1e3, "megabyte": 1e6, "gigabyte": 1e9,
             "terabyte": 1e12},
    "degree": {"degree": 1},
    "W": {"watt": 1, "kw": 1e3, "kilowatt": 1e3, "mw": 1e6, "megawatt": 1e6, "gw": 1e9, "gigawatt": 1e9},
}  # fmt: skip
MEASURES = {name: (base, factor) for base, units in _DIMENSIONS.items() for name, factor in units.items()}
"""A unit of measure: what it is counted in, and how many of those it is. A month is no fixed number of days."""

EXACT = frozenset({"minute", "month", "byte", "W", "l"})
"""What is converted without rounding; of the others a foot may be a third of a metre in passing."""

MEASURE = "|".join(sorted((f"{name}s?" if len(name) > 2 else name for name in MEASURES), key=len, reverse=True))


def currency_of(written: str) -> str:
    """The code of a currency's sign, code or name; the name itself in capitals where it is not known."""
    named = written.strip().lower()
    return CURRENCIES.get(named, CURRENCIES.get(named.removesuffix("s"), named.upper()))


def measure_of(written: str) -> str:
    """A unit in the singular, as `MEASURES` has it."""
    name = written.lower()
    return name if name in MEASURES else name.removesuffix("s")


def in_base(value: float, measure: str) -> tuple[str, float]:
    """What a measure is counted in, and how much of it ``value`` is."""
    base, factor = MEASURES[measure]
    return base, value * factor


def unit_named(word: str) -> str | None:
    """What a word alone measures or counts money in: "EUR", "month:12"; None where it is no unit."""
    low = word.lower()
    for name in (low, low.removesuffix("s")):
        if name in CURRENCIES:
            return CURRENCIES[name]
        if name in MEASURES:
            base, factor = MEASURES[name]
            return f"{base}:{factor:g}"
        if name in {"%", "percent", "pct"}:
            return "%"
        if name in SCALES and len(name) > 2:
            return f"x{SCALES[name]:g}"
    return None
