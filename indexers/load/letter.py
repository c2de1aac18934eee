"""A mail message, whatever file it was kept in: the head that people read, the body, and the files that it carries."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from typing import Literal

from indexers.load.build import Part, Reading, TextBuilder
from indexers.load.html import add_html
from indexers.load.limits import LoadLimits
from indexers.load.parts import named, safe_name
from indexers.load.text import add_text

TextKind = Literal["plain", "html"]
_DECORATION_BYTES = 16_384  # logos, rules and icons are smaller, pictures that say something larger


@dataclass(frozen=True, slots=True)
class Text:
    """One text of the body, decoded, as it stands in the message."""

    kind: TextKind
    text: str


@dataclass(frozen=True, slots=True)
class Letter:
    """One message. The fields of its head are each one line, as shown; ``created`` is an ISO 8601 date or ""."""

    subject: str = ""
    sender: str = ""
    to: str = ""
    cc: str = ""
    date: str = ""
    created: str = ""
    body: tuple[Text, ...] = ()
    files: tuple[Part, ...] = ()


def letter_reading(letter: Letter, *, name: str, limits: LoadLimits) -> Reading:
    """The message as a document; the files are its parts."""
    builder = TextBuilder(name, limits)
    builder.add_heading(letter.subject, level=1)
    head = (("From", letter.sender), ("To", letter.to), ("Cc", letter.cc), ("Date", letter.date))
    builder.add("paragraph", "\n".join(f"{key}: {value}" for key, value in head if value))
    for text in letter.body:
        (add_html if text.kind == "html" else add_text)(builder, text.text)
    if letter.files:
        builder.add("paragraph", "Attachments: " + ", ".join(file_name for file_name, _ in named(letter.files)))
    metadata = [("author", letter.sender), ("to", letter.to), ("created", letter.created)]
    return builder.reading(title=letter.subject, metadata=metadata, parts=letter.files)


def letter_part(letter: Letter, *, number: int) -> Part:
    """A message that lies inside a file of another kind, as a file of its own: EML, the same bytes every time."""
    message = EmailMessage()
    fields = (("Subject", letter.subject), ("From", letter.sender), ("To", letter.to), ("Cc", letter.cc))
    for key, value in (*fields, ("Date", letter.date)):
        if value or key == "Subject":
            message.add_header(f"X-{key}" if key == "Date" and not letter.created else key, value)
    for text in letter.body[:1]:
        message.set_content(text.text, subtype=text.kind)
    for file in letter.files:
        message.add_attachment(file.data, maintype="application", subtype="octet-stream", filename=safe_name(file.name))
    if message.is_multipart():
        message.set_boundary(f"part-{number}-of-a-message")
    return Part(f"{letter.subject.replace('/', '-') or f'message-{number}'}.eml", message.as_bytes())


def is_decoration(file: Part) -> bool:
    """Whether a file is a small picture in the text: a logo, a line, a counter."""
    return file.shown and len(file.data) < _DECORATION_BYTES
