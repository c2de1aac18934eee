"""The two kinds of JSON response, and how errors become the second."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from api.problems import PROBLEM_TYPES, FieldProblem, ProblemJson, problem_json
from indexers.errors import RagError

SAFE_HEADERS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
"""On every response: a browser must not read it as something else, embed it, or keep it."""


class WireJson(JSONResponse):
    """JSON in UTF-8; a lone surrogate, as in a file name that is not UTF-8, stands as its JSON escape."""

    def render(self, content: Any) -> bytes:  # noqa: ANN401  # starlette's signature
        """The body's bytes."""
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode("utf-8", "backslashreplace")


class ProblemReply(WireJson):
    """An error as RFC 9457 words it."""

    media_type = "application/problem+json"


def problem_response(
    *,
    status: int,
    title: str,
    detail: str,
    hint: str,
    errors: list[FieldProblem] | None = None,
    headers: Mapping[str, str] | None = None,
) -> ProblemReply:
    """A problem that is no error of the core: the request itself cannot be taken."""
    problem: ProblemJson = {
        "type": PROBLEM_TYPES + title.lower().replace(" ", "-"),
        "title": title,
        "status": status,
        "detail": detail,
        "hint": hint,
    }
    if errors:
        problem["errors"] = errors
    # the headers stand here too, since a defect is answered outside of the guard that adds them to the rest
    return ProblemReply(problem, status_code=status, headers={**SAFE_HEADERS, **(headers or {})})


def error_response(error: RagError) -> ProblemReply:
    """An error of the core, with the status of the one table."""
    problem = problem_json(error)
    return ProblemReply(problem, status_code=problem["status"])


def not_ready(error: RagError) -> ProblemReply:
    """An error of the core that keeps the service from answering anybody, whatever it would mean for one request."""
    return ProblemReply({**problem_json(error), "status": 503}, status_code=503)


def internal_problem() -> ProblemReply:
    """A defect: what it was goes to the service's log, never to the client."""
    return problem_response(
        status=500,
        title="Internal error",
        detail="the service failed unexpectedly",
        hint="Try again; if it persists, report it with the service's log.",
    )


def http_response(error: HTTPException) -> ProblemReply:
    """What the framework refuses by itself: an unknown path, another method, a body that cannot be parsed."""
    return problem_response(
        status=error.status_code,
        title=HTTPStatus(error.status_code).phrase.capitalize(),
        detail=str(error.detail),
        hint="The paths and methods are in /openapi.json.",
        headers=error.headers,
    )


def declare_problems(schema: dict[str, Any]) -> None:
    """Let an OpenAPI description say of every error that it is a problem, by its own media type."""
    for unused in ("HTTPValidationError", "ValidationError"):
        schema["components"]["schemas"].pop(unused, None)
    for path in schema["paths"].values():
        for operation in path.values():
            # fastapi says of every route with parameters that they can be invalid, in its own format
            generated = operation["responses"].get("422", {}).get("content", {}).get("application/json", {})
            if "HTTPValidationError" in str(generated):
                del operation["responses"]["422"]
            for status, response in operation["responses"].items():
                if status >= "400":
                    (described,) = response["content"].values()
                    response["content"] = {ProblemReply.media_type: described}
