"""Work for a client that may leave: answers as server-sent events, and a cancel token that its leaving sets."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from anyio import to_thread
from starlette.requests import Request

from api.problems import problem_json
from api.replies import WireJson, internal_problem
from api.wire import source_json
from indexers.errors import RagError
from rag.events import AnswerComplete, AnswerEvent, SentenceVerified, SourcesFound
from rag.wire import answer_json, citation_json, sentence_json

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")
_log = logging.getLogger("plumbline.rest")


async def while_client_waits(request: Request, work: Callable[[], T], cancel: threading.Event) -> T:
    """The result of ``work``, run in a thread; its token ``cancel`` is set as soon as the client has left."""
    working = asyncio.ensure_future(to_thread.run_sync(work))
    leaving = asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            cancel.set()
        return await working
    except asyncio.CancelledError:
        cancel.set()
        raise
    finally:
        leaving.cancel()


async def event_stream(
    first: AnswerEvent, rest: Iterator[AnswerEvent], cancel: threading.Event
) -> AsyncIterator[bytes]:
    """An answer's events in the wire format, ``first`` first and ``done`` last.

    A failure on the way becomes one ``error`` event, after which nothing follows: what came before is not an answer.
    The generator is closed when the client leaves, and then the cancel token is set.
    """
    try:
        event: AnswerEvent | None = first
        while event is not None:
            for lines in _lines(event):
                yield lines
            # abandoned on cancellation: a thread that waits for the model must not hold back the cancel token
            event = await to_thread.run_sync(partial(next, rest, None), abandon_on_cancel=True)
        yield _event("done", {})
    except RagError as error:
        yield _event("error", {**problem_json(error), "partial": True})
    except Exception:  # noqa: BLE001  # the edge: the response has begun, so a defect can only be told as an event
        _log.exception("an answer's stream failed")
        yield b"event: error\ndata: " + internal_problem().body + b"\n\n"
    finally:
        cancel.set()


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _lines(event: AnswerEvent) -> Iterator[bytes]:
    """The events of the wire for one of the core's: citations stand before the sentence that first cites them."""
    if isinstance(event, SourcesFound):
        yield _event("sources", {"sources": [source_json(source) for source in event.sources]})
    elif isinstance(event, SentenceVerified):
        for citation in event.citations:
            yield _event("citation", citation_json(citation))
        yield _event("sentence", sentence_json(event.sentence))
    elif isinstance(event, AnswerComplete):
        yield _event("answer", answer_json(event.answer))


def _event(kind: str, data: Mapping[str, object]) -> bytes:
    """One event; JSON escapes line feeds and carriage returns, so the data is one line."""
    return b"event: " + kind.encode() + b"\ndata: " + bytes(WireJson(data).body) + b"\n\n"
