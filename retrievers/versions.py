"""Which of two documents is the newer version of the other: by the marks in their names, else by their own dates."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indexers.store import DocumentEntry

_STAGES = {
    **dict.fromkeys(("old", "superseded", "obsolete", "archived", "archive", "previous"), -2),
    **dict.fromkeys(("draft", "wip", "proposal", "preliminary"), -1),
    **dict.fromkeys(("final", "signed", "approved", "released", "latest", "new", "current"), 1),
}
_MARK = re.compile(
    r"(?<![^\W_])(?:"
    r"(?:fy[-_. ]?)?(?P<year>(?:19|20)\d\d)(?:[-_.]?(?P<month>0[1-9]|1[0-2])(?:[-_.]?(?P<day>0[1-9]|[12]\d|3[01]))?)?"
    r"(?:[-_. ]?q(?P<quarter>[1-4]))?"
    r"|(?:v|ver|version|rev|revision)[-_. ]?(?P<number>\d{1,4}(?:\.\d{1,4}){0,3})"
    rf"|(?P<stage>{'|'.join(_STAGES)})"
    r")(?![^\W_])"
)
_BLANKS = re.compile(r"[\W_]+")
_DATES = ("modified", "created")


@dataclass(frozen=True, slots=True)
class Name:
    """What a document's path says of its version.

    ``series`` is the path without its marks and its suffix: equal for all versions of one document. ``said`` are the
    marks, as a question may name them: ``2023``, ``2023-05``, ``v2``, ``draft``.
    """

    series: str
    date: tuple[int, ...]
    number: tuple[int, ...]
    stage: int
    said: frozenset[str]


@functools.lru_cache(maxsize=10_000)
def name_of(uri: str) -> Name:
    """The marks of a document's path: years and dates, version numbers, and words such as draft and final."""
    path = PurePosixPath(uri.casefold())
    written = str(path.with_suffix("")) if path.name else str(path)
    found = list(_MARK.finditer(written))
    dates = [_date(match) for match in found if match["year"]]
    numbers = [_number(match) for match in found if match["number"]]
    return Name(
        series=_BLANKS.sub(" ", _MARK.sub(" ", written)).strip(),
        date=max(dates, default=()),
        number=max(numbers, default=()),
        stage=sum(_STAGES[match["stage"]] for match in found if match["stage"]),
        said=frozenset(mark for match in found for mark in _said(match)),
    )


def marks_in(question: str) -> frozenset[str]:
    """The versions that a question names."""
    return frozenset(mark for match in _MARK.finditer(question.casefold()) for mark in _said(match))


def newer(one: DocumentEntry, other: DocumentEntry) -> bool | None:
    """Whether ``one`` is a newer version of the document that ``other`` is a version of; None if it cannot be told.

    Marks decide: the date, then the number (a name without one is the first version), then the word. Where the marks
    are the same kind and equal, or missing on one side, the dates that the documents carry do.
    """
    mine, its = name_of(one.uri), name_of(other.uri)
    if mine.series != its.series or mine.said == its.said:
        return None
    if mine.date != its.date and mine.date and its.date:
        return mine.date > its.date
    if mine.number != its.number:
        return mine.number > its.number
    if mine.stage != its.stage:
        return mine.stage > its.stage
    return _by_own_date(dict(one.metadata), dict(other.metadata))


def _by_own_date(mine: dict[str, str], its: dict[str, str]) -> bool | None:
    for key in _DATES:
        days = mine.get(key, "")[:10], its.get(key, "")[:10]  # of moments in different zones only the day is compared
        if all(days) and days[0] != days[1]:
            return days[0] > days[1]
    return None


def _date(match: re.Match[str]) -> tuple[int, ...]:
    month = int(match["month"] or 0) or 3 * int(match["quarter"] or 0)
    return (int(match["year"]), month, int(match["day"] or 0))


def _number(match: re.Match[str]) -> tuple[int, ...]:
    parts = [int(part) for part in match["number"].split(".")]
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return tuple(parts)


def _said(match: re.Match[str]) -> list[str]:
    if match["year"]:
        year = match["year"]
        longer = [f"{year}-{match['month']}"] if match["month"] else []
        return [year, *longer, *([f"{year} q{match['quarter']}"] if match["quarter"] else [])]
    return ["v" + ".".join(map(str, _number(match)))] if match["number"] else [match["stage"]]
