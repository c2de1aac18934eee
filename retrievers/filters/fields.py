"""What a filter may ask of a document: the fields, their types, and their values."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from indexers.store import DocumentEntry

Kind = Literal["text", "number", "date", "any"]
"""What a field holds; ``any``: text that is read as what it is compared with."""

KIND_WORDS: dict[Kind, str] = {"text": "text", "number": "numbers", "date": "dates", "any": "text"}

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)", re.ASCII)
_SIGNS = re.compile(r"[\W_]+")
_LISTED = {"author": ";", "keywords": ";,", "tags": ";,", "to": ";,"}
_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."
_KINDS = {
    "application/pdf": ("pdf",),
    f"{_OFFICE}wordprocessingml.document": ("document", "docx"),
    f"{_OPEN}text": ("document", "odt"),
    "application/msword": ("document", "doc"),
    "application/rtf": ("document", "rtf"),
    f"{_OFFICE}presentationml.presentation": ("slides", "pptx"),
    f"{_OPEN}presentation": ("slides", "odp"),
    "application/vnd.ms-powerpoint": ("slides", "ppt"),
    f"{_OFFICE}spreadsheetml.sheet": ("sheet", "xlsx"),
    f"{_OPEN}spreadsheet": ("sheet", "ods"),
    "application/vnd.ms-excel": ("sheet", "xls"),
    "text/csv": ("sheet", "csv"),
    "text/tab-separated-values": ("sheet", "tsv"),
    "application/epub+zip": ("book", "epub"),
    "text/html": ("page", "html"),
    "text/markdown": ("text", "markdown"),
    "text/x-rst": ("text", "rst"),
    "text/x-org": ("text", "org"),
    "text/plain": ("text",),
    "application/json": ("data", "json"),
    "application/x-ndjson": ("data", "jsonl"),
    "application/xml": ("data", "xml"),
    "message/rfc822": ("mail",),
    "application/mbox": ("mail", "mbox"),
    "application/vnd.ms-outlook": ("mail", "msg"),
    "application/x-record": ("record",),
}


def comparable(text: str) -> str:
    """Text as it is compared: without regard to case and to how letters with marks are written."""
    return unicodedata.normalize("NFC", text).casefold()


def field_name(key: str) -> str:
    """A name of metadata as filters write it: lower case, ``_`` for blanks and signs."""
    return _SIGNS.sub("_", comparable(key)).strip("_")


def _name(entry: DocumentEntry) -> str:
    """The file's own name; of a part of a file, the part's."""
    return PurePosixPath(entry.uri.removeprefix(entry.file)[1:] or entry.uri).name


def _path(entry: DocumentEntry) -> Iterable[str]:
    return (entry.uri.removeprefix(f"{entry.root}/"),)


def _suffix(entry: DocumentEntry) -> Iterable[str]:
    suffix = PurePosixPath(_name(entry)).suffix
    return (suffix, suffix[1:]) if suffix else ()


def _kinds(entry: DocumentEntry) -> Iterable[str]:
    kind, _, language = entry.media_type.partition("/")
    if entry.media_type in _KINDS:
        return _KINDS[entry.media_type]
    if kind == "image":
        return ("picture", language)
    return ("code", language[2:]) if entry.media_type.startswith("text/x-") else (language,)


def _years(entry: DocumentEntry) -> Iterable[str]:
    """As the document's own field says, else as name and title say, else of the day it was created."""
    own = [year for key, value in entry.metadata if field_name(key) == "year" for year in _YEAR.findall(value)]
    named = own or _YEAR.findall(f"{_name(entry)} {entry.title}")
    return named or [value[:4] for key, value in entry.metadata if key == "created"]


BUILT_IN: dict[str, tuple[Kind, Callable[[DocumentEntry], Iterable[str]]]] = {
    "uri": ("text", lambda entry: (entry.uri,)),
    "path": ("text", _path),
    "name": ("text", lambda entry: (_name(entry),)),
    "suffix": ("text", _suffix),
    "title": ("text", lambda entry: (entry.title,) if entry.title else ()),
    "kind": ("text", _kinds),
    "media_type": ("text", lambda entry: (entry.media_type,)),
    "root": ("text", lambda entry: (entry.root,)),
    "file": ("text", lambda entry: (entry.file,)),
    "id": ("text", lambda entry: (entry.id,)),
    "year": ("number", _years),
    "pages": ("number", lambda entry: (str(entry.pages),) if entry.pages else ()),
    "chunks": ("number", lambda entry: (str(entry.chunks),)),
    "indexed": ("date", lambda entry: (entry.indexed_at,)),
}
"""The fields that every index has; a document may have none of a field, or several values of it."""

WELL_KNOWN: dict[str, Kind] = {
    "author": "text", "created": "date", "modified": "date", "language": "text", "subject": "text",
    "keywords": "text", "description": "text", "to": "text",
}  # fmt: skip
"""Metadata that loaders look for: known also where no document has it. All other metadata is what documents bring."""


def kind_of(name: str) -> Kind:
    """What the field of that name holds."""
    return BUILT_IN[name][0] if name in BUILT_IN else WELL_KNOWN.get(name, "any")


def metadata_values(name: str, value: str) -> list[str]:
    """What one entry of a document's metadata says: a list of names or keywords its items besides the whole."""
    if name == "language":
        return [value, value.partition("-")[0]]
    signs = _LISTED.get(name, "")
    items = [item.strip() for item in re.split(f"[{signs}]", value)] if signs else []
    return list(dict.fromkeys([value, *filter(None, items)]))
