"""What a mail message is made of: the texts that are its body, and the files that it carries."""

from __future__ import annotations

import email.policy
from collections.abc import Iterator, Sequence
from email.message import Message

from indexers.errors import LimitExceeded
from indexers.load.build import Part, one_line
from indexers.load.letter import Text, is_decoration
from indexers.load.limits import LoadLimits
from indexers.load.text import decode

BROKEN = (ValueError, LookupError, AttributeError, TypeError)
"""What the standard library's parser meets in broken mail, at any attribute that is read."""

_NO_FILE = frozenset({
    "application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature",
    "application/pgp-keys", "application/applefile", "text/x-amp-html",
})  # fmt: skip
_OFFICE = "application/vnd.openxmlformats-officedocument"
_ENDINGS = {
    "application/pdf": ".pdf", "application/msword": ".doc", "application/rtf": ".rtf", "application/json": ".json",
    "application/vnd.ms-excel": ".xls", "application/vnd.ms-powerpoint": ".ppt",
    f"{_OFFICE}.wordprocessingml.document": ".docx", f"{_OFFICE}.presentationml.presentation": ".pptx",
    f"{_OFFICE}.spreadsheetml.sheet": ".xlsx", "application/vnd.ms-outlook": ".msg",
    "image/jpeg": ".jpg", "image/png": ".png", "image/tiff": ".tiff", "image/webp": ".webp",
    "text/csv": ".csv", "text/html": ".html", "text/markdown": ".md", "text/plain": ".txt", "text/rtf": ".rtf",
}  # fmt: skip


def body_of(message: Message, *, name: str) -> list[Text]:
    """The texts to read one after the other; of alternatives the plain one, or the one in HTML where that is blank."""
    kind = message.get_content_type()
    if not message.is_multipart():
        is_text = kind in ("text/plain", "text/html") or message.get_content_maintype() == "multipart"
        if not is_text or _is_file(message):
            return []
        text = _decoded(message, name=name)
        return [Text("html" if kind == "text/html" else "plain", text)] if text.strip() else []
    if message.get_content_maintype() == "message":
        return [] if kind == "message/rfc822" else [Text("plain", "\n\n".join(map(str, _children(message))))]
    bodies = [body_of(child, name=name) for child in _children(message)]
    if kind == "multipart/alternative":
        plain = (body for body in bodies if any(text.kind == "plain" for text in body))
        return next(plain, next((body for body in reversed(bodies) if body), []))
    return [text for body in bodies for text in body]


def files_of(message: Message, *, name: str, limits: LoadLimits) -> list[Part]:
    """The files that the message carries, in order; a message inside it is one of them, with all that it carries.

    Raises:
        LimitExceeded: The message has more than ``max_parts`` parts.
    """
    files: list[Part] = []
    for number, part in enumerate(_leaves(message), start=1):
        if number > limits.max_parts:
            refusal = f"{name} has more than {limits.max_parts:,} parts (max_parts)"
            raise LimitExceeded(refusal)
        if _is_file(part) and (part is not message or part.is_multipart()):
            file = Part(_name_of(part, number), _bytes_of(part), shown=_is_shown(part))
            if not is_decoration(file):
                files.append(file)
    return files


def _children(message: Message) -> Sequence[Message]:
    payload = message.get_payload()
    return [child for child in payload if isinstance(child, Message)] if isinstance(payload, list) else []


def _leaves(message: Message) -> Iterator[Message]:
    waiting = [message]
    while waiting:
        part = waiting.pop()
        if part.is_multipart() and part.get_content_maintype() != "message":
            waiting.extend(reversed(_children(part)))
        else:
            yield part


def _is_file(part: Message) -> bool:
    kind = part.get_content_type()
    if kind in _NO_FILE or part.get_content_maintype() == "multipart":
        return False
    named = bool(part.get_filename()) or part.get_content_disposition() == "attachment"
    return named or kind == "message/rfc822" or part.get_content_maintype() not in ("text", "message")


def _bytes_of(part: Message) -> bytes:
    if part.get_content_type() == "message/rfc822":
        inner = _children(part)
        # The older policy writes broken headers as they are, where the newer one refuses to.
        return inner[0].as_bytes(policy=email.policy.compat32) if inner else b""
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _is_shown(part: Message) -> bool:
    inline = part.get_content_disposition() != "attachment" or "content-id" in part
    return inline and part.get_content_maintype() == "image"


def _name_of(part: Message, number: int) -> str:
    kind = part.get_content_type()
    written = one_line(str(part.get_filename() or ""))
    if kind == "message/rfc822":
        inner = _children(part)
        name = written or (one_line(str(inner[0].get("subject", ""))) if inner else "")
        return name if name.lower().endswith(".eml") else f"{(name or f'message-{number}').replace('/', '-')}.eml"
    if not written:
        return f"part-{number}{_ENDINGS.get(kind, '')}"
    return written if "." in written else written + _ENDINGS.get(kind, "")


def _decoded(part: Message, *, name: str) -> str:
    """The decoded text; where the part names no encoding, or breaks the one it names, the likeliest is found out."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    try:
        return payload.decode(part.get_content_charset("utf-8"))
    except (LookupError, UnicodeDecodeError):
        return decode(payload, name=name)
