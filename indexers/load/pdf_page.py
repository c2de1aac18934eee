"""One page of a PDF by pdfium: its lines with cells, boxes and fonts, or its picture where it is a scan."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from ctypes import byref, c_int, create_string_buffer
from typing import Any

from indexers.document import Box
from indexers.load.ocr import Picture
from indexers.load.pdf_layout import Line, Word, follows, join_rows, line_of

# pdfium joins a word that a hyphen breaks at the end of a line, and marks the place: there the next line begins.
_WORD = re.compile("[^\\s\x02\ufffe]+[\x02\ufffe]?|[\x02\ufffe]")
_LINE_END_HYPHENS = "\x02\ufffe"
_BOLD = (b"bold", b"black", b"heavy", b"cmbx")
_SCAN_CHARACTERS = 25  # at most: a stamp or a page number over the picture
_SCAN_COVER = 0.5  # of the page at least
_LONE_PICTURE_COVER = 0.02  # of a page without any text: a table or a note pasted as a picture, but no rule and no dot
_OUTLINED_LETTERS = 100  # paths on a page without any text: letters turned into shapes
_SCAN_DPI = 200  # at 300 tesseract finds no more words, and takes a fifth longer


def page_lines(page: Any, *, keep_words: bool = False) -> list[Line]:  # noqa: ANN401  # pypdfium2 ships no types
    """The lines in pdfium's order, which is the order of the content, mended where it splits words and lines.

    With ``keep_words`` the lines know where each of their words stands.
    """
    text_page = page.get_textpage()
    try:
        text = text_page.get_text_range()
        count = text_page.count_chars()
        if len(text) != count:  # characters beyond the basic plane take two places in one and one in the other
            text = "".join(_character(text_page, index) for index in range(count))
        boxes = _boxes(page, text_page)
        lines = [
            line
            for match in re.finditer(r"[^\r\n]+", text)
            for line in _lines(match[0], match.start(), text_page, boxes, keep_words=keep_words)
        ]
        return join_rows(lines)
    finally:
        text_page.close()


def _character(text_page: Any, index: int) -> str:  # noqa: ANN401  # as above
    from pypdfium2 import raw

    code = raw.FPDFText_GetUnicode(text_page, index)
    return chr(code) if 0 < code < 0x110000 else "\ufffe" if code else " "


def _boxes(page: Any, text_page: Any) -> Callable[[int], Box]:  # noqa: ANN401  # as above
    """Character index to its box on the page as it is shown: turned, and from the shown corner."""
    from pypdfium2 import raw

    rectangle = raw.FS_RECTF()
    pointer, handle, measure = byref(rectangle), text_page.raw, raw.FPDFText_GetLooseCharBox
    rotation = page.get_rotation()
    left, bottom, right, top = page.get_bbox()

    def box(index: int) -> Box:
        measure(handle, index, pointer)
        x0, y0, x1, y1 = rectangle.left, rectangle.bottom, rectangle.right, rectangle.top
        if rotation == 90:
            return Box(y0 - bottom, right - x1, y1 - bottom, right - x0)
        if rotation == 180:
            return Box(right - x1, top - y1, right - x0, top - y0)
        if rotation == 270:
            return Box(top - y1, x0 - left, top - y0, x1 - left)
        return Box(x0 - left, y0 - bottom, x1 - left, y1 - bottom)

    return box


def _lines(
    text: str,
    offset: int,
    text_page: Any,  # noqa: ANN401  # as above
    boxes: Callable[[int], Box],
    *,
    keep_words: bool,
) -> list[Line]:
    """What pdfium took for one line, cut where a word stands on another height or far to the left."""
    runs: list[list[Word]] = []
    for match in _WORD.finditer(text):
        start, end = match.span()
        first = boxes(offset + start)
        last = boxes(offset + end - 1) if end - start > 1 else first
        shown = match[0]
        if shown[-1] in _LINE_END_HYPHENS:
            shown = f"{shown[:-1]}-"
        word = Word(shown, offset + start, first, last)
        if runs and follows(runs[-1][-1], word):
            runs[-1].append(word)
        else:
            runs.append([word])
    return [
        line_of(run, bold=all(_is_bold(text_page, word.index) for word in (run[0], run[-1])), keep_words=keep_words)
        for run in runs
    ]


def _is_bold(text_page: Any, index: int) -> bool:  # noqa: ANN401  # as above
    from pypdfium2 import raw

    flags, buffer = c_int(), create_string_buffer(128)
    raw.FPDFText_GetFontInfo(text_page, index, buffer, 128, byref(flags))
    font = buffer.value.lower()
    return any(mark in font for mark in _BOLD) or font.endswith((b"medi", b"demi"))  # Nimbus, Avant Garde


def is_scan(page: Any, lines: Sequence[Line]) -> bool:  # noqa: ANN401  # as above
    """Whether the page is a picture of text: (nearly) none of its own, and an image or many shapes in its place.

    A page without any text says nothing at all unless its pictures do, so that a smaller one is enough there.
    """
    from pypdfium2 import raw

    characters = sum(len(cell.text) for line in lines for cell in line.cells)
    if characters > _SCAN_CHARACTERS:
        return False
    kinds = (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_PATH)
    area = max(page.get_width() * page.get_height(), 1.0)
    enough = (_SCAN_COVER if characters else _LONE_PICTURE_COVER) * area
    covered, paths = 0.0, 0
    for item in page.get_objects(filter=kinds, max_depth=3):
        if item.type == raw.FPDF_PAGEOBJ_PATH:
            paths += 1
        else:
            left, bottom, right, top = item.get_bounds()
            covered += abs(right - left) * abs(top - bottom)
        if covered >= enough or (not characters and paths >= _OUTLINED_LETTERS):
            return True
    return False


def picture_of(page: Any, *, max_pixels: int) -> Picture:  # noqa: ANN401  # as above
    """The page as it is shown, in grey, at the resolution that OCR needs; huge pages coarser."""
    area = max(page.get_width() * page.get_height(), 1.0)
    scale = min(_SCAN_DPI / 72, (max_pixels / area) ** 0.5)
    bitmap = page.render(scale=scale, grayscale=True)
    try:
        pixels = bytes(bitmap.buffer)
        if bitmap.stride != bitmap.width:
            rows = range(0, bitmap.stride * bitmap.height, bitmap.stride)
            pixels = b"".join(pixels[row : row + bitmap.width] for row in rows)
        return Picture(pixels, bitmap.width, bitmap.height, scale)
    finally:
        bitmap.close()
