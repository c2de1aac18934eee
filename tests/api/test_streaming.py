"""Server-sent events, and clients that leave, over a real socket where it matters."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi.testclient import TestClient

from api.rest import create_app
from indexers.sse import EventParser
from rag import Rag
from rag.settings import load_settings
from tests.scripted_server import HANG, ScriptedServer, scripted_server, stream_reply

QUESTION = "How many weeks of parental leave may employees take?"


def events_of(content: bytes) -> list[tuple[str, dict[str, Any]]]:
    return [(event.kind, json.loads(event.data)) for event in EventParser().feed(content)]


@contextlib.contextmanager
def served(indexed: Path, model: ScriptedServer) -> Iterator[tuple[Rag, str]]:
    """The service on a port of its own, with a model that answers as scripted."""
    settings = load_settings(
        overrides={"embedder.model": "hashing", "generator.model": "scripted", "generator.base_url": model.url}
    )
    with Rag.open(indexed, settings=settings) as rag, socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(create_app(rag), log_level="critical"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield rag, f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=10)


def test_events_come_in_order_and_end_with_the_answer(client: TestClient) -> None:
    reply = client.post("/v1/ask", json={"question": QUESTION, "stream": True})
    assert reply.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert reply.headers["cache-control"] == "no-store"
    events = events_of(reply.content)
    kinds = [kind for kind, _ in events]
    assert kinds[0] == "sources"
    assert kinds[-2:] == ["answer", "done"]
    assert kinds.index("citation") < kinds.index("sentence")
    answer = events[-2][1]
    plain = client.post("/v1/ask", json={"question": QUESTION}).json()
    assert {**answer, "timings_ms": None} == {**plain, "timings_ms": None}
    assert [data for kind, data in events if kind == "sentence"] == answer["sentences"]
    assert [data for kind, data in events if kind == "citation"] == answer["citations"]
    for source in events[0][1]["sources"]:
        span = {name: source[name] for name in ("version", "start", "end")}
        assert client.get(f"/v1/documents/{source['document_id']}/text", params=span).text == source["text"]


def test_an_abstention_streams_no_sentence(reticent: TestClient) -> None:
    events = events_of(reticent.post("/v1/ask", json={"question": QUESTION, "stream": True}).content)
    assert [kind for kind, _ in events] == ["sources", "answer", "done"]
    assert events[1][1]["abstained"] is True


def test_a_stream_that_breaks_off_ends_with_an_error_and_never_with_done(indexed: Path) -> None:
    words = {
        "choices": [{"index": 0, "delta": {"content": "Employees may take 16 weeks of parental leave [1.1]. And"}}]
    }
    with scripted_server(stream_reply(words)) as model, served(indexed, model) as (_, url):
        reply = httpx.post(f"{url}/v1/ask", json={"question": QUESTION, "stream": True}, trust_env=False)
    events = events_of(reply.content)
    kind, problem = events[-1]
    assert kind == "error"
    assert problem["partial"] is True
    assert problem["status"] == 502
    assert problem["hint"]
    assert not {"answer", "done"} & {kind for kind, _ in events}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_client_that_leaves_cancels_the_request_to_the_model(indexed: Path, stream: bool) -> None:
    was_asked = threading.Event()
    with scripted_server([was_asked.set, HANG]) as model, served(indexed, model) as (_, url):
        with contextlib.closing(http.client.HTTPConnection(url.removeprefix("http://"))) as client:
            body = json.dumps({"question": QUESTION, "stream": stream})
            client.request("POST", "/v1/ask", body, {"Content-Type": "application/json"})
            assert was_asked.wait(timeout=30)
        assert model.closed_by_client.wait(timeout=5)
        assert len(model.asked) == 1


def test_a_failing_model_is_a_bad_gateway(indexed: Path) -> None:
    with scripted_server(b"HTTP/1.1 401 X\r\nContent-Length: 0\r\n\r\n") as model, served(indexed, model) as (_, url):
        for stream in (False, True):
            reply = httpx.post(f"{url}/v1/ask", json={"question": QUESTION, "stream": stream}, trust_env=False)
            if stream:
                assert events_of(reply.content)[-1][0] == "error"
            else:
                assert reply.status_code == 502
                assert reply.headers["content-type"] == "application/problem+json"
