"""What documents say of themselves, in one form: dates as in ISO 8601, languages as in BCP 47."""

from __future__ import annotations

import re
from datetime import date, time
from email.utils import parsedate_to_datetime

_WRITTEN = re.compile(
    r"(?:D:)?(?P<year>\d{4})-?(?P<month>\d\d)-?(?P<day>\d\d)"
    r"(?:[T ]?(?P<hour>\d\d):?(?P<minute>\d\d)(?::?(?P<second>\d\d))?(?:[.,]\d+)?"
    r"\s?(?:(?P<utc>Z)|(?P<zone>[+-]\d\d)[:']?(?P<rest>\d\d))?.*)?",
    re.ASCII,
)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*")
_DATES = ("created", "modified")
_NO_YEAR = 1971  # a date before it says that the program knew none: 1601, 1899, 1904 and 1970 are where clocks begin
_LONGEST = 100


def canonical(key: str, value: str) -> str:
    """A value in the one form of its key; "" for one that says nothing, and as it is written where it is not known."""
    if key in _DATES:
        return iso_date(value)
    if key == "language":
        return value.replace("_", "-") if _LANGUAGE.fullmatch(value) and value.lower() not in ("und", "zxx") else ""
    return value


def iso_date(written: str) -> str:
    """A date, with its time if it has one, as in ISO 8601; "" for what no document can be from."""
    text = written.strip()[:_LONGEST]
    match = _WRITTEN.fullmatch(text)
    try:
        if match is None:
            return parsedate_to_datetime(text).isoformat()
        day = date(int(match["year"]), int(match["month"]), int(match["day"]))
        if day.year < _NO_YEAR:
            return ""
        if match["hour"] is None:
            return day.isoformat()
        moment = time(int(match["hour"]), int(match["minute"]), int(match["second"] or 0))
    except (ValueError, TypeError, OverflowError):  # no such day, or a way of writing that is not known
        return "" if match else text
    zone = f"{match['zone']}:{match['rest']}" if match["zone"] else match["utc"] or ""
    return f"{day.isoformat()}T{moment.isoformat()}{zone}"
