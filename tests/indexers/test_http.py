from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from indexers.http import (
    AddressRefused,
    DeadlineExceeded,
    HttpClient,
    HttpError,
    HttpLimits,
    HttpStatusError,
    ProtocolError,
    RequestCancelled,
    TruncatedStream,
    Unreachable,
)
from tests.scripted_server import HANG, json_reply, reply, scripted_server, stream_reply

KEY = "sk-MARKED-0123456789abcdef"
HEADERS = {"Authorization": f"Bearer {KEY}"}
LIMITS = HttpLimits(
    connect_seconds=10, first_event_seconds=10, idle_seconds=0.3, body_bytes=500, stream_bytes=2000, line_bytes=600
)


@pytest.fixture
def client() -> Iterator[HttpClient]:
    opened = HttpClient(limits=LIMITS, jitter=lambda low, _high: low)
    yield opened
    opened.close()


def post(
    client: HttpClient, url: str, *, seconds: float = 30.0, cancel: threading.Event | None = None
) -> dict[str, object]:
    return client.post_json(url, {"q": "ü"}, HEADERS, time.monotonic() + seconds, cancel or threading.Event())


def stream(
    client: HttpClient, url: str, *, seconds: float = 30.0, cancel: threading.Event | None = None
) -> Iterator[str]:
    return client.stream_events(url, {}, HEADERS, time.monotonic() + seconds, cancel or threading.Event())


def test_what_is_sent(client: HttpClient) -> None:
    with scripted_server(json_reply({"a": 1})) as server:
        assert post(client, f"{server.url}/x") == {"a": 1}
    (asked,) = server.asked
    assert asked.line == "POST /v1/x HTTP/1.1"
    assert asked.body == {"q": "ü"}
    assert asked.headers["accept-encoding"] == "identity"
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert server.url.removeprefix("http://").startswith(asked.headers["host"])


def test_the_environments_proxy_is_not_used(client: HttpClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        scripted_server(json_reply({"through": "proxy"})) as proxy,
        scripted_server(json_reply({"direct": 1})) as server,
    ):
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url.removesuffix("/v1"))
        assert post(client, server.url) == {"direct": 1}
    assert proxy.asked == []


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 529])
def test_a_passing_failure_is_repeated(client: HttpClient, status: int) -> None:
    with scripted_server(json_reply({}, status=status), json_reply({"a": 1})) as server:
        assert post(client, server.url) == {"a": 1}
    assert len(server.asked) == 2


def test_four_attempts_are_the_most(client: HttpClient) -> None:
    busy = json_reply({"error": {"message": "busy"}}, status=503)
    with scripted_server(busy) as server, pytest.raises(HttpStatusError, match="status 503: busy"):
        post(client, server.url)
    assert len(server.asked) == 4


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        pytest.param(json_reply({}, status=400), HttpStatusError, "status 400", id="bad-request"),
        pytest.param(json_reply({}, status=401), HttpStatusError, "status 401", id="unauthorized"),
        pytest.param(json_reply({}, status=404), HttpStatusError, "status 404", id="not-found"),
        pytest.param(
            json_reply({"error": {"code": "insufficient_quota"}}, status=429),
            HttpStatusError,
            "429",
            id="out-of-credit",
        ),
        pytest.param(
            reply(b"", status=307, headers="Location: http://127.0.0.1:9/latest/meta-data\r\n"),
            HttpStatusError,
            "redirects are not followed",
            id="redirect",
        ),
        pytest.param(
            json_reply({}, status=503, headers="Retry-After: 3600\r\n"), HttpStatusError, "503", id="wait-over-deadline"
        ),
    ],
)
def test_not_repeated(client: HttpClient, answer: bytes, error: type[HttpError], says: str) -> None:
    with scripted_server(answer) as server, pytest.raises(error, match=says):
        post(client, server.url)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        pytest.param(reply(b"<html>", content_type="text/html"), "content type 'text/html'", id="html"),
        pytest.param(reply(b"{"), "not JSON", id="truncated-json"),
        pytest.param(reply(b""), "not JSON", id="empty"),
        pytest.param(reply(b"[1]"), "not an object", id="array"),
        pytest.param(reply(b'{"a": NaN}'), "not JSON", id="nan"),
        pytest.param(reply(b"[" * 400), "not JSON", id="unclosed"),
        pytest.param(reply(b'{"a": "' + b"x" * 600 + b'"}'), "more than 500 bytes", id="too-large"),
        pytest.param(reply(b"x", headers="Content-Encoding: gzip\r\n"), "compressed", id="gzip-unasked"),
    ],
)
def test_a_body_that_is_no_answer_is_asked_for_once_more(client: HttpClient, answer: bytes, says: str) -> None:
    with scripted_server(answer) as server, pytest.raises(ProtocolError, match=says):
        post(client, server.url)
    assert len(server.asked) == 2


def test_a_refused_connection(client: HttpClient) -> None:
    with scripted_server(b"") as server:
        pass
    with pytest.raises(Unreachable, match=r"no connection to 127\.0\.0\.1"):
        post(client, server.url)


def test_the_deadline_holds_for_a_silent_server(client: HttpClient) -> None:
    with scripted_server(json_reply({}), HANG) as server:
        post(client, server.url)  # what a first request imports and makes is no part of the second's time
        with pytest.raises(DeadlineExceeded):
            post(client, server.url, seconds=1)
        assert server.closed_by_client.wait(5)


def test_cancelling_from_another_thread_closes_the_connection(client: HttpClient) -> None:
    cancel = threading.Event()
    with scripted_server([cancel.set, HANG]) as server:
        with pytest.raises(RequestCancelled):
            post(client, server.url, seconds=30, cancel=cancel)
        assert server.closed_by_client.wait(5)


@pytest.mark.parametrize("status", [400, 401, 500])
def test_an_echoed_key_reaches_no_message(client: HttpClient, status: int) -> None:
    body = {"error": {"message": f"bad key {KEY}\x1b[31m", "code": KEY, "param": f"Bearer {KEY}"}}
    with scripted_server(json_reply(body, status=status)) as server, pytest.raises(HttpStatusError) as caught:
        post(client, server.url)
    error = caught.value
    assert KEY not in f"{error} {error.code} {error.param} {error.reason} {error!r}"
    assert "[redacted]" in str(error)
    assert "\x1b" not in str(error)


@pytest.mark.parametrize("before", [60, 70, 480, 490])
def test_a_key_at_the_cut_reaches_no_message(client: HttpClient, before: int) -> None:
    key = "hunter2/0123456789abcdef"
    said = "x" * before + key
    event = reply(f"event: error\ndata: {said}\n\n".encode(), content_type="text/event-stream")
    headers, until = {"Authorization": f"Bearer {key}"}, time.monotonic() + 10
    for answer in (reply(b"x", content_type=said), event):
        with scripted_server(answer) as server, pytest.raises(ProtocolError) as caught:
            list(client.stream_events(server.url, {}, headers, until, threading.Event()))
        assert "hunt" not in str(caught.value)


def test_events_arrive_in_order(client: HttpClient) -> None:
    with scripted_server(stream_reply("a", "b", "[DONE]")) as server:
        assert list(stream(client, server.url)) == ["a", "b", "[DONE]"]


def test_a_stream_is_repeated_only_while_nothing_was_delivered(client: HttpClient) -> None:
    with scripted_server(json_reply({}, status=500), stream_reply("a")) as server:
        assert list(stream(client, server.url)) == ["a"]
    assert len(server.asked) == 2
    head = stream_reply("a")
    with scripted_server([head, b"data: b"]) as server:
        events = stream(client, server.url)
        assert next(events) == "a"
        with pytest.raises(TruncatedStream):
            next(events)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"event: error\ndata: overloaded\n\n", "reported an error", id="error-event"),
        pytest.param(b"data: \xff\n\n", "not UTF-8", id="not-utf-8"),
        pytest.param(b"data: " + b"x" * 700, "longer than 600 bytes", id="giant-line"),
        pytest.param(b"data: a\n\n" * 500, "more than 2000 bytes", id="endless"),
    ],
)
def test_a_stream_that_is_no_answer(client: HttpClient, content: bytes, says: str) -> None:
    answer = reply(content, content_type="text/event-stream")
    with scripted_server(answer) as server, pytest.raises(ProtocolError, match=says):
        list(stream(client, server.url))


def test_json_where_a_stream_was_asked_for(client: HttpClient) -> None:
    with scripted_server(json_reply({})) as server, pytest.raises(ProtocolError, match="content type"):
        list(stream(client, server.url))


def test_comments_and_pings_do_not_keep_a_stream_alive(client: HttpClient) -> None:
    alive = [stream_reply("a"), *[b": ping\n\n", b"event: ping\ndata: {}\n\n"] * 3, HANG]
    with scripted_server(alive) as server, pytest.raises(TruncatedStream, match="fell silent"):
        list(stream(client, server.url))


def test_leaving_a_stream_early_closes_the_connection(client: HttpClient) -> None:
    limits = HttpLimits()
    patient = HttpClient(limits=limits)
    with scripted_server([stream_reply("a"), HANG]) as server:
        events = stream(patient, server.url, seconds=30)
        assert next(events) == "a"
        events.close()  # type: ignore[attr-defined]  # a generator, by the type an iterator
        assert server.closed_by_client.wait(5)
    patient.close()


def refusing_resolver(*addresses: str) -> tuple[list[str], object]:
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(f"{host}:{port}")
        return list(addresses)

    return asked, resolve


@pytest.mark.parametrize(
    ("url", "says"),
    [
        pytest.param("ftp://example.com/v1", "scheme 'ftp'", id="scheme"),
        pytest.param("file:///etc/passwd", "scheme 'file'", id="file"),
        pytest.param("example.com/v1", "scheme ''", id="no-scheme"),
        pytest.param("https://user:hunter2@example.com/v1", "user name or password", id="userinfo"),
        pytest.param("http://example.com/v1", "over https only", id="http-to-the-world"),
        pytest.param("https://10.0.0.7/v1", "not a public address", id="private"),
        pytest.param("https://169.254.169.254/latest", "not a public address", id="metadata-service"),
        pytest.param("https://[fe80::1]/v1", "not a public address", id="link-local"),
        pytest.param("https://[::ffff:10.0.0.7]/v1", "not a public address", id="mapped-private"),
        pytest.param("https://0.0.0.0/v1", "not a public address", id="unspecified"),
        pytest.param("https://example.com/v1?key=1", "query or fragment", id="query"),
        pytest.param("https://exa mple.com/v1", "blanks", id="blank"),
        pytest.param("https:///v1", "names no host", id="no-host"),
        pytest.param("https://example.com:99999/v1", "malformed", id="port"),
    ],
)
def test_addresses_that_are_refused(url: str, says: str) -> None:
    asked, resolve = refusing_resolver("93.184.216.34")
    client = HttpClient(resolve=resolve)  # type: ignore[arg-type]  # the tuple above is loosely typed
    with pytest.raises(AddressRefused, match=says) as caught:
        post(client, url)
    assert asked == []
    assert "hunter2" not in str(caught.value)
    client.close()


@pytest.mark.parametrize(
    ("host", "addresses"),
    [
        pytest.param("models.example", ["127.0.0.1"], id="public-name-at-loopback"),
        pytest.param("models.example", ["93.184.216.34", "10.0.0.7"], id="one-of-two-private"),
        pytest.param("models.example", ["169.254.169.254"], id="metadata-service"),
        pytest.param("localhost", ["93.184.216.34"], id="localhost-elsewhere"),
    ],
)
def test_a_name_that_leads_inside_is_refused_before_anything_is_sent(host: str, addresses: list[str]) -> None:
    asked, resolve = refusing_resolver(*addresses)
    client = HttpClient(resolve=resolve)  # type: ignore[arg-type]  # the tuple above is loosely typed
    with pytest.raises(AddressRefused, match=f"{host} leads to"):
        post(client, f"https://{host}/v1")
    assert asked == [f"{host}:443"]
    client.close()


def test_the_address_that_was_checked_is_the_one_that_is_called() -> None:
    asked, resolve = refusing_resolver("127.0.0.1")
    client = HttpClient(resolve=resolve)  # type: ignore[arg-type]  # the tuple above is loosely typed
    with scripted_server(json_reply({"a": 1})) as server:
        port = server.url.rpartition(":")[2]
        assert post(client, f"http://localhost:{port}") == {"a": 1}
    assert asked == [f"localhost:{port.removesuffix('/v1')}"]
    assert server.asked[0].headers["host"].startswith("localhost:")
    client.close()


def test_private_addresses_by_permission() -> None:
    asked, resolve = refusing_resolver("127.0.0.1")
    client = HttpClient(resolve=resolve, allow_private=True)  # type: ignore[arg-type]  # the tuple above is loosely typed
    with scripted_server(json_reply({"a": 1})) as server:
        assert post(client, server.url.replace("127.0.0.1", "models.internal")) == {"a": 1}
    assert len(asked) == 1
    client.close()


def test_closing_twice_and_asking_again() -> None:
    client = HttpClient()
    with scripted_server(json_reply({"a": 1})) as server:
        assert post(client, server.url) == {"a": 1}
        client.close()
        client.close()
        assert post(client, server.url) == {"a": 1}
    client.close()
