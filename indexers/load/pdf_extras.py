"""What a PDF holds beside its pages' text: the outline, values of form fields, attached files, its language."""

from __future__ import annotations

from collections.abc import Iterator
from ctypes import c_ulong, c_ushort, create_string_buffer
from itertools import islice
from typing import Any

from indexers.errors import LimitExceeded
from indexers.load.build import Part
from indexers.load.pdf_blocks import Bookmark

_MAX_BOOKMARKS = 10_000
_MAX_DEPTH = 15
_MAX_FIELDS = 10_000  # of one page
_MAX_ATTACHMENTS = 10_000
_MAX_VALUE_BYTES = 1 << 20
_SECRET = 1 << 13  # flag of a text field whose value is shown as dots
_TICKED = "yes"


def bookmarks_of(document: Any) -> list[Bookmark]:  # noqa: ANN401  # pypdfium2 ships no types
    """The outline in its order; entries that lead to no page of the file are left out."""
    found: list[Bookmark] = []
    for entry in islice(document.get_toc(max_depth=_MAX_DEPTH), _MAX_BOOKMARKS):
        target = entry.get_dest()
        index = target.get_index() if target is not None else None
        title = entry.get_title().strip()
        if index is not None and index >= 0 and title:
            found.append(Bookmark(title, entry.level + 1, index + 1))
    return found


def attachments_of(document: Any, *, max_bytes: int, name: str) -> Iterator[Part]:  # noqa: ANN401  # as above
    """The attached files with the names that the PDF gives them; those without bytes are left out.

    Raises:
        LimitExceeded: Together they are larger than ``max_bytes``.
    """
    from pypdfium2 import raw

    total = 0
    for index in range(min(document.count_attachments(), _MAX_ATTACHMENTS)):
        attachment = document.get_attachment(index)
        size = c_ulong()
        if not raw.FPDFAttachment_GetFile(attachment, None, 0, size) or not size.value:
            continue
        total += size.value
        if total > max_bytes:
            message = f"{name} holds attachments of more than {max_bytes:,} bytes (max_file_bytes)"
            raise LimitExceeded(message)
        yield Part(attachment.get_name(), bytes(attachment.get_data()))


def language_of(document: Any) -> str:  # noqa: ANN401  # as above
    """The language that the catalogue names, such as ``en-US``; "" where it names none."""
    from pypdfium2 import raw

    return _wide(lambda buffer, size: raw.FPDFCatalog_GetLanguage(document, buffer, size))


def fields_of(document: Any, page: Any) -> list[tuple[str, str]]:  # noqa: ANN401  # as above
    """Name and value of the page's form fields that are filled in; the text of a page does not hold them."""
    from pypdfium2 import raw

    form = document.formenv
    if form is None:
        return []
    found: dict[tuple[str, str], None] = {}
    for index in range(min(raw.FPDFPage_GetAnnotCount(page), _MAX_FIELDS)):
        annotation = raw.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        try:
            if raw.FPDFAnnot_GetSubtype(annotation) == raw.FPDF_ANNOT_WIDGET:
                name, value = _field(form, annotation)
                if value:
                    found[name, value] = None
        finally:
            raw.FPDFPage_CloseAnnot(annotation)
    return list(found)


def _field(form: Any, annotation: Any) -> tuple[str, str]:  # noqa: ANN401  # as above
    from pypdfium2 import raw

    kind = raw.FPDFAnnot_GetFormFieldType(form, annotation)
    if kind == raw.FPDF_FORMFIELD_PUSHBUTTON or raw.FPDFAnnot_GetFormFieldFlags(form, annotation) & _SECRET:
        return "", ""
    name = _wide(lambda buffer, size: raw.FPDFAnnot_GetFormFieldAlternateName(form, annotation, buffer, size))
    name = name or _wide(lambda buffer, size: raw.FPDFAnnot_GetFormFieldName(form, annotation, buffer, size))
    if kind in (raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON):
        if not raw.FPDFAnnot_IsChecked(form, annotation):
            return name, ""
        value = _wide(lambda buffer, size: raw.FPDFAnnot_GetFormFieldExportValue(form, annotation, buffer, size))
        return name, value or _TICKED
    return name, _wide(lambda buffer, size: raw.FPDFAnnot_GetFormFieldValue(form, annotation, buffer, size))


def _wide(read: Any) -> str:  # noqa: ANN401  # a call of pdfium, which is given a buffer and its length in bytes
    size = read(None, 0)
    if not 2 < size <= _MAX_VALUE_BYTES:
        return ""
    buffer = create_string_buffer(size + size % 2)
    wide = (c_ushort * (len(buffer) // 2)).from_buffer(buffer)
    read(wide, size)
    return buffer.raw[: size - 2].decode("utf-16-le", "replace").strip("\0 ")
