"""Where a quote stands on its pages: boxes line by line, to be drawn over the page.

Nothing of this is stored: the page is read again by the code that made the text, so that its words are the text's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from indexers.document import Block, Box, Document
from indexers.load.image import picture_lines
from indexers.load.limits import LoadLimits
from indexers.load.ocr import recognise
from indexers.load.pdf import opened
from indexers.load.pdf_layout import Line, Word
from indexers.load.pdf_page import is_scan, page_lines, picture_of
from indexers.normalise import normalise

_TOKEN = re.compile(r"\S+")
_MARGIN = 1.0  # points by which a word may stand outside the box of its block
_MOST_WORDS = 4  # that the text writes as one: a figure, its sign, its bracket


@dataclass(frozen=True, slots=True)
class PageBox:
    """A rectangle on a page, which counts from 1; points from the bottom left of the page as it is shown."""

    page: int
    box: Box


@dataclass(frozen=True, slots=True)
class _Placed:
    text: str
    line: int
    box: Box


def boxes_of(
    data: bytes,
    document: Document,
    start: int,
    end: int,
    *,
    limits: LoadLimits = LoadLimits(),  # noqa: B008  # frozen
) -> list[PageBox]:
    """Where ``document.text[start:end]`` stands in its PDF or picture.

    Args:
        data: The bytes that the document was read from.
        document: As `load_file` gave it.
        start: Offset in code points.
        end: Offset behind the last character.
        limits: As the document was read with; scanned pages are read by OCR again.

    Returns:
        A box for each line of the page that the quote touches, whole words always, in the order of the pages. A block
        whose place is not known (a form field) has none; a block whose words are not found has its own box.

    Raises:
        LoadError: As `load_file`, for the same bytes.
    """
    touched = [block for block in document.blocks if block.start < end and start < block.end and block.box is not None]
    found: list[PageBox] = []
    for page in dict.fromkeys(block.page or 1 for block in touched):
        words = list(_words(_lines(data, document, page, limits)))
        for block in touched:
            if (block.page or 1) == page:
                found += [PageBox(page, box) for box in _block_boxes(document.text, block, words, start, end)]
    return found


def _lines(data: bytes, document: Document, number: int, limits: LoadLimits) -> list[Line]:
    name = document.uri
    if document.media_type.startswith("image/"):
        return picture_lines(data, number, name=name, limits=limits)
    with opened(data, name=name) as pdf:
        page = pdf[number - 1]
        try:
            lines = page_lines(page, keep_words=True)
            if is_scan(page, lines) and limits.ocr:
                picture = picture_of(page, max_pixels=limits.image_pixels)
                return recognise(picture, name=name, limits=limits, keep_words=True) or lines
            return lines
        finally:
            page.close()


def _words(lines: Sequence[Line]) -> Iterator[_Placed]:
    for number, line in enumerate(lines):
        for word in line.words:
            text = normalise(word.text).text
            if text:
                yield _Placed(text, number, _whole(word))


def _whole(word: Word) -> Box:
    a, b = word.first, word.last
    return Box(min(a.left, b.left), min(a.bottom, b.bottom), max(a.right, b.right), max(a.top, b.top))


def _block_boxes(text: str, block: Block, words: Sequence[_Placed], start: int, end: int) -> list[Box]:
    inside = [word for word in words if block.box is not None and _is_inside(word.box, block.box)]
    free = set(range(len(inside)))
    after, quoted = 0, []
    for token in _TOKEN.finditer(text, block.start, block.end):
        places = _find(token[0], inside, free, after)
        free.difference_update(places)
        after = places[-1] + 1 if places else after
        if token.start() < end and start < token.end():
            quoted += [inside[place] for place in places]
    if not quoted:
        return (
            [block.box] if block.box is not None and text[max(start, block.start) : min(end, block.end)].strip() else []
        )
    lines: dict[int, Box] = {}
    for word in quoted:
        lines[word.line] = _around(lines[word.line], word.box) if word.line in lines else word.box
    return list(lines.values())


def _find(token: str, words: Sequence[_Placed], free: set[int], after: int) -> list[int]:
    """The places of the words that make a token: the next ones, else the first; none for the bar between cells."""
    for begin in (*range(after, len(words)), *range(after)):
        if begin not in free or not token.startswith(words[begin].text):
            continue
        written = ""
        for place in range(begin, min(begin + _MOST_WORDS, len(words))):
            written += words[place].text
            if written == token:
                return list(range(begin, place + 1))
            if place not in free or not token.startswith(written):
                break
    return []


def _is_inside(box: Box, block: Box) -> bool:
    return (
        block.left - _MARGIN <= (box.left + box.right) / 2 <= block.right + _MARGIN
        and block.bottom - _MARGIN <= (box.bottom + box.top) / 2 <= block.top + _MARGIN
    )


def _around(a: Box, b: Box) -> Box:
    return Box(min(a.left, b.left), min(a.bottom, b.bottom), max(a.right, b.right), max(a.top, b.top))
