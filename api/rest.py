"""The REST service: one index, asked, searched and looked into over HTTP on this machine."""

from __future__ import annotations

import re
import threading
from bisect import bisect_right
from collections.abc import Callable, Collection
from dataclasses import asdict
from functools import partial
from importlib.metadata import version as installed_version
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, FastAPI, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.responses import PlainTextResponse, StreamingResponse

from api.asker import ByTheOwner, TheAsker, narrowed
from api.guard import Guard
from api.models import (
    AnswerBody,
    AskRequest,
    DocumentDetail,
    DocumentPage,
    Problem,
    Removed,
    SearchBody,
    SearchRequest,
    State,
    VerifyBody,
    VerifyRequest,
    WhyBody,
    WhyRequest,
)
from api.problems import FieldProblem
from api.replies import (
    WireJson,
    declare_problems,
    error_response,
    http_response,
    internal_problem,
    not_ready,
    problem_response,
)
from api.streaming import event_stream, while_client_waits
from api.verifying import verified
from api.wire import entry_json, outline_json
from indexers.errors import DocumentNotFound, RagError
from rag import Rag
from rag.expansion import Turn
from rag.wire import answer_json, hits_json

_DESCRIPTION = """\
Ask an index of your own documents. Every sentence of an answer carries citations that are exact
(`text[start:end] == quote`, in code points of the document's canonical text) and a verdict from a check that does not
trust the model. Where the documents do not answer, the answer says so: that is a success with `abstained: true`.

Errors are `application/problem+json` (RFC 9457) with a `hint` that says what to do.
"""
_DOCUMENT_ID = re.compile("[0-9a-f]{16}")


def _the_rag(request: Request) -> Rag:
    rag: Rag = request.app.state.rag
    return rag


def _document_id(
    document_id: Annotated[str, Path(alias="id", description="The document's id, as in citations and lists")],
) -> str:
    """An id and nothing else: names and URIs, which the command line takes too, would be ambiguous in a path."""
    if not _DOCUMENT_ID.fullmatch(document_id):
        raise DocumentNotFound(name=document_id)
    return document_id


TheRag = Annotated[Rag, Depends(_the_rag)]
DocumentId = Annotated[str, Depends(_document_id)]

_refused: dict[int | str, dict[str, Any]] = {422: {"model": Problem, "description": "A field is missing or wrong"}}
_not_found: dict[int | str, dict[str, Any]] = {404: {"model": Problem, "description": "No such document or version"}}
_not_allowed: dict[int | str, dict[str, Any]] = {
    403: {"model": Problem, "description": "The service acts for other groups, or not for the owner"}
}
_busy: dict[int | str, dict[str, Any]] = {409: {"model": Problem, "description": "The index is being written"}}
_model_failed: dict[int | str, dict[str, Any]] = {
    502: {"model": Problem, "description": "The model's endpoint failed"},
    504: {"model": Problem, "description": "The deadline passed"},
}
_streamed: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The answer; with `stream: true` server-sent events: `sources` once, then for each sentence a "
        "`citation` for every new number and the `sentence`, then `answer` (the JSON object), then `done`; or `error` "
        "(a problem), after which what came before is void.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}

_Reply = TypeVar("_Reply")

routes = APIRouter(default_response_class=WireJson)


@routes.post(
    "/v1/ask",
    operation_id="ask",
    tags=["answers"],
    summary="Answer a question, with citations",
    response_model=AnswerBody,
    responses={**_streamed, **_refused, **_not_allowed, **_model_failed},
)
async def ask(request: Request, rag: TheRag, body: AskRequest) -> Response:
    """An answer from the documents alone, each sentence cited and checked; or an abstention with nearest evidence."""
    if body.stream:
        return await _ask_streamed(request, rag, body)
    cancel = threading.Event()
    work = _asking(rag.ask, request, body, cancel)
    answer = await while_client_waits(request, work, cancel)
    return WireJson(answer_json(answer))


async def _ask_streamed(request: Request, rag: Rag, body: AskRequest) -> Response:
    """The events of an answer. The first is waited for, so that a refused question still gets its own status."""
    cancel = threading.Event()
    events = _asking(rag.ask_stream, request, body, cancel)()
    first = await while_client_waits(request, partial(next, events), cancel)
    return StreamingResponse(event_stream(first, events, cancel), media_type="text/event-stream")


def _asking(
    ask: Callable[..., _Reply], request: Request, body: AskRequest, cancel: threading.Event
) -> Callable[[], _Reply]:
    """What is to be called: `Rag.ask` or `Rag.ask_stream`, with all that the body says and within what is allowed."""
    return partial(
        ask,
        body.question,
        limit=body.limit,
        where=body.filter,
        groups=narrowed(request, body.groups),
        as_of=body.as_of,
        cancel=cancel,
        history=[Turn(turn.question, turn.answer) for turn in body.history],
    )


@routes.post(
    "/v1/search",
    operation_id="search",
    tags=["answers"],
    summary="Find the chunks nearest to a question",
    response_description="The hits, best first",
    response_model=SearchBody,
    responses={**_refused, **_not_allowed},
)
def search(request: Request, rag: TheRag, body: SearchRequest) -> Response:
    """Hits, best first."""
    limit: int = request.app.state.search_limit if body.limit is None else body.limit
    groups = narrowed(request, body.groups)
    hits = rag.search(body.question, limit=limit, mode=body.mode, where=body.filter, groups=groups, as_of=body.as_of)
    note = rag.past_note(body.as_of, groups=groups) if body.as_of else None
    found = {"question": body.question, "hits": hits_json(hits, rag, explain=body.explain)}
    return WireJson({**found, "warnings": [note] if note else []})


@routes.post(
    "/v1/why",
    operation_id="why",
    tags=["answers"],
    summary="Say why a document or page was not found",
    response_description="Each step, and what brings it in",
    response_model=WhyBody,
    responses={**_not_found, **_refused, **_not_allowed},
    dependencies=[ByTheOwner],
)
def why(request: Request, rag: TheRag, body: WhyRequest) -> Response:
    """The search is run again step by step, and what might mend it is tried.

    The inquiry sees every document, and is the owner's alone; `groups` are those whose search is asked about.
    """
    limit: int = request.app.state.search_limit if body.limit is None else body.limit
    found = rag.why(
        body.question,
        document=body.document,
        page=body.page,
        limit=limit,
        mode=body.mode,
        where=body.filter,
        groups=body.groups,
    )
    return WireJson(asdict(found))


@routes.post(
    "/v1/verify",
    operation_id="verify",
    tags=["answers"],
    summary="Hold claims against texts",
    response_description="A verdict for each claim",
    response_model=VerifyBody,
    responses={**_refused, **_model_failed},
)
def verify(rag: TheRag, body: VerifyRequest) -> Response:
    """Is each claim borne out by the sources given? The index is not looked at; the verifier is that of answers."""
    return WireJson(verified(body, rag.verifier()))


@routes.get(
    "/v1/documents",
    operation_id="listDocuments",
    tags=["documents"],
    summary="List the documents",
    response_description="A page of documents",
    response_model=DocumentPage,
    responses={**_refused, **_not_allowed},
)
def list_documents(
    rag: TheRag,
    asker: TheAsker,
    limit: Annotated[int, Query(ge=1, le=200, description="Most documents to return")] = 50,
    cursor: Annotated[str | None, Query(max_length=4096, description="`next_cursor` of the page before")] = None,
) -> Response:
    """Documents in the order of their URIs; a page begins after its cursor, whatever was added or removed since."""
    entries = rag.documents(groups=asker)
    begin = 0 if cursor is None else bisect_right(entries, cursor, key=lambda entry: entry.uri)
    page = entries[begin : begin + limit]
    more = begin + limit < len(entries)
    return WireJson(
        {
            "documents": [entry_json(entry) for entry in page],
            "total": len(entries),
            "next_cursor": page[-1].uri if more else None,
        }
    )


@routes.get(
    "/v1/documents/{id}",
    operation_id="getDocument",
    tags=["documents"],
    summary="Look at a document",
    response_description="The document",
    response_model=DocumentDetail,
    responses={**_not_found, **_refused, **_not_allowed},
)
def get_document(rag: TheRag, asker: TheAsker, document_id: DocumentId) -> Response:
    """The present version of a document, with its outline."""
    document = rag.document(document_id, groups=asker)
    entry = next((entry for entry in rag.documents(groups=asker) if entry.id == document.id), None)
    if entry is None:  # removed between the two looks
        raise DocumentNotFound(name=document_id)
    return WireJson({**entry_json(entry), **outline_json(document)})


@routes.delete(
    "/v1/documents/{id}",
    operation_id="removeDocument",
    tags=["documents"],
    summary="Remove a document from the index",
    response_description="What was removed",
    response_model=Removed,
    responses={**_not_found, **_busy, **_not_allowed},
    dependencies=[ByTheOwner],
)
def remove_document(rag: TheRag, document_id: DocumentId) -> Response:
    """The document leaves with all its versions, and with the documents of what is attached to it; the file stays."""
    return WireJson({"removed": [{"id": entry.id, "uri": entry.uri} for entry in rag.remove(document_id)]})


@routes.get(
    "/v1/documents/{id}/text",
    operation_id="getDocumentText",
    tags=["documents"],
    summary="Read a document's canonical text",
    response_description="The text, or the part of it that was asked for",
    response_class=PlainTextResponse,
    responses={**_not_found, **_refused, **_not_allowed},
)
def get_document_text(
    rag: TheRag,
    asker: TheAsker,
    document_id: DocumentId,
    version: Annotated[
        str | None, Query(min_length=1, max_length=64, description="A version that the index keeps, or its beginning")
    ] = None,
    start: Annotated[int, Query(ge=0, description="First code point")] = 0,
    end: Annotated[int | None, Query(ge=0, description="Code point after the last; beyond the end is the end")] = None,
) -> Response:
    """The text to which every offset refers; with a citation's version, start and end, exactly its quote."""
    document = rag.document(document_id, version=version, groups=asker)
    text = document.text[start:end].encode("utf-8", "backslashreplace")
    return PlainTextResponse(text, headers={"etag": f'"{document.version}"'})


@routes.get(
    "/healthz",
    operation_id="health",
    tags=["service"],
    summary="Is the service alive?",
    response_description="It is",
    response_model=State,
)
def health() -> Response:
    """Says nothing of the index."""
    return WireJson({"status": "ok"})


@routes.get(
    "/readyz",
    operation_id="ready",
    tags=["service"],
    summary="Can the service answer?",
    response_description="It can",
    response_model=State,
    responses={
        503: {"model": Problem, "description": "The index cannot be read, or not be answered from as configured"}
    },
)
def ready(rag: TheRag) -> Response:
    """Reads the index and asks no model; says nothing of what is in it."""
    try:
        rag.check()
        rag.snapshot()
    except RagError as error:
        return not_ready(error)
    return WireJson({"status": "ready"})


def create_app(rag: Rag, *, search_limit: int = 10, groups: Collection[str] | None = None) -> FastAPI:
    """The service over an open index, which stays the caller's to close.

    Args:
        rag: The index.
        search_limit: The hits of a search that names no limit.
        groups: Whom the service acts for: no request sees more. None is the owner, who sees all.
    """
    app = _describe_app()
    app.state.rag = rag
    app.state.search_limit = search_limit
    app.state.groups = None if groups is None else frozenset(groups)
    return app


def openapi() -> dict[str, Any]:
    """The service's description, as served at ``/openapi.json``; needs no index."""
    return _describe_app().openapi()


class _Service(FastAPI):
    """FastAPI, but its description tells errors by their own media type."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            schema = get_openapi(
                title=self.title, version=self.version, description=self.description, routes=self.routes
            )
            declare_problems(schema)
            self.openapi_schema = schema
        return self.openapi_schema


def _describe_app() -> FastAPI:
    app = _Service(
        title="Plumbline",
        version=installed_version("plumbline"),
        description=_DESCRIPTION,
        docs_url=None,  # its page loads scripts from elsewhere, which a service for private documents must not
        redoc_url=None,
        redirect_slashes=False,
    )
    app.exception_handler(RagError)(_answer_error)
    app.exception_handler(RequestValidationError)(_answer_invalid)
    app.exception_handler(AnyHTTPException)(_answer_http)
    app.exception_handler(Exception)(_answer_defect)
    app.include_router(routes)
    app.add_middleware(Guard)
    return app


async def _answer_error(_request: Request, error: RagError) -> Response:
    return error_response(error)


async def _answer_invalid(_request: Request, error: RequestValidationError) -> Response:
    """Names each wrong field; never repeats what was sent."""
    wrong: list[FieldProblem] = [
        {"field": ".".join(str(part) for part in one["loc"][1:]) or str(one["loc"][0]), "message": one["msg"]}
        for one in error.errors()
    ]
    detail = "; ".join(f"{one['field']}: {one['message']}" for one in wrong[:3])
    hint = "Compare the request with /openapi.json."
    return problem_response(status=422, title="Invalid request", detail=detail, hint=hint, errors=wrong)


async def _answer_http(_request: Request, error: AnyHTTPException) -> Response:
    return http_response(error)


async def _answer_defect(_request: Request, _error: Exception) -> Response:
    return internal_problem()
