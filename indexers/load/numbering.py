"""The numbers that Word computes: clause 4.2 is nowhere in the text of a DOCX, but is how everybody cites it."""

from __future__ import annotations

import re
from collections.abc import Callable

from indexers.load.elements import Element, attribute, child, local

_BULLET = "-"
_PLACE = re.compile(r"%([1-9])")
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"))
_ROMAN_ONES = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")


class Numbering:
    """Counts the items of every list of a document, in the order in which ``label`` is called."""

    def __init__(self, root: Element | None) -> None:
        elements = [] if root is None else list(root)
        levels = {
            attribute(element, "abstractNumId"): {
                int(attribute(level, "ilvl", "0")): level for level in element if local(level) == "lvl"
            }
            for element in elements
            if local(element) == "abstractNum"
        }
        self._abstract = {
            attribute(element, "numId"): attribute(child(element, "abstractNumId"), "val")
            for element in elements
            if local(element) == "num"
        }
        self._levels = levels
        self._counts: dict[tuple[str, int], int] = {}

    def label(self, list_id: str, level: int) -> str:
        """The label of the next item of a list at ``level`` (from 0): ``4.2``, ``(a)``, or ``-`` for a bullet."""
        if list_id == "0":  # the way to say that a paragraph is not numbered after all
            return ""
        abstract = self._abstract.get(list_id, "")
        levels = self._levels.get(abstract, {})
        definition = levels.get(level)
        if definition is None:
            return _BULLET
        self._counts[abstract, level] = self._count(abstract, level, levels) + 1
        for deeper in range(level + 1, 10):
            self._counts.pop((abstract, deeper), None)
        if attribute(child(definition, "numFmt"), "val") == "bullet":
            return _BULLET
        if attribute(child(definition, "numFmt"), "val") == "none":
            return ""

        def written(match: re.Match[str]) -> str:
            place = int(match[1]) - 1
            count = self._count(abstract, place, levels) or 1
            kind = attribute(child(levels.get(place), "numFmt"), "val", "decimal")
            return _FORMATS.get(kind, str)(count)

        return _PLACE.sub(written, attribute(child(definition, "lvlText"), "val"))

    def _count(self, abstract: str, level: int, levels: dict[int, Element]) -> int:
        """The count so far; before the first item, one less than the level's start."""
        start = attribute(child(levels.get(level), "start"), "val", "1")
        return self._counts.get((abstract, level), (int(start) if start.isdigit() else 1) - 1)


def _letters(count: int) -> str:
    """Word goes on after z with aa, bb, cc."""
    return chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 % 10 + 1)


def _roman(count: int) -> str:
    text = ""
    for value, letters in _ROMAN:
        text += letters * min(count // value, 10)
        count %= value
    return text + _ROMAN_ONES[count]


_FORMATS: dict[str, Callable[[int], str]] = {
    "decimal": str,
    "decimalZero": lambda count: f"{count:02d}",
    "lowerLetter": _letters,
    "upperLetter": lambda count: _letters(count).upper(),
    "lowerRoman": _roman,
    "upperRoman": lambda count: _roman(count).upper(),
}
