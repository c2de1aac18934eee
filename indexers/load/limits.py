"""How large one file may be, before and after it is unpacked."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LoadLimits:
    """What one file may cost; beyond it the file is refused with ``LimitExceeded``.

    ``zip_ratio`` is unpacked over packed size of a whole package, looked at from 10 MB unpacked on: small parts of
    blanks pack far better than that and harm nobody. ``xml_elements`` is of all parts of a package together: Office
    libraries hold a document as a tree, some 150 bytes an element. ``xml_depth`` is elements inside elements; libxml2
    reads no deeper, so there is no setting for it. ``max_parts`` is of all files inside a file, however deep they lie,
    and ``max_nesting`` how deep: an attachment of a message that is itself attached lies 2 deep.

    Pictures of text, pages of a PDF among them, are read by OCR in ``ocr_language`` (as tesseract names it; ``eng+deu``
    for two), at most ``ocr_pages`` of a file and ``ocr_seconds`` a page. ``image_pixels`` is width times height.
    """

    max_file_bytes: int = 200 * 1024 * 1024
    max_text_chars: int = 50_000_000
    max_pages: int = 20_000
    zip_entries: int = 10_000
    zip_bytes: int = 500_000_000
    zip_ratio: int = 200
    xml_elements: int = 10_000_000
    max_parts: int = 10_000
    max_nesting: int = 8
    xml_depth: int = 256
    ocr: bool = True
    ocr_language: str = "eng"
    ocr_pages: int = 500
    ocr_seconds: float = 60.0
    image_pixels: int = 100_000_000
