"""Notes that say what the bare numbers of a table are counted in: "(in thousands)", "$ millions", "USD 000s"."""

from __future__ import annotations

import re

from rag.quantities.units import SCALES

_MONEY = (
    r"(?:(?:US|U\.S\.|C|A)?[$€£¥₹]|\b(?:USD|EUR|GBP|CHF|JPY|INR|CNY|RMB|(?:US\s|U\.S\.\s)?dollars?|euros?|pounds?))"
)
_END = rf"(?:[,;:.)\]|/]|$|except|unless|other|omitted|and\s+in\b|of\s+(?:{_MONEY}|US\b|U\.S\.|shares|units)|{_MONEY})"
"""What closes a note: it keeps "in millions of homes" out."""

_ZEROS = r"['\u2019\u2018]?000"
_NOTE = re.compile(
    rf"\b(?:in|are)\s{{1,4}}(?:{_MONEY}\s?)?(?P<words>thousand|million|billion|{_ZEROS})['\u2019]?s?\b(?=\s{{0,4}}{_END})"
    # "$ 5 million" and "5 $ million" are amounts.
    rf"|(?<![\d.]\s)(?<![\d.]){_MONEY}\s?(?:in\s)?"
    rf"(?P<money>thousand|million|billion|mn|mm|bn|m|k|{_ZEROS})['\u2019]?s?\b"
    rf"|(?:^|[(\[|])[ \t]{{0,4}}(?P<alone>thousand|million|billion|{_ZEROS})['\u2019]?s(?=\s{{0,4}}{_END})",
    re.IGNORECASE | re.MULTILINE,
)


def scales_in(text: str) -> tuple[float, ...]:
    """What the notes of ``text`` say its bare numbers may be multiplied by, the smallest first, once each."""
    found = {match["words"] or match["money"] or match["alone"] for match in _NOTE.finditer(text)}
    return tuple(sorted({1e3 if "000" in name else SCALES[name.lower()] for name in found}))
