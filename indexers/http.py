"""The one module that calls the network, and that knows httpx: an asynchronous client behind a synchronous face.

A call has one deadline for attempts, waits and reads together, and a cancel token that another thread may set. Nothing
is redirected, no proxy or .netrc of the environment is used, bodies are not compressed and are capped, and an attempt
is repeated only before any of its answer was handed on. The errors are drawn in `indexers.http_errors`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import queue
import random
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Mapping
from concurrent import futures
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from indexers.addresses import Endpoint, Resolve, check_url, checked_addresses, system_resolve
from indexers.http_errors import (
    AddressRefused,
    DeadlineExceeded,
    HttpError,
    HttpStatusError,
    NoConnection,
    ProtocolError,
    RequestCancelled,
    TruncatedStream,
    Unreachable,
)
from indexers.retrying import MAX_ATTEMPTS, back_off_seconds, retry_after_seconds, worth_repeating
from indexers.scrub import MOST_CHARS, scrub, scrubbed_error, secrets_of
from indexers.sse import EventParser, MalformedStream

if TYPE_CHECKING:
    import httpx

__all__ = [
    "AddressRefused",
    "DeadlineExceeded",
    "HttpClient",
    "HttpError",
    "HttpLimits",
    "HttpStatusError",
    "ProtocolError",
    "RequestCancelled",
    "TruncatedStream",
    "Unreachable",
]

POLL_SECONDS = 0.05
"""How often a waiting caller looks at its cancel token; results wake it at once."""

MAX_ADDRESSES = 4
"""Of a name with many addresses, this many are tried in one attempt."""

T = TypeVar("T")
JsonObject = dict[str, Any]
Read = Callable[["_Request", str], Coroutine[Any, Any, T]]
"""One attempt at one address."""


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """What one answer may cost in seconds and bytes. Comments and pings do not reset ``idle_seconds``."""

    connect_seconds: float = 5.0
    write_seconds: float = 10.0
    first_event_seconds: float = 30.0
    idle_seconds: float = 20.0
    body_bytes: int = 8 * 2**20
    error_body_bytes: int = 64 * 2**10
    stream_bytes: int = 4 * 2**20
    line_bytes: int = 2**20


class HttpClient:
    """Posts JSON and reads JSON or server-sent events; safe to share between threads; close it when done."""

    def __init__(
        self,
        *,
        allow_private: bool = False,
        limits: HttpLimits | None = None,
        resolve: Resolve = system_resolve,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._allow_private = allow_private
        self._limits = limits or HttpLimits()
        self._resolve = resolve
        self._jitter = jitter
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._client: httpx.AsyncClient | None = None

    def post_json(
        self, url: str, body: Mapping[str, Any], headers: Mapping[str, str], deadline: float, cancel: threading.Event
    ) -> JsonObject:
        """Post ``body`` and return the JSON object that comes back with a 2xx status.

        Args:
            url: Where to; checked by `indexers.addresses`.
            body: Sent as JSON.
            headers: Sent as they are; the values of authorizing headers never reach a message.
            deadline: In seconds of ``time.monotonic()``; attempts and waits together end by then.
            cancel: Setting it ends the call within a tenth of a second.

        Raises:
            HttpError: One of its subclasses.
        """
        request = _Request(check_url(url, allow_private=self._allow_private), dict(body), dict(headers), deadline)
        future = self._submit(self._repeat(request, self._read_json))
        return self._wait(future, deadline, cancel, request.endpoint.authority)

    def stream_events(
        self, url: str, body: Mapping[str, Any], headers: Mapping[str, str], deadline: float, cancel: threading.Event
    ) -> Generator[str, None, None]:
        """Post ``body`` and yield the data of each message event as it arrives; arguments as for `post_json`.

        An attempt is repeated only while nothing was yielded. Leaving the iterator early closes the connection.

        Raises:
            HttpError: One of its subclasses; `TruncatedStream` where the connection broke in the middle.
        """
        request = _Request(check_url(url, allow_private=self._allow_private), dict(body), dict(headers), deadline)
        arrived: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        future = self._submit(self._repeat(request, lambda it, ip: self._read_events(it, ip, arrived.put)))
        future.add_done_callback(lambda _: arrived.put(None))
        try:
            while True:
                _check_waiting(deadline, cancel, request.endpoint.authority)
                try:
                    event = arrived.get(timeout=min(POLL_SECONDS, max(deadline - time.monotonic(), 0.001)))
                except queue.Empty:
                    continue
                if event is None:
                    break
                yield event
            self._wait(future, deadline, cancel, request.endpoint.authority)
        finally:
            future.cancel()

    def close(self) -> None:
        """Cancel what is under way, close the connections and end the loop's thread; may be called twice."""
        with self._lock:
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(self._shut(), loop).result(timeout=5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=5)
        loop.close()

    async def _shut(self) -> None:
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="plumbline-http", daemon=True)
                self._thread.start()
            return asyncio.run_coroutine_threadsafe(work, self._loop)

    def _wait(self, future: Future[T], deadline: float, cancel: threading.Event, host: str) -> T:
        try:
            while not futures.wait([future], timeout=POLL_SECONDS).done:
                _check_waiting(deadline + POLL_SECONDS, cancel, host)  # the loop's own deadline has the better message
            return future.result()
        except futures.CancelledError as error:
            raise RequestCancelled(f"the request to {host} was cancelled: the client was closed") from error
        finally:
            future.cancel()

    async def _repeat(self, request: _Request, read: Read[T]) -> T:
        """Attempts until one succeeds, is not worth repeating, or the next would begin after the deadline."""
        attempt = 0
        try:
            async with asyncio.timeout_at(_loop_time(request.deadline)):
                while True:
                    try:
                        return await self._attempt(request, read)
                    except HttpError as error:
                        attempt += 1
                        if request.delivered or attempt >= MAX_ATTEMPTS or not worth_repeating(error, attempt):
                            raise
                        wait = back_off_seconds(attempt, request.retry_after, self._jitter)
                        if time.monotonic() + wait >= request.deadline:
                            raise
                    await asyncio.sleep(wait)
        except TimeoutError as error:
            raise DeadlineExceeded(f"{request.endpoint.authority} did not answer within the deadline") from error

    async def _attempt(self, request: _Request, read: Read[T]) -> T:
        """Each allowed address once, until one takes the connection."""
        *others, last = await checked_addresses(request.endpoint, self._resolve, allow_private=self._allow_private)
        for address in others[: MAX_ADDRESSES - 1]:
            with contextlib.suppress(NoConnection):
                return await read(request, address)
        return await read(request, last)

    @contextlib.asynccontextmanager
    async def _answer(self, request: _Request, address: str, accept: str) -> AsyncIterator[httpx.Response]:
        """One attempt: a response with a 2xx status and the content type asked for, its body not yet read."""
        import httpx  # a tenth of a second, which a question asked offline need not wait

        request.retry_after = None
        host = request.endpoint.authority
        try:
            async with self._opened().stream(
                "POST",
                _pinned_url(request.endpoint, address),
                content=json.dumps(request.body, ensure_ascii=False).encode("utf-8", "replace"),
                headers={
                    **request.headers,
                    "Host": host,
                    "Accept": accept,
                    "Accept-Encoding": "identity",
                    "Content-Type": "application/json",
                },
                extensions={"sni_hostname": request.endpoint.host},
            ) as response:
                await self._check_answer(request, response, accept)
                yield response
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NoConnection(f"no connection to {host}: {_reason(error, request)}") from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            broken = TruncatedStream if request.delivered else Unreachable
            raise broken(f"the connection to {host} broke: {_reason(error, request)}") from error

    async def _check_answer(self, request: _Request, response: httpx.Response, accept: str) -> None:
        host = request.endpoint.authority
        if not response.is_success:
            request.retry_after = retry_after_seconds(response.headers)
            content = await _read_at_most(response, self._limits.error_body_bytes)
            raise scrubbed_error(host=host, status=response.status_code, body=content, secrets=request.secrets)
        content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type != accept:
            said = scrub(content_type, request.secrets)[:80]
            raise ProtocolError(f"{host} answered with content type {said!r} where {accept!r} was asked for")
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise ProtocolError(f"{host} compressed its answer although none was asked for")

    async def _read_json(self, request: _Request, address: str) -> JsonObject:
        host = request.endpoint.authority
        async with self._answer(request, address, "application/json") as response:
            content = await _read_at_most(response, self._limits.body_bytes + 1)
        if len(content) > self._limits.body_bytes:
            raise ProtocolError(f"{host} answered with more than {self._limits.body_bytes} bytes")
        try:
            value = json.loads(content.decode("utf-8"), parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise ProtocolError(f"{host} answered with something that is not JSON") from error
        if not isinstance(value, dict):
            raise ProtocolError(f"{host} answered with JSON that is not an object")
        return value

    async def _read_events(self, request: _Request, address: str, put: Callable[[str], None]) -> None:
        host = request.endpoint.authority
        parser = EventParser(max_line_bytes=self._limits.line_bytes)
        received = 0
        try:
            async with asyncio.timeout(self._limits.first_event_seconds) as idle:
                async with self._answer(request, address, "text/event-stream") as response:
                    async for content in response.aiter_raw():
                        received += len(content)
                        if received > self._limits.stream_bytes:
                            raise ProtocolError(f"{host} streamed more than {self._limits.stream_bytes} bytes")
                        if _deliver(parser.feed(content), request, put):
                            idle.reschedule(asyncio.get_running_loop().time() + self._limits.idle_seconds)
                    _deliver(parser.finish(), request, put)
        except MalformedStream as error:
            raise ProtocolError(f"{host} sent a malformed event stream: {error}") from error
        except TimeoutError as error:
            if time.monotonic() >= request.deadline:
                raise
            broken = TruncatedStream if request.delivered else Unreachable
            raise broken(f"{host} fell silent before its answer was complete") from error
        if parser.unfinished:
            raise TruncatedStream(f"{host} ended its stream in the middle of an event")

    def _opened(self) -> httpx.AsyncClient:
        import httpx

        if self._client is None:
            timeout = httpx.Timeout(
                None, connect=self._limits.connect_seconds, write=self._limits.write_seconds, pool=5.0
            )
            self._client = httpx.AsyncClient(
                trust_env=False,
                follow_redirects=False,
                timeout=timeout,
                limits=httpx.Limits(max_connections=64, max_keepalive_connections=16),
            )
        return self._client


class _Request:
    """One logical call over its attempts; ``delivered`` once something of an answer was handed to the caller."""

    def __init__(self, endpoint: Endpoint, body: JsonObject, headers: dict[str, str], deadline: float) -> None:
        self.endpoint = endpoint
        self.body = body
        self.headers = headers
        self.deadline = deadline
        self.secrets = secrets_of(headers)
        self.delivered = False
        self.retry_after: float | None = None


def _deliver(events: list[Any], request: _Request, put: Callable[[str], None]) -> bool:
    delivered = False
    for event in events:
        if event.kind == "error":
            said = scrub(event.data, request.secrets)[:MOST_CHARS]
            raise ProtocolError(f"{request.endpoint.authority} reported an error in its stream: {said}")
        if event.kind == "message":
            request.delivered = delivered = True
            put(event.data)
    return delivered


def _pinned_url(endpoint: Endpoint, address: str) -> str:
    # The address that was checked is the one that is called: a second look-up could lead elsewhere (DNS rebinding).
    host = f"[{address}]" if ":" in address else address
    return f"{endpoint.scheme}://{host}:{endpoint.port}{endpoint.path}"


async def _read_at_most(response: httpx.Response, limit: int) -> bytes:
    content = bytearray()
    async for part in response.aiter_raw():
        content += part
        if len(content) >= limit:
            break
    return bytes(content[:limit])


def _check_waiting(deadline: float, cancel: threading.Event, host: str) -> None:
    if cancel.is_set():
        raise RequestCancelled("the request was cancelled by the caller")
    if time.monotonic() > deadline:
        raise DeadlineExceeded(f"{host} did not answer within the deadline")


def _reason(error: Exception, request: _Request) -> str:
    return scrub(str(error) or type(error).__name__, request.secrets)[:200]


def _loop_time(deadline: float) -> float:
    return asyncio.get_running_loop().time() + (deadline - time.monotonic())


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
