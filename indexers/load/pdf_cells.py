"""What a cell or a line of a table says by its form: a figure, a period, units, a label."""

from __future__ import annotations

import re

from indexers.load.pdf_layout import FIGURE, Cell, Line, starts_item

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_MARK = r"(?: ?\(\w{1,2}\))?"  # of a footnote
_YEAR = re.compile(rf"(?:(?:fy|fiscal|cy|q[1-4]|[1-4]q|h[12]) ?)*'?(?:19|20)\d\d[ea]?{_MARK}", re.IGNORECASE)
_DATE = re.compile(
    rf"(?:as of |at |\d{{1,2}} )?{_MONTH} ?(?:\d{{1,2}})?,?(?: (?:19|20)\d\d)?{_MARK}", re.IGNORECASE
)  # fmt: skip
_COMPARED = re.compile(r"(?:\d{4}|\d\d|q[1-4]) ?(?:vs\.?|versus|to|-|\u2013) ?(?:\d{4}|\d\d|q[1-4])", re.IGNORECASE)
_AMOUNT = re.compile(r"[($€£¥]{0,2} ?\d{1,3}(?:,\d{3})+\b|[$€£¥] ?\d")
_NOTE_MARK = re.compile(r"\(\w\)")
_UNITS = re.compile(
    r"(?=.{0,80}$)(?:.*\b(?:in|of|us|u\.s\.|dollars?|amounts|\$) ?\(?(?:(?:u\.?s\.? )?(?:dollars|\$)(?: in)? )?"
    r"(?:thousands|millions|billions)\b.*|\(?(?:\$ ?)?(?:thousands|millions|billions|percent|dollars|unaudited)\b.*)",
    re.IGNORECASE,
)
_PERIOD = re.compile(
    r"(?=.{0,80}$)\(?(?:(?:for|as of|as at|at|on) ?/? ?(?:the )?)?(?:(?:fiscal|calendar|three|six|nine|twelve|thirteen"
    r"|twenty-six|thirty-nine|fifty-two|fifty-three|\d{1,2}|first|second|third|fourth|full) )*"
    rf"(?:(?:years?|quarters?|months?|weeks?|periods?)(?: (?:ended|ending))?(?: {_MONTH})?[ \d,(]*(?: and \d{{4}})?\)?"
    rf"|{_MONTH} \d{{1,2}},?(?: \d{{4}})?(?: and (?:{_MONTH} \d{{1,2}}, )?\d{{4}})?),?:?",
    re.IGNORECASE,
)


def is_row(line: Line) -> bool:
    """Whether the line has cells side by side that are no item of a list."""
    return len(line.cells) > 1 and not starts_item(line)


def is_data(line: Line) -> bool:
    """Whether the line has figures beside something else."""
    return len(line.cells) > 1 and any(map(is_figure, line.cells))


def is_figure(cell: Cell) -> bool:
    """A figure that is no year and no mark of a footnote."""
    text = cell.text
    if not FIGURE.match(text):
        return bool(_AMOUNT.match(text))
    return not _YEAR.fullmatch(text) and not _NOTE_MARK.fullmatch(text)


def is_period(cell: Cell) -> bool:
    """A year, a date, or two that are compared."""
    return any(pattern.fullmatch(cell.text) for pattern in (_YEAR, _DATE, _COMPARED))


def is_span(cell: Cell) -> bool:
    """What may stand over any number of columns: a year, a date, or a length of time."""
    return is_period(cell) or bool(_PERIOD.fullmatch(cell.text))


def is_units(text: str) -> bool:
    """In what the figures are counted, or that nobody has audited them; no end of a sentence, and no long one."""
    return bool(_UNITS.fullmatch(text)) and not text[:1].islower()


def is_caption(line: Line) -> bool:
    """A line above a table that says its units or its period."""
    return is_units(line.text) or bool(_PERIOD.fullmatch(line.text))
