"""Office 97-2003 files: which program's they are, and their properties, read by olefile."""

from __future__ import annotations

import io
from datetime import datetime

from indexers.errors import DamagedFile
from indexers.load.kinds import OLE, ZIP, refuse_other_kind, sniff, zip_kind

_STREAMS = {"doc": {"worddocument"}, "xls": {"workbook", "book"}, "ppt": {"powerpoint document"}}
_BOOK_OF_1993 = b"\x09\x08"  # from before there were streams
_KINDS = {
    "doc": "a Word 97-2003 document", "xls": "an Excel 97-2003 workbook", "ppt": "a PowerPoint 97-2003 presentation",
}  # fmt: skip
_BROKEN = (OSError, ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError)
_NO_DATE = 1970  # what programs write that know no date


def check_ole(data: bytes, suffix: str, *, name: str) -> None:
    """Raise an error that says what the file is, if it is no Office 97-2003 file of the kind that it is named like."""
    if suffix == "xls" and data[:2] == _BOOK_OF_1993:
        return
    kind = sniff(data)
    if kind == OLE:
        streams = _streams(data, name)
        held = [kind for kind, names in _STREAMS.items() if streams & names]
        if suffix in held:
            return
        refuse_other_kind(_KINDS[held[0]] if held else "another kind of file of Windows", _KINDS[suffix], name)
    refuse_other_kind(zip_kind(data) if kind == ZIP else kind, _KINDS[suffix], name)
    message = f"{name} is named .{suffix}, but is not {_KINDS[suffix]}"
    raise DamagedFile(message)


def _streams(data: bytes, name: str) -> frozenset[str]:
    from olefile import OleFileIO

    try:
        with OleFileIO(io.BytesIO(data)) as file:
            return frozenset(entry[0].lower() for entry in file.listdir())
    except _BROKEN as error:
        message = f"{name} is damaged: its list of streams cannot be read ({error})"
        raise DamagedFile(message) from error


def ole_metadata(data: bytes) -> dict[str, str]:
    """Title, author and dates, as far as they are there and can be read."""
    from olefile import OleFileIO
    from olefile.olefile import DEFECT_FATAL

    found: dict[str, str] = {}
    try:
        with OleFileIO(io.BytesIO(data), raise_defects=DEFECT_FATAL) as file:
            properties = file.get_metadata()
            encoding = f"cp{properties.codepage}" if (properties.codepage or 0) > 0 else "utf-8"
            encoding = "utf-8" if encoding == "cp65001" else encoding
            for key, value in (("title", properties.title), ("author", properties.author)):
                if isinstance(value, bytes):
                    found[key] = value.decode(encoding, "replace").rstrip("\0")
            for key, value in (("created", properties.create_time), ("modified", properties.last_saved_time)):
                if isinstance(value, datetime) and value.year > _NO_DATE:
                    found[key] = value.replace(microsecond=0).isoformat()
    except _BROKEN:
        return found  # properties are of no use in themselves: without them the text is read all the same
    return {key: value for key, value in found.items() if value.strip()}
