"""Numbers as a workbook shows them: 0.25 in a cell of format ``0%`` reads 25%, and 45292 may be a date."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta

_LITERAL = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|\[\$([^\]-]*)[^\]]*\]|\[[^\]]*\]')
_PLACES = re.compile(r"[#0?][#0?,.]*")
_SIGNS = frozenset("$€£¥()-+ \xa0")
_EXCEL_DIGITS = 15
_MAX_DATE = 2_958_466  # the last day of the year 9999


def shown(stored: str, code: str, *, epoch_1904: bool = False) -> str:
    """The text of a stored number under a format code: percent, thousands, decimals, currency signs, ISO dates.

    What the code asks beyond that (fractions, exponents, conditions) is left out and the number given plainly; a
    number that cannot be read is given as stored.
    """
    try:
        value = float(stored)
    except ValueError:
        return stored.strip()
    if not math.isfinite(value):
        return stored.strip()
    section, negative_section = _section(code, value)
    pattern, before, after = _parts(section)
    letters = re.sub(r"general", "", pattern, flags=re.IGNORECASE).lower()
    if re.search(r"[ymdhs]", letters) and 0 <= value < _MAX_DATE:
        return _date(value, letters, epoch_1904=epoch_1904)
    places = _PLACES.search(pattern)
    if places is None or "e+" in letters or "/" in letters or abs(value) >= 10**_EXCEL_DIGITS:
        return f"{before}{_plain(value)}{after}"
    return _fixed(value, pattern, places[0], before, after, sign_is_shown=negative_section)


def _section(code: str, value: float) -> tuple[str, bool]:
    """The part of the code for this number, and whether that part itself shows a negative sign."""
    sections = re.split(r';(?=(?:[^"]*"[^"]*")*[^"]*$)', code[:255])
    if value < 0 and len(sections) > 1:
        return sections[1], True
    if value == 0 and len(sections) > 2 and _PLACES.search(_LITERAL.sub("", sections[2])):
        return sections[2], False
    return sections[0], False


def _parts(section: str) -> tuple[str, str, str]:
    """The code without literals, and the text that is shown before and after the digits."""
    pattern = _LITERAL.sub("", section)
    places = _PLACES.search(_LITERAL.sub(lambda match: " " * len(match[0]), section))
    if places is None:
        return pattern, "", ""
    return pattern, _literals(section[: places.start()]).lstrip(), _literals(section[places.end() :]).rstrip()


def _literals(part: str) -> str:
    """What a part of the code shows as it stands: quoted text, currency signs, brackets and blanks."""
    texts: list[str] = []
    position = 0
    for match in _LITERAL.finditer(part):
        texts += [sign for sign in part[position : match.start()] if sign in _SIGNS]
        texts.append(next(filter(None, match.groups()), ""))
        position = match.end()
    return "".join(texts) + "".join(sign for sign in part[position:] if sign in _SIGNS)


def _fixed(value: float, pattern: str, places: str, before: str, after: str, *, sign_is_shown: bool) -> str:
    percent = "%" in pattern
    decimals = len(re.sub(r"[^0#?]", "", places.partition(".")[2])) if "." in places else 0
    optional = "#" in places.partition(".")[2]
    number = abs(value) * (100 if percent else 1)
    thousands = "," in places.rstrip(",")
    digits = f"{number:,.{decimals}f}" if thousands else f"{number:.{decimals}f}"
    if optional and "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    sign = "-" if value < 0 and not sign_is_shown and digits.strip("0.,") else ""
    return f"{sign}{before}{digits}{'%' if percent else ''}{after}"


def _plain(value: float) -> str:
    text = f"{value:.{_EXCEL_DIGITS}g}"
    return f"{value:.0f}" if "e+" in text and abs(value) < 10**21 else text


def _date(value: float, letters: str, *, epoch_1904: bool) -> str:
    """ISO 8601 whatever the cell's order of day and month, so that no reader has to guess it."""
    epoch = datetime(1904, 1, 1) if epoch_1904 else datetime(1899, 12, 30)  # noqa: DTZ001  # a sheet has no time zone
    moment = epoch + timedelta(days=int(value), seconds=round(value % 1 * 86_400))
    with_day = re.search(r"[yd]", letters) is not None
    with_time = re.search(r"[hs]", letters) is not None
    if not with_day and with_time:
        hours = int(value) * 24 + moment.hour
        return f"{hours:02d}:{moment:%M:%S}" if "s" in letters else f"{hours:02d}:{moment:%M}"
    return f"{moment:%Y-%m-%d %H:%M}" if with_time else f"{moment:%Y-%m-%d}"
