"""PDF: all pages in reading order, scanned ones by OCR, with outline, form fields, attachments and metadata.

This module and its neighbours `pdf_page`, `pdf_extras` and `pdf_boxes` are the only ones that know pypdfium2. pdfium is
not thread-safe: one file at a time is read, under a lock.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from indexers.errors import DamagedFile, EmptyFile, EncryptedFile, LimitExceeded, OcrUnavailable
from indexers.load.build import Part, Reading, TextBuilder
from indexers.load.limits import LoadLimits
from indexers.load.ocr import recognise
from indexers.load.pdf_blocks import Bookmark, add_pages
from indexers.load.pdf_extras import attachments_of, bookmarks_of, fields_of, language_of
from indexers.load.pdf_layout import Line
from indexers.load.pdf_page import is_scan, page_lines, picture_of

_LOCK = threading.Lock()
_SILENT = logging.NullHandler()  # pypdfium2 tells the terminal of outlines that run in a circle
_PASSWORD_ERRORS = (4, 5)  # FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY
_FILLERS = ("anonymous", "unspecified", "unknown")
_METADATA = (("author", "Author"), ("subject", "Subject"), ("keywords", "Keywords"))


@dataclass(slots=True)
class _Found:
    """What the pages hold, and the numbers of those that were read by OCR or not at all."""

    pages: list[list[Line]] = field(default_factory=list)
    heights: list[float] = field(default_factory=list)
    fields: list[list[tuple[str, str]]] = field(default_factory=list)
    by_ocr: list[int] = field(default_factory=list)
    unread: list[int] = field(default_factory=list)
    damaged: list[int] = field(default_factory=list)
    characters: int = 0
    refusal: OcrUnavailable | None = None


def read_pdf(data: bytes, *, name: str, limits: LoadLimits) -> Reading:
    """Read the text of all pages in reading order, rows of tables as lines.

    A page that cannot be read costs only itself while another can: metadata names it.

    Raises:
        EncryptedFile: The file cannot be opened without a password.
        DamagedFile: The file or all of its pages cannot be parsed.
        OcrUnavailable: Every page is a scan, and OCR is switched off or not installed.
        EmptyFile: No page holds text.
        LimitExceeded: Too many pages, or too much text.
    """
    with opened(data, name=name) as document:
        page_count = len(document)
        if page_count > limits.max_pages:
            message = f"{name} has {page_count:,} pages, more than {limits.max_pages:,} (max_pages)"
            raise LimitExceeded(message)
        document.init_forms()
        found = _read_pages(document, name, limits)
        info = {**document.get_metadata_dict(skip_empty=True), "Lang": language_of(document)}
        parts = tuple(attachments_of(document, max_bytes=limits.max_file_bytes, name=name))
        bookmarks = bookmarks_of(document)
    if not any(found.pages) and not any(found.fields) and not parts:
        _refuse(found, page_count, name)
    return _reading(found, bookmarks, info, parts, name, limits)


@contextmanager
def opened(data: bytes, *, name: str) -> Iterator[Any]:
    """The document of pdfium, closed at the end; nobody else reads a PDF meanwhile."""
    with _LOCK:
        document = _open(data, name)
        try:
            yield document
        finally:
            document.close()


def _refuse(found: _Found, page_count: int, name: str) -> None:
    if len(found.damaged) == page_count:
        message = f"{name} is a damaged PDF: none of its {page_count:,} pages can be read"
        raise DamagedFile(message)
    if found.refusal is not None:
        raise found.refusal
    scans = f", {len(found.by_ocr):,} read by OCR" if found.by_ocr else ""
    message = f"{name} has no text on any of its pages ({page_count:,}{scans})"
    raise EmptyFile(message)


def _reading(
    found: _Found,
    bookmarks: list[Bookmark],
    info: dict[str, str],
    parts: tuple[Part, ...],
    name: str,
    limits: LoadLimits,
) -> Reading:
    builder = TextBuilder(name, limits)
    left_out = add_pages(builder, found.pages, heights=found.heights, bookmarks=bookmarks, fields=found.fields)
    metadata = [(key, info.get(entry, "")) for key, entry in _METADATA]
    metadata = [(key, value) for key, value in metadata if value.strip("()").lower() not in _FILLERS]
    metadata += [("created", _date(info.get("CreationDate", ""))), ("modified", _date(info.get("ModDate", "")))]
    metadata += [("language", info["Lang"]), ("pages_by_ocr", _ranges(found.by_ocr))]
    metadata += [("ocr_language", limits.ocr_language if found.by_ocr else "")]
    metadata += [("pages_without_text", _ranges(found.unread)), ("damaged_pages", _ranges(found.damaged))]
    metadata += [("running_lines_left_out", str(left_out or ""))]
    return builder.reading(page_count=len(found.pages), title=info.get("Title", ""), metadata=metadata, parts=parts)


def _open(data: bytes, name: str) -> Any:  # noqa: ANN401  # pypdfium2 ships no types
    import pypdfium2

    logging.getLogger("pypdfium2").addHandler(_SILENT)
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) in _PASSWORD_ERRORS:
            message = f"{name} is an encrypted PDF"
            raise EncryptedFile(message) from error
        message = f"{name} is a damaged PDF: {error}"
        raise DamagedFile(message) from error


def _read_pages(document: Any, name: str, limits: LoadLimits) -> _Found:  # noqa: ANN401  # as above
    from pypdfium2 import PdfiumError

    found = _Found()
    for number in range(1, len(document) + 1):
        height = 0.0
        try:
            page = document[number - 1]
            try:
                height = page.get_height()
                lines = page_lines(page)
                fields = fields_of(document, page)
                if is_scan(page, lines):
                    lines = _by_ocr(page, number, lines, found, name=name, limits=limits)
            finally:
                page.close()
        except PdfiumError:
            found.damaged.append(number)
            lines, fields = [], []
        found.pages.append(lines)
        found.heights.append(height)
        found.fields.append(fields)
        found.characters += sum(len(cell.text) for line in lines for cell in line.cells)
        if found.characters > limits.max_text_chars:
            message = f"{name} holds more than {limits.max_text_chars:,} characters of text (max_text_chars)"
            raise LimitExceeded(message)
    return found


def _by_ocr(
    page: Any,  # noqa: ANN401  # as above
    number: int,
    lines: list[Line],
    found: _Found,
    *,
    name: str,
    limits: LoadLimits,
) -> list[Line]:
    """The lines that OCR finds; where it cannot, those of the page, whose number is noted."""
    if len(found.by_ocr) >= limits.ocr_pages:
        found.unread.append(number)
        return lines
    try:
        picture = picture_of(page, max_pixels=limits.image_pixels)
        read = recognise(picture, name=f"{name}, page {number},", limits=limits)
    except OcrUnavailable as error:
        found.refusal = error
        found.unread.append(number)
        return lines
    except (LimitExceeded, DamagedFile):
        found.unread.append(number)
        return lines
    found.by_ocr.append(number)
    return read or lines


def _ranges(numbers: Iterable[int]) -> str:
    """``1, 2, 3, 7`` as ``1-3, 7``."""
    runs = [[number for _, number in run] for _, run in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0])]
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def _date(stamp: str) -> str:
    """``D:20190328163425-04'00'`` as ``2019-03-28``; anything else as nothing."""
    match = re.match(r"D:(\d{4})(\d\d)(\d\d)", stamp)
    return "-".join(match.groups()) if match else ""
