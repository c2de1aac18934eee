"""PDF: the text of every page in lines, with cells, boxes and fonts, by pdfium.

The one module that knows pypdfium2. pdfium is not thread-safe: one file at a time is read, under a lock.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from ctypes import byref, c_int, create_string_buffer
from typing import Any

from indexers.document import Box
from indexers.errors import DamagedFile, EmptyFile, EncryptedFile, LimitExceeded
from indexers.load.build import Reading, TextBuilder
from indexers.load.limits import LoadLimits
from indexers.load.pdf_blocks import add_page, body_size, running_lines
from indexers.load.pdf_layout import Line, Word, follows, join_rows, line_of

_LOCK = threading.Lock()
# pdfium joins a word that a hyphen breaks at the end of a line, and marks the place: there the next line begins.
_WORD = re.compile("[^\\s\x02\ufffe]+[\x02\ufffe]?|[\x02\ufffe]")
_LINE_END_HYPHEN = str.maketrans({"\x02": "-", "\ufffe": "-"})
_BOLD = (b"bold", b"black", b"heavy", b"cmbx")
_PASSWORD_ERRORS = (4, 5)  # FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY
_FILLERS = ("anonymous", "unspecified", "unknown")
_METADATA = (("author", "Author"), ("subject", "Subject"), ("keywords", "Keywords"))


def read_pdf(data: bytes, *, name: str, limits: LoadLimits) -> Reading:
    """Read the text of all pages in reading order, rows of tables as lines.

    Raises:
        EncryptedFile: The file cannot be opened without a password.
        DamagedFile: The file or one of its pages cannot be parsed.
        EmptyFile: No page holds text, as in a scan without OCR.
        LimitExceeded: Too many pages, or too much text.
    """
    with _LOCK:
        document = _open(data, name)
        try:
            page_count = len(document)
            if page_count > limits.max_pages:
                message = f"{name} has {page_count:,} pages, more than {limits.max_pages:,}"
                raise LimitExceeded(message)
            pages = _read_pages(document, name, limits)
            info = document.get_metadata_dict(skip_empty=True)
        finally:
            document.close()
    if not any(pages):
        message = f"{name} has no text on any of its pages ({page_count}): it is probably a scan"
        raise EmptyFile(message)
    return _reading(pages, info, name, limits)


def _reading(pages: list[list[Line]], info: dict[str, str], name: str, limits: LoadLimits) -> Reading:
    builder = TextBuilder(name, limits)
    body, running = body_size(pages), running_lines(pages)
    for number, lines in enumerate(pages, start=1):
        add_page(builder, lines, page=number, body=body, running=running)
    metadata = [(key, info.get(field, "")) for key, field in _METADATA]
    metadata = [(key, value) for key, value in metadata if value.strip("()").lower() not in _FILLERS]
    metadata += [("created", _date(info.get("CreationDate", ""))), ("modified", _date(info.get("ModDate", "")))]
    return builder.reading(page_count=len(pages), title=info.get("Title", ""), metadata=metadata)


def _open(data: bytes, name: str) -> Any:  # noqa: ANN401  # pypdfium2 ships no types
    import pypdfium2

    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) in _PASSWORD_ERRORS:
            message = f"{name} is an encrypted PDF"
            raise EncryptedFile(message) from error
        message = f"{name} is a damaged PDF: {error}"
        raise DamagedFile(message) from error


def _read_pages(document: Any, name: str, limits: LoadLimits) -> list[list[Line]]:  # noqa: ANN401  # as above
    from pypdfium2 import PdfiumError

    pages: list[list[Line]] = []
    characters = 0
    for number in range(len(document)):
        try:
            page = document[number]
            try:
                lines = _page_lines(page)
            finally:
                page.close()
        except PdfiumError as error:
            message = f"{name} is a damaged PDF: page {number + 1} of {len(document)} cannot be read"
            raise DamagedFile(message) from error
        pages.append(join_rows(lines))
        characters += sum(len(cell.text) for line in lines for cell in line.cells)
        if characters > limits.max_text_chars:
            message = f"{name} holds more than {limits.max_text_chars:,} characters of text"
            raise LimitExceeded(message)
    return pages


def _page_lines(page: Any) -> list[Line]:  # noqa: ANN401  # as above
    """The lines in pdfium's order, which is the order of the content, mended where it splits words and lines."""
    text_page = page.get_textpage()
    try:
        text = text_page.get_text_range()
        count = text_page.count_chars()
        if len(text) != count:  # characters beyond the basic plane take two places in one and one in the other
            text = "".join(_character(text_page, index) for index in range(count))
        boxes = _boxes(page, text_page)
        return [
            line
            for match in re.finditer(r"[^\r\n]+", text)
            for line in _lines(match[0], match.start(), text_page, boxes)
        ]
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
    pointer = byref(rectangle)
    rotation = page.get_rotation()
    left, bottom, right, top = page.get_bbox()

    def box(index: int) -> Box:
        raw.FPDFText_GetLooseCharBox(text_page, index, pointer)
        x0, y0, x1, y1 = rectangle.left, rectangle.bottom, rectangle.right, rectangle.top
        if rotation == 90:
            return Box(y0 - bottom, right - x1, y1 - bottom, right - x0)
        if rotation == 180:
            return Box(right - x1, top - y1, right - x0, top - y0)
        if rotation == 270:
            return Box(top - y1, x0 - left, top - y0, x1 - left)
        return Box(x0 - left, y0 - bottom, x1 - left, y1 - bottom)

    return box


def _lines(text: str, offset: int, text_page: Any, boxes: Callable[[int], Box]) -> list[Line]:  # noqa: ANN401  # as above
    """What pdfium took for one line, cut where a word stands on another height or far to the left."""
    runs: list[list[Word]] = []
    for match in _WORD.finditer(text):
        first = boxes(offset + match.start())
        last = boxes(offset + match.end() - 1) if match.end() - match.start() > 1 else first
        word = Word(match[0].translate(_LINE_END_HYPHEN), offset + match.start(), first, last)
        if runs and follows(runs[-1][-1], word):
            runs[-1].append(word)
        else:
            runs.append([word])
    return [line_of(run, bold=all(_is_bold(text_page, word.index) for word in (run[0], run[-1]))) for run in runs]


def _is_bold(text_page: Any, index: int) -> bool:  # noqa: ANN401  # as above
    from pypdfium2 import raw

    flags, buffer = c_int(), create_string_buffer(128)
    raw.FPDFText_GetFontInfo(text_page, index, buffer, 128, byref(flags))
    font = buffer.value.lower()
    return any(mark in font for mark in _BOLD) or font.endswith((b"medi", b"demi"))  # Nimbus, Avant Garde


def _date(stamp: str) -> str:
    """``D:20190328163425-04'00'`` as ``2019-03-28``; anything else as nothing."""
    match = re.match(r"D:(\d{4})(\d\d)(\d\d)", stamp)
    return "-".join(match.groups()) if match else ""
