"""The guard by itself, as ASGI: bodies without end, slow ones, and names that are not this machine's."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from api.guard import MAX_BODY_BYTES, Guard

JSON = (b"content-type", b"application/json")
LOCAL = (b"host", b"127.0.0.1:8000")


class Echo:
    """An application that answers with the body it was given, and counts how often it was entered."""

    def __init__(self) -> None:
        self.entered = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.entered += 1
        message = await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"cache-control", b"max-age=1")]})
        await send({"type": "http.response.body", "body": message["body"]})


class Client:
    """Sends the parts it is given, and counts those that were read."""

    def __init__(self, *parts: Message) -> None:
        self.parts = parts
        self.read = 0
        self.sent: list[Message] = []

    async def receive(self) -> Message:
        if self.read == len(self.parts):
            await asyncio.Event().wait()  # a client that says nothing more
        self.read += 1
        return self.parts[self.read - 1]

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent[1:])


def ask(
    client: Client, *headers: tuple[bytes, bytes], method: str = "POST", body_seconds: float = 5.0
) -> tuple[Client, Echo]:
    app = Echo()
    scope: dict[str, Any] = {"type": "http", "method": method, "path": "/", "headers": list(headers)}
    asyncio.run(Guard(app, body_seconds=body_seconds)(scope, client.receive, client.send))
    return client, app


def part(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_body_in_parts_arrives_whole() -> None:
    client, app = ask(Client(part(b'{"a"', more=True), part(b": 1}")), LOCAL, JSON)
    assert (client.status, client.body, app.entered) == (200, b'{"a": 1}', 1)


def test_every_response_carries_the_headers_and_keeps_its_own() -> None:
    client, _ = ask(Client(part(b"{}")), LOCAL, JSON)
    assert client.headers == {
        "cache-control": "max-age=1",
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "no-referrer",
    }


def test_a_body_of_the_limit_is_taken_and_one_byte_more_is_not() -> None:
    client, _ = ask(Client(part(b"x" * MAX_BODY_BYTES)), LOCAL, JSON)
    assert client.status == 200
    client, app = ask(Client(part(b"x" * MAX_BODY_BYTES, more=True), part(b"x")), LOCAL, JSON)
    assert (client.status, app.entered) == (413, 0)


def test_a_body_without_end_is_refused_after_the_limit() -> None:
    endless = Client(*[part(b"x" * 16_384, more=True)] * 100)
    client, app = ask(endless, LOCAL, JSON)
    assert (client.status, app.entered) == (413, 0)
    assert client.read == 5
    assert client.headers["connection"] == "close"
    assert json.loads(client.body)["hint"] == "Send one question, or fewer claims and sources, at a time."


@pytest.mark.parametrize("announced", [b"1000000000", b"65537"])
def test_a_body_that_announces_too_much_is_not_read(announced: bytes) -> None:
    client, _ = ask(Client(part(b"x")), LOCAL, JSON, (b"content-length", announced))
    assert (client.status, client.read) == (413, 0)


@pytest.mark.parametrize("announced", [b"-1", b"9" * 30, "²".encode(), b"many"])
def test_an_announcement_that_is_no_length_is_counted_instead(announced: bytes) -> None:
    client, _ = ask(Client(part(b"{}")), LOCAL, JSON, (b"content-length", announced))
    assert client.status == 200


def test_a_body_that_never_ends_arriving_is_given_up() -> None:
    client, app = ask(Client(part(b"{", more=True)), LOCAL, JSON, body_seconds=0.02)
    assert (client.status, app.entered) == (408, 0)


def test_a_client_that_leaves_is_not_answered() -> None:
    client, app = ask(Client(part(b"{", more=True), {"type": "http.disconnect"}), LOCAL, JSON)
    assert (client.sent, app.entered) == ([], 0)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param([JSON, (b"content-encoding", b"gzip")], 415, id="gzip"),
        pytest.param([JSON, (b"content-encoding", b"identity")], 200, id="identity"),
        pytest.param([], 415, id="no-type"),
        pytest.param([(b"content-type", b"text/plain")], 415, id="text-as-a-form-can-send-it"),
        pytest.param([(b"content-type", b"application/x-www-form-urlencoded")], 415, id="form"),
        pytest.param([(b"content-type", b"application/JSON; charset=utf-8")], 200, id="with-charset"),
    ],
)
def test_only_plain_json_is_taken(headers: list[tuple[bytes, bytes]], status: int) -> None:
    client, app = ask(Client(part(b"{}")), LOCAL, *headers)
    assert client.status == status
    assert app.entered == (status == 200)
    assert client.read == (status == 200)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (b"127.0.0.1", 200),
        (b"127.0.0.1:8000", 200),
        (b"localhost:8000", 200),
        (b"LOCALHOST", 200),
        (b"[::1]:8000", 200),
        (b"evil.example", 421),
        (b"127.0.0.1.evil.example", 421),
        (b"localhost.evil.example:8000", 421),
        (b"192.168.1.5", 421),
        (b"evil.example/127.0.0.1", 421),
        (b"127.0.0.1@evil.example", 421),
        (b"[::1", 421),
        (b"", 421),
    ],
)
def test_only_this_machines_names_are_answered(host: bytes, status: int) -> None:
    client, _ = ask(Client(part(b"")), (b"host", host), method="GET")
    assert client.status == status


def test_a_request_without_host_is_refused() -> None:
    client, _ = ask(Client(part(b"")), method="GET")
    assert client.status == 421
