"""EML: one mail message: the head that people read, the body, and what is attached as documents of its own."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Mapping
from dataclasses import replace
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.utils import parsedate_to_datetime

from indexers.errors import DamagedFile, EncryptedFile, LimitExceeded
from indexers.load.build import Reading, one_line
from indexers.load.letter import Letter, letter_reading
from indexers.load.limits import LoadLimits
from indexers.load.mime import BROKEN, body_of, files_of
from indexers.load.text import decode

_NEEDED = frozenset({"from", "to", "subject", "date", "received", "message-id"})  # one of them at least
_MAX_HEADER_CHARS = 8_000  # of which the parser of the standard library makes much work
_MAX_SHOWN_CHARS = 2_000
_CONTENT_HEADER = re.compile(rb"^content-[a-z-]+:[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE | re.MULTILINE)
_QUOTED_NAME = re.compile(r'"([^"<>]*)"(?= *<)')
_ENCRYPTED = ("multipart/encrypted", "application/pgp-encrypted")
_SMIME = ("application/pkcs7-mime", "application/x-pkcs7-mime")


def read_mail(data: bytes, *, name: str, limits: LoadLimits) -> Reading:
    """Read a message; the plain body is preferred, the HTML one read where there is no other.

    Raises:
        DamagedFile: There is no mail header, or the body cannot be decoded.
        EncryptedFile: The body is encrypted (PGP or S/MIME).
        LimitExceeded: Too many parts, parts nested too deep, or a header too long.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")) or b"\0" in data[:200]:
        data = decode(data, name=name).encode("utf-8", "surrogatepass")
    if any(len(header[0]) > _MAX_HEADER_CHARS for header in _CONTENT_HEADER.finditer(data)):
        refusal = f"{name} has a header of more than {_MAX_HEADER_CHARS:,} characters"
        raise LimitExceeded(refusal)
    try:
        message = email.message_from_bytes(data, policy=email.policy.default)
        return _reading(message, name, limits)
    except RecursionError as error:
        refusal = f"{name} nests its parts too deep"
        raise LimitExceeded(refusal) from error
    except BROKEN as error:
        refusal = f"{name} is a damaged mail message: {error}"
        raise DamagedFile(refusal) from error


def head_of(message: Message) -> Letter:
    """The head of a message, without its body and files."""
    fields = {key.lower(): value for key, value in reversed(list(message.raw_items()))}
    subject, sender, to, cc, date = (_field(fields, key) for key in ("subject", "from", "to", "cc", "date"))
    return Letter(subject, sender, to, cc, date, _iso_date(date))


def _reading(message: EmailMessage, name: str, limits: LoadLimits) -> Reading:
    if not {key.lower() for key, _ in message.raw_items()} & _NEEDED:
        refusal = f"{name} has no mail header"
        raise DamagedFile(refusal)
    _refuse_encrypted(message, name)
    body = tuple(body_of(message, name=name))
    files = tuple(files_of(message, name=name, limits=limits))
    return letter_reading(replace(head_of(message), body=body, files=files), name=name, limits=limits)


def _refuse_encrypted(message: EmailMessage, name: str) -> None:
    kind = message.get_content_type()
    enveloped = kind in _SMIME and "signed" not in str(message.get_param("smime-type", ""))
    if kind in _ENCRYPTED or enveloped:
        refusal = f"{name} is an encrypted mail message"
        raise EncryptedFile(refusal)


def _field(fields: Mapping[str, str], key: str) -> str:
    """A field decoded, on one line; as it is written where it breaks the rules."""
    raw = str(fields.get(key, ""))[:_MAX_HEADER_CHARS]
    try:
        decoded = str(make_header(decode_header(raw)))
    except BROKEN:
        decoded = raw
    return _QUOTED_NAME.sub(r"\1", one_line(decoded))[:_MAX_SHOWN_CHARS]


def _iso_date(written: str) -> str:
    try:
        return parsedate_to_datetime(written).date().isoformat()
    except BROKEN:
        return ""
