"""Numbers and dates in a text as values that can be compared: with scale, unit and the rounding they are written in."""

from rag.quantities.dates import Date
from rag.quantities.figures import Figures, figures_in, lacking, missing_numbers, without_quantities
from rag.quantities.numbers import NUMBER_WORDS, Quantity

__all__ = [
    "NUMBER_WORDS",
    "Date",
    "Figures",
    "Quantity",
    "figures_in",
    "lacking",
    "missing_numbers",
    "without_quantities",
]
