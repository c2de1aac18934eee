"""What a file really is: by its first bytes, whatever its name says."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from indexers.errors import DamagedFile, EmptyFile, EncryptedFile, UnsupportedFile

PDF, ZIP, OLE, HTML = "a PDF", "a ZIP container", "an Office 97-2003 file", "an HTML page"
RTF = "an RTF document"
PICTURES = PNG, JPEG, TIFF, WEBP = "a PNG image", "a JPEG image", "a TIFF image", "a WEBP image"


class Check(Protocol):
    """Raises an error that says what a file is, if it is not what its ending says."""

    def __call__(self, data: bytes, suffix: str, *, name: str) -> None:
        """Return if the first bytes fit the ending ``suffix``."""


_MAGIC = (
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"GIF8", "a GIF image"),
    (b"BM", "a BMP image"),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a Linux program"),
    (b"\xcf\xfa\xed\xfe", "a macOS program"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\0", "an XZ archive"),
    (b"{\\rtf", RTF),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"ID3", "an MP3 recording"),
    (b"OggS", "an Ogg recording"),
    (b"RIFF", "a RIFF media file"),
    (b"%!PS", "a PostScript file"),
)
_OPEN = b"application/vnd.oasis.opendocument."
_MIMETYPES = {
    _OPEN + b"text": "an OpenDocument text", _OPEN + b"spreadsheet": "an OpenDocument sheet",
    _OPEN + b"presentation": "an OpenDocument presentation", b"application/epub+zip": "an EPUB book",
}  # fmt: skip
_MAIN_PARTS = {
    b"word/document.xml": "a Word document (DOCX)", b"xl/workbook.xml": "an Excel workbook (XLSX)",
    b"ppt/presentation.xml": "a PowerPoint presentation (PPTX)",
}  # fmt: skip
_SHORT_MAGIC_TEXT = (b"BM", b"MZ", b"BZh", b"ID3", b"RIFF", b"OggS", b"GIF8")  # which a text may begin with as well
_NAMES = {
    "doc": "a Word 97-2003 document", "xls": "an Excel 97-2003 workbook", "ppt": "a PowerPoint 97-2003 presentation",
    "odt": "an OpenDocument text", "ods": "an OpenDocument sheet", "odp": "an OpenDocument presentation",
    "rtf": "an RTF document", "epub": "an EPUB book", "msg": "an Outlook message", "json": "a JSON file",
    "xml": "an XML file", "yaml": "a YAML file", "yml": "a YAML file", "zip": "a ZIP archive",
}  # fmt: skip
_NEVER_HTML = frozenset({"txt", "csv", "tsv", "json", "jsonl", "rst", "org"})  # Markdown and mail may begin with a tag
_PACKAGES = {"docx": "word/", "pptx": "ppt/", "xlsx": "xl/"}
_PACKAGE_NAMES = {"word/": "a Word document", "ppt/": "a PowerPoint presentation", "xl/": "an Excel workbook"}


def sniff(data: bytes) -> str:
    """What the first bytes say the file is, as words for a message; "" for text and for what is not known."""
    head = data[:1024]
    if b"%PDF-" in head:
        return PDF
    if head[4:8] == b"ftyp":
        return "an image or video (HEIF, MP4)"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return WEBP
    for magic, kind in _MAGIC:
        if head.startswith(magic) and not (magic in _SHORT_MAGIC_TEXT and _is_texty(head)):
            return kind
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return HTML
    return "an XML file" if start.startswith(b"<?xml") else ""


def zip_kind(data: bytes) -> str:
    """What a ZIP container holds, as words for a message, by the names of its parts."""
    head = data[:128]
    if head[30:38] == b"mimetype":
        for media_type, kind in _MIMETYPES.items():
            if head[38:].startswith(media_type) and not head[38 + len(media_type) :].startswith(b"-"):
                return kind
    for part, kind in _MAIN_PARTS.items():
        if part in data:
            return kind
    return ZIP


def _is_texty(head: bytes) -> bool:
    return not any(byte < 9 or 13 < byte < 27 for byte in head)


def check_not_empty(data: bytes, *, name: str) -> None:
    """Raise EmptyFile for a file of no bytes or of blanks and marks only."""
    if not data:
        message = f"{name} has 0 bytes"
        raise EmptyFile(message)
    if len(data) < 1 << 20 and not data.strip(b" \t\r\n\f\v\0\xef\xbb\xbf\xfe\xff"):
        message = f"{name} holds only blanks"
        raise EmptyFile(message)


def zip_of(expected: str) -> Check:
    """A check that the file is a ZIP container, and none that says it holds another kind, as `zip_kind` words it."""

    def check(data: bytes, suffix: str, *, name: str) -> None:
        kind = sniff(data)
        if kind == ZIP and zip_kind(data) in (ZIP, expected):
            return
        refuse_other_kind(zip_kind(data) if kind == ZIP else kind, expected, name)
        message = f"{name} is named .{suffix}, but is not {expected}: it has no ZIP container"
        raise DamagedFile(message)

    return check


def begins_as(*expected: str) -> Check:
    """A check that the first bytes are of one of these kinds, as `sniff` words them."""

    def check(data: bytes, suffix: str, *, name: str) -> None:
        kind = sniff(data)
        if kind not in expected:
            refuse_other_kind(kind, expected[0], name)
            message = f"{name} is named .{suffix}, but does not begin as {expected[0]} does"
            raise DamagedFile(message)

    return check


def check_package(data: bytes, suffix: str, *, name: str) -> None:
    """Raise an error that says what the file is, if it is no ZIP container or an encrypted Office file."""
    kind = sniff(data)
    if kind == OLE and "EncryptedPackage".encode("utf-16-le") in data:
        message = f"{name} is an encrypted Office file"
        raise EncryptedFile(message)
    if kind == ZIP:
        return
    expected = _PACKAGE_NAMES[_PACKAGES[suffix]]
    refuse_other_kind(kind, expected, name)
    message = f"{name} is named .{suffix}, but is not {expected}: it has no ZIP container"
    raise DamagedFile(message)


def check_parts(parts: Collection[str], suffix: str, *, name: str) -> None:
    """Raise UnsupportedFile for a package of another Office program than the name says."""
    own = _PACKAGES[suffix]
    if not any(part.startswith(own) for part in parts):
        for folder, kind in _PACKAGE_NAMES.items():
            if any(part.startswith(folder) for part in parts):
                refuse_other_kind(kind, _PACKAGE_NAMES[own], name)


def check_text(data: bytes, suffix: str, *, name: str) -> None:
    """Raise UnsupportedFile for a known binary kind that carries the name of a text file."""
    kind = sniff(data)
    if kind == HTML and suffix in _NEVER_HTML:
        refuse_other_kind(kind, f"a .{suffix} file", name)
    if kind not in ("", HTML, "an XML file") and not (kind == PDF and not data[:1024].lstrip().startswith(b"%PDF")):
        refuse_other_kind(kind, f"a .{suffix} file", name)


def refuse_unknown(data: bytes, suffix: str, *, name: str) -> None:
    """Raise UnsupportedFile for an ending that no loader reads."""
    kind = _NAMES.get(suffix) or sniff(data) or (f"a .{suffix} file" if suffix else "a file without an ending")
    message = f"{name} is {kind}, which no loader reads"
    raise UnsupportedFile(message)


def refuse_other_kind(kind: str, expected: str, name: str) -> None:
    """Raise UnsupportedFile that says so, if the file is of a known kind and not of the one it is named like."""
    if kind:
        message = f"{name} is named like {expected}, but is {kind}"
        raise UnsupportedFile(message)
