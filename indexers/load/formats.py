"""Every format that is read, one line each: the file's ending, its media type, its reader, the check of its content."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from indexers.load import kinds
from indexers.load.build import Reading
from indexers.load.code import LANGUAGES, read_code
from indexers.load.doc import read_doc
from indexers.load.docx import read_docx
from indexers.load.epub import read_epub
from indexers.load.html import read_html
from indexers.load.image import read_image
from indexers.load.json import read_json, read_json_lines
from indexers.load.limits import LoadLimits
from indexers.load.mail import read_mail
from indexers.load.markdown import read_markdown
from indexers.load.markup import read_org, read_rst
from indexers.load.mbox import check_mbox, read_mbox
from indexers.load.msg import check_msg, read_msg
from indexers.load.odp import read_odp
from indexers.load.ods import read_ods
from indexers.load.odt import read_odt
from indexers.load.ole import check_ole
from indexers.load.package import OfficePackage
from indexers.load.pdf import read_pdf
from indexers.load.ppt import read_ppt
from indexers.load.pptx import read_pptx
from indexers.load.rtf import read_rtf
from indexers.load.table import read_table
from indexers.load.text import decode, read_text
from indexers.load.xls import read_xls
from indexers.load.xlsx import read_xlsx
from indexers.load.xml import read_xml


class Reader(Protocol):
    """Reads the bytes of one file; ``name`` is the file as errors name it."""

    def __call__(self, data: bytes, *, name: str, limits: LoadLimits) -> Reading:
        """Text and blocks; what cannot be read raises an error of the `LoadError` tree."""


class TextReader(Protocol):
    """Reads one decoded file."""

    def __call__(self, text: str, *, name: str, limits: LoadLimits) -> Reading:
        """Text and blocks; what cannot be read raises an error of the `LoadError` tree."""


@dataclass(frozen=True, slots=True)
class Format:
    """How files of one ending are read.

    ``check`` gets the bytes, the ending and the file's name, and raises what `kinds` raises if the content is of
    another kind. ``named_by_heading`` says that the heading a file begins with may be its title: not where headings are
    guessed or are names of sheets. ``libraries`` are imported once for all files of the format, by who starts readers.
    ``plain`` says that nothing but Python and its standard library reads it: a file cannot take its reader over.
    """

    media_type: str
    read: Reader
    check: kinds.Check = kinds.check_text
    named_by_heading: bool = True
    libraries: tuple[str, ...] = ()
    plain: bool = False


def _text(read: TextReader, *, declared: bool = False) -> Reader:
    def reader(data: bytes, *, name: str, limits: LoadLimits) -> Reading:
        return read(decode(data, name=name, declared=declared), name=name, limits=limits)

    return reader


def _office(read: Callable[..., Reading], suffix: str) -> Reader:
    def reader(data: bytes, *, name: str, limits: LoadLimits) -> Reading:
        archive = OfficePackage(data, name=name, limits=limits)
        kinds.check_parts(archive.names, suffix, name=name)
        return read(archive, limits=limits)

    return reader


def _picture(kind: str, media_type: str) -> Format:
    """A picture may be of another kind than its name says, as downloaded ones often are: Pillow looks for itself."""
    check = kinds.begins_as(kind, *kinds.PICTURES)
    return Format(media_type, read_image, check, named_by_heading=False)


_OFFICE = "application/vnd.openxmlformats-officedocument"
_WORD, _SLIDES, _SHEETS = (f"{_OFFICE}.{kind}" for kind in (
    "wordprocessingml.document", "presentationml.presentation", "spreadsheetml.sheet"
))  # fmt: skip
_OPEN = "application/vnd.oasis.opendocument"

FORMATS: dict[str, Format] = {
    "pdf": Format(
        "application/pdf", read_pdf, kinds.begins_as(kinds.PDF), named_by_heading=False, libraries=("pypdfium2",)
    ),
    "docx": Format(_WORD, _office(read_docx, "docx"), kinds.check_package, libraries=("docx",)),
    "pptx": Format(_SLIDES, _office(read_pptx, "pptx"), kinds.check_package, libraries=("pptx",)),
    "xlsx": Format(
        _SHEETS, _office(read_xlsx, "xlsx"), kinds.check_package, named_by_heading=False, libraries=("openpyxl",)
    ),
    "odt": Format(f"{_OPEN}.text", read_odt, kinds.zip_of("an OpenDocument text")),
    "ods": Format(f"{_OPEN}.spreadsheet", read_ods, kinds.zip_of("an OpenDocument sheet"), named_by_heading=False),
    "odp": Format(f"{_OPEN}.presentation", read_odp, kinds.zip_of("an OpenDocument presentation")),
    "doc": Format("application/msword", read_doc, check_ole),
    "xls": Format("application/vnd.ms-excel", read_xls, check_ole, named_by_heading=False),
    "ppt": Format("application/vnd.ms-powerpoint", read_ppt, check_ole),
    "rtf": Format("application/rtf", read_rtf, kinds.begins_as(kinds.RTF)),
    "epub": Format("application/epub+zip", read_epub, kinds.zip_of("an EPUB book")),
    "html": Format("text/html", _text(read_html, declared=True), plain=True),
    "md": Format("text/markdown", _text(read_markdown), plain=True),
    "rst": Format("text/x-rst", _text(read_rst), plain=True),
    "org": Format("text/x-org", _text(read_org), plain=True),
    "txt": Format("text/plain", _text(read_text), plain=True),
    "csv": Format("text/csv", _text(read_table), plain=True),
    "tsv": Format("text/tab-separated-values", _text(partial(read_table, delimiter="\t")), plain=True),
    "json": Format("application/json", _text(read_json), named_by_heading=False, plain=True),
    "jsonl": Format("application/x-ndjson", _text(read_json_lines), named_by_heading=False, plain=True),
    "xml": Format("application/xml", _text(read_xml, declared=True), named_by_heading=False),
    **{
        ending: Format(f"text/x-{language}", _text(read_code), named_by_heading=False, plain=True)
        for language, endings in LANGUAGES.items()
        for ending in endings
    },
    "eml": Format("message/rfc822", read_mail),
    "mbox": Format("application/mbox", read_mbox, check_mbox, named_by_heading=False),
    "msg": Format("application/vnd.ms-outlook", read_msg, check_msg, libraries=("olefile",)),
    "png": _picture(kinds.PNG, "image/png"),
    "jpg": _picture(kinds.JPEG, "image/jpeg"),
    "tiff": _picture(kinds.TIFF, "image/tiff"),
    "webp": _picture(kinds.WEBP, "image/webp"),
}

_ALIASES = {
    "docm": "docx", "dotx": "docx", "dotm": "docx", "pptm": "pptx", "ppsx": "pptx", "ppsm": "pptx", "potx": "pptx",
    "xlsm": "xlsx", "xltx": "xlsx", "xltm": "xlsx", "ott": "odt", "ots": "ods", "otp": "odp", "xlt": "xls",
    "pps": "ppt",
    "htm": "html", "xhtml": "html", "markdown": "md", "text": "txt", "log": "txt",
    "tab": "tsv", "ndjson": "jsonl", "geojson": "json", "rss": "xml", "atom": "xml", "xsd": "xml",
    "jpeg": "jpg", "jpe": "jpg", "tif": "tiff",
}  # fmt: skip


def ending(path: Path) -> str:
    """The ending that decides how the file is read, without its dot, in lower case, aliases resolved; may be ""."""
    suffix = path.suffix.lower().removeprefix(".")
    return _ALIASES.get(suffix, suffix)
