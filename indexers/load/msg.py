"""MSG: one message as Outlook keeps it, in a container of streams that are each a property (MS-OXMSG), by olefile."""

from __future__ import annotations

import io
import struct
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from indexers.errors import DamagedFile, EncryptedFile, LimitExceeded
from indexers.load.build import Part, Reading, one_line
from indexers.load.compressed_rtf import unpack_rtf
from indexers.load.kinds import OLE, refuse_other_kind, sniff
from indexers.load.letter import Letter, Text, is_decoration, letter_part, letter_reading
from indexers.load.limits import LoadLimits
from indexers.load.rtf import read_rtf
from indexers.load.text import decode

if TYPE_CHECKING:
    from olefile import OleFileIO

_PROPERTIES = "__properties_version1.0"
_BROKEN = (OSError, ValueError, LookupError, TypeError, AttributeError, OverflowError, struct.error, RecursionError)
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_STREAM, _TIME, _MAX_SHOWN_CHARS = 2, 0x40, 2_000
_HEADER_BYTES, _INNER_HEADER_BYTES = 32, 24  # before the list of properties of fixed size
_SUBJECT, _CLASS, _SENT, _DELIVERED = "0037", "001A", 0x0039, 0x0E06
_SENDER, _SENDER_SMTP, _SENDER_ADDRESS, _TO, _CC = "0C1A", "5D01", "0C1F", "0E04", "0E03"
_PLAIN, _HTML, _RTF = "1000", "1013", "1009"
_DATA, _LONG_NAME, _SHORT_NAME, _SHOWN_NAME, _MEDIA_TYPE, _CONTENT_ID = "3701", "3707", "3704", "3001", "370E", "3712"


def check_msg(data: bytes, suffix: str, *, name: str) -> None:  # noqa: ARG001  # as every check
    """Raise an error that says what the file is, if it is no Outlook message."""
    from olefile import OleFileIO

    kind = sniff(data)
    if kind != OLE:
        refuse_other_kind(kind, "an Outlook message", name)
        message = f"{name} is named .msg, but is not an Outlook message"
        raise DamagedFile(message)
    try:
        with OleFileIO(io.BytesIO(data)) as file:
            if file.exists(_PROPERTIES):
                return
    except _BROKEN as error:
        message = f"{name} is damaged: its list of streams cannot be read ({error})"
        raise DamagedFile(message) from error
    refuse_other_kind("another kind of file of Windows", "an Outlook message", name)


def read_msg(data: bytes, *, name: str, limits: LoadLimits) -> Reading:
    """Read a message; its files, and messages attached to it, are its parts.

    Raises:
        DamagedFile: It cannot be read.
        EncryptedFile: The body is encrypted (PGP or S/MIME).
        LimitExceeded: Too many parts, or parts nested too deep.
    """
    from olefile import OleFileIO

    try:
        with OleFileIO(io.BytesIO(data)) as file:
            letter = _Storage(file, name, limits).letter()
    except _BROKEN as error:
        message = f"{name} is a damaged Outlook message: {error}"
        raise DamagedFile(message) from error
    return letter_reading(letter, name=name, limits=limits)


class _Storage:
    """One message of the file: the outermost, or one inside it, whose streams begin with ``prefix``."""

    def __init__(
        self, file: OleFileIO, name: str, limits: LoadLimits, prefix: tuple[str, ...] = (), depth: int = 0
    ) -> None:
        self._file = file
        self._name = name
        self._limits = limits
        self._prefix = prefix
        self._depth = depth

    def letter(self) -> Letter:
        """The message with all that it carries."""
        if self._depth > self._limits.max_nesting:
            message = f"{self._name} holds messages inside messages, more than {self._limits.max_nesting} (max_nesting)"
            raise LimitExceeded(message)
        self._refuse_encrypted()
        sent = self._date()
        address = self._text(_SENDER_SMTP) or self._text(_SENDER_ADDRESS)
        sender = self._text(_SENDER)
        return Letter(
            subject=self._text(_SUBJECT),
            sender=f"{sender} <{address}>" if sender and "@" in address and address != sender else sender or address,
            to=self._text(_TO),
            cc=self._text(_CC),
            date=sent.strftime("%a, %d %b %Y %H:%M:%S +0000") if sent else "",
            created=sent.date().isoformat() if sent else "",
            body=self._body(),
            files=tuple(self._files()),
        )

    def _refuse_encrypted(self) -> None:
        kind = self._text(_CLASS).lower()
        pgp = any(self._text(_MEDIA_TYPE, storage) == "application/pgp-encrypted" for storage in self._attached())
        if pgp or ("smime" in kind and "signed" not in kind):
            message = f"{self._name} is an encrypted mail message"
            raise EncryptedFile(message)

    def _body(self) -> tuple[Text, ...]:
        plain = self._raw_text(_PLAIN)
        if plain.strip():
            return (Text("plain", plain),)
        html = self._bytes(_HTML + "0102")
        page = decode(html, name=self._name, declared=True) if html else self._raw_text(_HTML)
        if page.strip():
            return (Text("html", page),)
        packed = self._bytes(_RTF + "0102")
        rich = unpack_rtf(packed, max_bytes=self._limits.max_text_chars) if packed else b""
        text = read_rtf(rich, name=self._name, limits=self._limits).text if rich else ""
        return (Text("plain", text),) if text.strip() else ()

    def _files(self) -> list[Part]:
        files = []
        for number, storage in enumerate(self._attached(), start=1):
            if number > self._limits.max_parts:
                message = f"{self._name} has more than {self._limits.max_parts:,} parts (max_parts)"
                raise LimitExceeded(message)
            inside = (*storage, f"__substg1.0_{_DATA}000D")
            if self._file.exists([*inside, _PROPERTIES]):
                inner = _Storage(self._file, self._name, self._limits, inside, self._depth + 1)
                files.append(letter_part(inner.letter(), number=number))
                continue
            names = (self._text(tag, storage) for tag in (_LONG_NAME, _SHORT_NAME, _SHOWN_NAME))
            is_picture = self._text(_MEDIA_TYPE, storage).startswith("image/")
            shown = is_picture and bool(self._text(_CONTENT_ID, storage))
            name = next(filter(None, names), f"part-{number}")
            file = Part(name, self._bytes(_DATA + "0102", storage), shown=shown)
            if not is_decoration(file):
                files.append(file)
        return files

    def _attached(self) -> list[tuple[str, ...]]:
        depth = len(self._prefix)
        found = {
            tuple(path[: depth + 1])
            for path in self._file.listdir()
            if tuple(path[:depth]) == self._prefix and path[depth].startswith("__attach_version1.0_#")
        }
        return sorted(found)

    def _bytes(self, tag: str, storage: tuple[str, ...] | None = None) -> bytes:
        path = [*(self._prefix if storage is None else storage), f"__substg1.0_{tag}"]
        if self._file.get_type(path) != _STREAM:
            return b""
        stream: bytes = self._file.openstream(path).read()
        return stream

    def _raw_text(self, tag: str, storage: tuple[str, ...] | None = None) -> str:
        wide = self._bytes(tag + "001F", storage)
        if wide:
            return wide.decode("utf-16-le", "replace").rstrip("\0")
        narrow = self._bytes(tag + "001E", storage).rstrip(b"\0")
        return decode(narrow, name=self._name) if narrow.strip() else ""

    def _text(self, tag: str, storage: tuple[str, ...] | None = None) -> str:
        return one_line(self._raw_text(tag, storage))[:_MAX_SHOWN_CHARS]

    def _date(self) -> datetime | None:
        path = [*self._prefix, _PROPERTIES]
        if self._file.get_type(path) != _STREAM:
            return None
        data = self._file.openstream(path).read()
        found = {}
        for start in range(_INNER_HEADER_BYTES if self._prefix else _HEADER_BYTES, len(data) - 15, 16):
            kind, tag, _, value = struct.unpack_from("<HHIQ", data, start)
            if kind == _TIME and tag in (_SENT, _DELIVERED) and value:
                found[tag] = _EPOCH + timedelta(microseconds=value // 10)
        return found.get(_SENT) or found.get(_DELIVERED)
