"""The errors of a request to an endpoint; part of the tree in `indexers.errors`.

HttpError                     a request to a model's endpoint failed
├── AddressRefused            the URL is not one that this program calls
├── Unreachable               the name leads nowhere, or the connection broke before an answer began
│   └── NoConnection          no connection could be made
├── HttpStatusError           the endpoint answered with a status other than 2xx
├── ProtocolError             the answer is not what was asked for (type, size, JSON, an error inside)
│   └── TruncatedStream       the stream ended, or broke, in the middle
├── DeadlineExceeded          the deadline passed
└── RequestCancelled          the caller set the cancel token

No message holds a key: what an endpoint said is scrubbed before it becomes a message.
"""

from __future__ import annotations

from indexers.errors import RagError


class HttpError(RagError):
    """A request to a model's endpoint failed."""

    hint = "Check that the endpoint runs and that generator.base_url names it."


class AddressRefused(HttpError):
    """The URL is not one that this program calls: scheme, user name, or where it leads."""

    hint = "Use https, or http on loopback; for one's own network set generator.allow_private_base_url = true."


class Unreachable(HttpError):
    """The name leads nowhere, or the connection broke before an answer began."""


class NoConnection(Unreachable):
    """No connection could be made: refused, timed out, or TLS failed."""


class HttpStatusError(HttpError):
    """The endpoint answered with a status other than 2xx.

    ``code``, ``param`` and ``reason`` are those of an OpenAI-style error body, "" where it has none.
    """

    def __init__(self, *, host: str, status: int, code: str = "", param: str = "", reason: str = "") -> None:
        said = f": {reason}" if reason else ""
        moved = " (redirects are not followed)" if 300 <= status < 400 else ""
        super().__init__(f"{host} answered with status {status}{moved}{said}")
        self.status = status
        self.code = code
        self.param = param
        self.reason = reason


class ProtocolError(HttpError):
    """The answer is not what was asked for: another content type, too large, not JSON, or an error inside."""

    hint = "Check that generator.base_url ends with the API's version (…/v1) and speaks the OpenAI format."


class TruncatedStream(ProtocolError):
    """The stream ended, or broke, in the middle."""

    hint = "Ask again; what arrived before the break is not an answer."


class DeadlineExceeded(HttpError):
    """The deadline passed before the answer was complete."""

    hint = "Raise generator.deadline_seconds."


class RequestCancelled(HttpError):
    """The caller set the cancel token."""

    hint = "Nothing is wrong: the request was cancelled on purpose."
