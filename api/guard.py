"""What every request passes before the application sees it, and what every response carries.

Threats held here: a name that is made to point at this machine (DNS rebinding), a body without end, slow or packed,
and a browser that would read a response as something else.
"""

from __future__ import annotations

import asyncio
import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.replies import SAFE_HEADERS, problem_response

MAX_BODY_BYTES = 64 * 1024
LARGER_BODIES = {"/v1/verify": 512 * 1024}
"""Paths that take texts and not a question alone."""

BODY_SECONDS = 10.0


class RefusedRequest(Exception):
    """A request that goes no further: facts for a problem response. Never leaves this module."""

    def __init__(self, status: int, title: str, detail: str, hint: str) -> None:
        super().__init__(detail)
        self.status, self.title, self.detail, self.hint = status, title, detail, hint


class Guard:
    """ASGI middleware: checks host, encoding, type and size; buffers the body, which is small by then."""

    def __init__(self, app: ASGIApp, *, body_seconds: float = BODY_SECONDS) -> None:
        self._app = app
        self._body_seconds = body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a refused request, or hand the application a body that has been read."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                for name, value in SAFE_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            headers = Headers(scope=scope)
            _check_host(headers)
            _check_encoding_and_type(scope["method"], headers)
            most = LARGER_BODIES.get(scope["path"], MAX_BODY_BYTES)
            body = await self._read(headers, receive, most)
        except RefusedRequest as refused:
            # the rest of the body is not read: the connection cannot be used again
            response = problem_response(
                status=refused.status, title=refused.title, detail=refused.detail, hint=refused.hint,
                headers={"connection": "close"},
            )  # fmt: skip
            await response(scope, receive, send_guarded)
            return
        if body is not None:
            await self._app(scope, _replay(body, receive), send_guarded)

    async def _read(self, headers: Headers, receive: Receive, most: int) -> bytes | None:
        """The whole body of at most ``most`` bytes, or None where the client left before it was complete."""
        announced = headers.get("content-length", "0")
        if announced.isascii() and announced.isdigit() and len(announced) < 20 and int(announced) > most:
            raise _too_large(most)
        body = bytearray()
        try:
            async with asyncio.timeout(self._body_seconds):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return None
                    body += message.get("body", b"")
                    # counted here, since a body in chunks announces no length
                    if len(body) > most:
                        raise _too_large(most)
                    if not message.get("more_body", False):
                        return bytes(body)
        except TimeoutError as error:
            detail = f"the body was not complete after {self._body_seconds:g} seconds"
            raise RefusedRequest(408, "Request timeout", detail, "Send the body at once.") from error


def _replay(body: bytes, receive: Receive) -> Receive:
    """A ``receive`` that gives the read body once, and after it what the server says (that the client left)."""
    given = False

    async def replayed() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


def _check_host(headers: Headers) -> None:
    try:
        host = urlsplit("//" + headers.get("host", "")).hostname or ""
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        # a page whose name was made to point at 127.0.0.1 still sends its own name
        detail = "the Host header does not name this machine's loopback address"
        raise RefusedRequest(421, "Misdirected request", detail, "Ask at http://127.0.0.1 or http://localhost.")


def _check_encoding_and_type(method: str, headers: Headers) -> None:
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        detail = "the body is compressed, and compressed bodies are not unpacked"
        raise RefusedRequest(415, "Unsupported media type", detail, "Send plain JSON, without Content-Encoding.")
    content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if method == "POST" and content_type != "application/json":
        detail = "the body is not declared as JSON"
        raise RefusedRequest(415, "Unsupported media type", detail, "Send Content-Type: application/json.")


def _too_large(most: int) -> RefusedRequest:
    detail = f"the body is larger than {most} bytes"
    return RefusedRequest(
        413, "Content too large", detail, "Send one question, or fewer claims and sources, at a time."
    )
