"""What a reader says of one file, as JSON; the reader's half, which needs no more than the standard library."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Any

from indexers.document import Block, Box, Document, Grid
from indexers.errors import LoadError
from indexers.roots import shown

MAX_MESSAGE_CHARS = 1_000


@dataclass(frozen=True, slots=True)
class Refusal:
    """A `LoadError` on its way: the name of its class, its message and its hint."""

    kind: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reader says of one file. ``sha256`` is of the bytes that it read, in hex; ``refused`` has a URI each."""

    sha256: str
    documents: tuple[Document, ...] = ()
    refused: tuple[tuple[str, Refusal], ...] = ()
    refusal: Refusal | None = None


_NAMES: dict[type, tuple[str, ...]] = {
    kind: tuple(field.name for field in fields(kind)) for kind in (Answer, Refusal, Document, Block, Box, Grid)
}


def encode(answer: Answer) -> bytes:
    """The answer as JSON."""
    return json.dumps(answer, default=_members, ensure_ascii=False, check_circular=False).encode("utf-8", "replace")


def encode_error(error: LoadError) -> Refusal:
    """The error in words that may be shown."""
    return Refusal(type(error).__name__, one_line(str(error)), one_line(error.hint))


def one_line(text: str) -> str:
    """A message that cannot break or hide a line, and does not fill the screen."""
    return shown(text)[:MAX_MESSAGE_CHARS]


def _members(value: object) -> dict[str, Any]:
    return {name: getattr(value, name) for name in _NAMES[type(value)]}
