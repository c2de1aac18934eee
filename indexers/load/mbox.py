"""MBOX: a mailbox in one file, each of its messages a document of its own; its own document lists them."""

from __future__ import annotations

import email
import email.policy
import hashlib
import re
from collections.abc import Iterator

from indexers.errors import DamagedFile, LimitExceeded
from indexers.load.build import Part, Reading, TextBuilder
from indexers.load.limits import LoadLimits
from indexers.load.mail import head_of

_FROM = re.compile(rb"(?:^|(?<=\n\n)|(?<=\n\r\n))From [^\n]*\n")
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)
_MAX_SUBJECT_CHARS = 120
_ID_DIGITS = 8


def check_mbox(data: bytes, suffix: str, *, name: str) -> None:  # noqa: ARG001  # as every check
    """Raise DamagedFile if the file does not begin as a mailbox does."""
    if not data.lstrip(b"\r\n").startswith(b"From "):
        message = f"{name} is named .mbox, but does not begin like a mailbox"
        raise DamagedFile(message)


def read_mbox(data: bytes, *, name: str, limits: LoadLimits) -> Reading:
    """Read a mailbox: a table of its messages, which are its parts.

    A part is named by the message's subject and by its bytes, so that a message keeps its name when others are
    deleted or put before it.

    Raises:
        LimitExceeded: More than ``max_parts`` messages.
    """
    rows, parts = [("Date", "From", "Subject")], list[Part]()
    for message in _messages(data.lstrip(b"\r\n")):
        if len(parts) == limits.max_parts:
            refusal = f"{name} holds more than {limits.max_parts:,} messages (max_parts)"
            raise LimitExceeded(refusal)
        head = head_of(email.message_from_bytes(message[: 1 << 16], policy=email.policy.compat32))
        rows.append((head.date, head.sender, head.subject))
        digits = hashlib.sha256(message).hexdigest()[:_ID_DIGITS]
        subject = head.subject[:_MAX_SUBJECT_CHARS].replace("/", "-") or "message"
        parts.append(Part(f"{subject} {digits}.eml", message))
    builder = TextBuilder(name, limits)
    builder.add_table(rows, header_rows=1)
    return builder.reading(parts=parts)


def _messages(data: bytes) -> Iterator[bytes]:
    begins = list(_FROM.finditer(data))
    for begin, end in zip(begins, [*(match.start() for match in begins[1:]), len(data)], strict=True):
        yield _QUOTED_FROM.sub(rb"\1", data[begin.end() : end])
