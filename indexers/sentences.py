"""The smallest units, packed and cited whole: sentences, list items and table rows. Alone knows sentencex."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

import sentencex

if TYPE_CHECKING:
    from collections.abc import Iterator

PART_CHARS = 20_000
"""A longer text is segmented in parts, cut at a blank line if it can be: quotation marks alone cost sentencex n²."""

_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half of a pair alone is no text, but JSON may carry it; sentencex cannot."""

_LINE = re.compile(r"[^\n]+")
_LIST_ITEM = re.compile(r"^[ \t]*(?:[-*+•·\u2013]|\(?[0-9a-zA-Z]{1,3}[.)])[ \t]", re.MULTILINE)


def sentence_spans(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """The ``[start, end)`` of every sentence in ``text[start:end]``, in order, without surrounding white space.

    A line break inside a paragraph ends no sentence; a blank line does. Together the spans hold every character that is
    not white space.
    """
    end = len(text) if end is None else end
    spans: list[tuple[int, int]] = []
    for at, until in _parts(text, start, end):
        part = _SURROGATE.sub("\ufffd", text[at:until])
        for boundary in sentencex.get_sentence_boundaries("en", part):
            span = strip_span(text, at + boundary["start_index"], at + boundary["end_index"])
            if span[0] < span[1]:
                spans.append(span)
    return spans


def block_units(text: str, kind: str, start: int, end: int) -> list[tuple[int, int]]:
    """The units of one block ``text[start:end]`` of the given kind."""
    if kind == "heading":
        span = strip_span(text, start, end)
        return [span] if span[0] < span[1] else []
    if kind in {"table", "code"}:
        lines = (strip_span(text, line.start(), line.end()) for line in _LINE.finditer(text, start, end))
        return [line for line in lines if line[0] < line[1]]
    if kind == "list":
        return [span for item in _items(text, start, end) for span in sentence_spans(text, *item)]
    return sentence_spans(text, start, end)


def strip_span(text: str, start: int, end: int) -> tuple[int, int]:
    """``[start, end)`` without the white space at its ends; empty at ``end`` where there is nothing else."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _items(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    # Not `finditer(text, start, end)`: with a position given, ^ still wants a real line start.
    marks = [start + mark.start() for mark in _LIST_ITEM.finditer(text[start:end])]
    borders = sorted({start, *marks, end})
    yield from itertools.pairwise(borders)


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > PART_CHARS:
        until = start + PART_CHARS
        cut = next((at for mark in ("\n\n", ". ", "\n", " ") if (at := text.rfind(mark, start, until)) > start), -1)
        cut = cut + 1 if cut > start else until
        yield start, cut
        start = cut
    yield start, end
