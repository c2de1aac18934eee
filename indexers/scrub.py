"""No key in any message: what an endpoint said is scrubbed before a person or a log sees it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from indexers.http_errors import HttpStatusError

REDACTED = "[redacted]"
SHORTEST_PREFIX = 8
"""From this many characters on, the beginning of a secret at the end of a text counts as a secret that was cut."""

MOST_CHARS = 500
_AUTHORIZING = frozenset({"authorization", "api-key", "x-api-key", "proxy-authorization"})
_KEY_SHAPES = re.compile(r"\b(?:sk|rk|pk)-[A-Za-z0-9_*.\-]{6,}|\bBearer\s+[A-Za-z0-9_\-.=+/]{8,}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")


def secrets_of(headers: Mapping[str, str]) -> tuple[str, ...]:
    """The values in ``headers`` that must never be shown: whole, and without their scheme."""
    secrets: set[str] = set()
    for name, value in headers.items():
        if name.lower() in _AUTHORIZING:
            secrets |= {value, value.rpartition(" ")[2]}
    return tuple(sorted((secret for secret in secrets if len(secret) >= 4), key=len, reverse=True))


def scrub(text: str, secrets: Iterable[str] = ()) -> str:
    """``text`` on one line, without control characters, ``secrets`` and anything that has the shape of a key."""
    return _KEY_SHAPES.sub(REDACTED, redact(_CONTROL.sub(" ", text).strip(), secrets)).strip()


def redact(text: str, secrets: Iterable[str]) -> str:
    """``text`` without ``secrets``, and without the beginning of one where ``text`` was cut in its middle."""
    for secret in secrets:
        text = text.replace(secret, REDACTED)
        for length in range(min(len(secret) - 1, len(text)), SHORTEST_PREFIX - 1, -1):
            if text.endswith(secret[:length]):
                text = text[:-length] + REDACTED
                break
    return text


def scrubbed_error(*, host: str, status: int, body: bytes, secrets: Iterable[str]) -> HttpStatusError:
    """The error for a status other than 2xx, with what an OpenAI-style body says of it."""
    try:
        parsed = json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        parsed = None
    error = parsed.get("error", parsed.get("detail", parsed)) if isinstance(parsed, dict) else None
    fields = error if isinstance(error, dict) else {"message": error}

    def field(name: str) -> str:
        value = fields.get(name)
        return scrub(value, secrets)[:MOST_CHARS] if isinstance(value, str) else ""

    return HttpStatusError(
        host=host, status=status, code=field("code") or field("type"), param=field("param"), reason=field("message")
    )
