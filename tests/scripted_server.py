"""A server on loopback that answers with exactly the bytes it was given, and remembers what it was asked."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

HANG = object()
"""Instead of a reply: hold the connection open and say nothing."""


@dataclass(slots=True)
class Asked:
    """A request as it arrived; header names in lower case."""

    line: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass(slots=True)
class ScriptedServer:
    """Replies in order, the last one again and again; of a reply in parts, a function is called in its turn.

    A reply that is a function is given what was asked, and returns the bytes.
    """

    url: str
    replies: list[object]
    asked: list[Asked] = field(default_factory=list)
    closed_by_client: threading.Event = field(default_factory=threading.Event)


def reply(body: bytes, *, status: int = 200, content_type: str = "application/json", headers: str = "") -> bytes:
    """A response that ends with the connection, so that cutting it off anywhere looks like its end."""
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {content_type}\r\nConnection: close\r\n{headers}\r\n"
    return head.encode() + body


def json_reply(value: object, *, status: int = 200, headers: str = "") -> bytes:
    return reply(json.dumps(value).encode(), status=status, headers=headers)


def stream_reply(*chunks: object) -> bytes:
    """An event for each chunk; a string is sent as it is, anything else as JSON."""
    data = "".join(f"data: {chunk if isinstance(chunk, str) else json.dumps(chunk)}\n\n" for chunk in chunks)
    return reply(data.encode(), content_type="text/event-stream; charset=utf-8")


@contextlib.contextmanager
def scripted_server(*replies: object) -> Iterator[ScriptedServer]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = ScriptedServer(url=f"http://127.0.0.1:{listener.getsockname()[1]}/v1", replies=list(replies))
    threads: list[threading.Thread] = []

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=_serve, args=(connection, server), daemon=True)
            thread.start()
            threads.append(thread)

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield server
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in [acceptor, *threads]:
            thread.join(timeout=5)


def _serve(connection: socket.socket, server: ScriptedServer) -> None:
    with connection, contextlib.suppress(OSError):
        asked = _read(connection)
        if asked is None:
            return
        parts: Sequence[object] = [server.replies[min(len(server.asked), len(server.replies) - 1)]]
        server.asked.append(asked)
        if callable(parts[0]):
            parts = [parts[0](asked)]
        if isinstance(parts[0], list):
            parts = parts[0]
        for part in parts:
            if part is HANG:
                connection.settimeout(10)
                if connection.recv(1) == b"":
                    server.closed_by_client.set()
                return
            if callable(part):
                part()
                continue
            assert isinstance(part, bytes)
            connection.sendall(part)


def _read(connection: socket.socket) -> Asked | None:
    content = b""
    while b"\r\n\r\n" not in content:
        received = connection.recv(65536)
        if not received:
            return None
        content += received
    head, _, body = content.partition(b"\r\n\r\n")
    line, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (item.partition(":") for item in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    return Asked(line=line, headers=headers, body=json.loads(body or b"{}"))
