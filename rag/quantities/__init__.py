"""Numbers and dates in a text as values that can be compared: with scale, unit and the rounding they are written in."""

from rag.quantities.dates import Date
from rag.quantities.figures import MOST_CHECKED, Figures, figures_in, lacking, missing_numbers, without_quantities
from rag.quantities.numbers import NUMBER_WORDS, Quantity
from rag.quantities.scale_notes import scales_in

__all__ = [
    "MOST_CHECKED",
    "NUMBER_WORDS",
    "Date",
    "Figures",
    "Quantity",
    "figures_in",
    "lacking",
    "missing_numbers",
    "scales_in",
    "without_quantities",
]
