"""EML: one mail message as a document: the head that people read, the body, the names of what is attached."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Mapping
from email.header import decode_header, make_header
from email.message import EmailMessage, MIMEPart
from email.utils import parsedate_to_datetime

from indexers.errors import DamagedFile, EncryptedFile, LimitExceeded
from indexers.load.build import Reading, TextBuilder, one_line
from indexers.load.html import add_html
from indexers.load.limits import LoadLimits
from indexers.load.text import add_text, decode

_NEEDED = frozenset({"from", "to", "subject", "date", "received", "message-id"})  # one of them at least
_MAX_HEADER_CHARS = 8_000  # of which the parser of the standard library makes much work
_MAX_SHOWN_CHARS = 2_000
_CONTENT_HEADER = re.compile(rb"^content-[a-z-]+:[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE | re.MULTILINE)
_QUOTED_NAME = re.compile(r'"([^"<>]*)"(?= *<)')
_MAX_PARTS = 10_000
_ENCRYPTED = ("multipart/encrypted", "application/pgp-encrypted")
_SMIME = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_BROKEN = (ValueError, LookupError, AttributeError, TypeError)  # what the parser meets in broken mail


def read_mail(data: bytes, *, name: str, limits: LoadLimits) -> Reading:
    """Read a message; the plain body is preferred, the HTML one read where there is no other.

    Raises:
        DamagedFile: There is no mail header, or the body cannot be decoded.
        EncryptedFile: The body is encrypted (PGP or S/MIME).
        LimitExceeded: More than 10,000 parts, parts nested too deep, or a header too long.
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
    except _BROKEN as error:
        refusal = f"{name} is a damaged mail message: {error}"
        raise DamagedFile(refusal) from error


def _reading(message: EmailMessage, name: str, limits: LoadLimits) -> Reading:
    fields = {key.lower(): value for key, value in reversed(list(message.raw_items()))}
    if not fields.keys() & _NEEDED:
        refusal = f"{name} has no mail header"
        raise DamagedFile(refusal)
    _refuse_encrypted(message, name)
    builder = TextBuilder(name, limits)
    subject, sender, recipient, date = (_field(fields, key) for key in ("subject", "from", "to", "date"))
    builder.add_heading(subject, level=1)
    head = (("From", sender), ("To", recipient), ("Cc", _field(fields, "cc")), ("Date", date))
    builder.add("paragraph", "\n".join(f"{key}: {value}" for key, value in head if value))
    _add_body(builder, message, name)
    attached = _attached(message, name)
    if attached:
        builder.add("paragraph", "Attachments (not read): " + ", ".join(attached))
    metadata = [("author", sender), ("to", recipient), ("created", _iso_date(date))]
    return builder.reading(title=subject, metadata=metadata)


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
    except _BROKEN:
        decoded = raw
    return _QUOTED_NAME.sub(r"\1", one_line(decoded))[:_MAX_SHOWN_CHARS]


def _iso_date(written: str) -> str:
    try:
        return parsedate_to_datetime(written).date().isoformat()
    except _BROKEN:
        return ""


def _add_body(builder: TextBuilder, message: EmailMessage, name: str) -> None:
    for kind in ("plain", "html"):
        body = message.get_body(preferencelist=(kind,))
        text = _content(body, name) if body is not None else ""
        if text.strip():
            if kind == "html":
                add_html(builder, text)
            else:
                add_text(builder, text)
            return
    if not message.is_multipart() and message.get_content_maintype() == "multipart":  # parts without a boundary
        add_text(builder, _content(message, name))


def _content(part: MIMEPart, name: str) -> str:
    """The decoded text; where the part names no encoding, or breaks the one it names, the likeliest is found out."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    try:
        return payload.decode(part.get_content_charset("utf-8"))
    except (LookupError, UnicodeDecodeError):
        return decode(payload, name=name)


def _attached(message: EmailMessage, name: str) -> list[str]:
    names: list[str] = []
    for number, part in enumerate(message.walk()):
        if number > _MAX_PARTS:
            refusal = f"{name} has more than {_MAX_PARTS:,} parts"
            raise LimitExceeded(refusal)
        if part.get_filename():
            names.append(one_line(str(part.get_filename()))[:255])
    return names
