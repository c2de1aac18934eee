"""The page on which a person rates: on loopback alone, at an address that nobody can guess."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException as AnyHTTPException

from api.guard import Guard
from api.replies import error_response, http_response, problem_response
from evals.html.rating import rating_html
from evals.html.render import policy
from evals.rating.ratings import Opinion
from evals.rating.session import Session
from indexers.errors import RagError


class TaskOpinion(Opinion):
    """An opinion and the number of its task."""

    task: int


@dataclass(frozen=True, slots=True)
class Rating:
    """What the application serves: whose tasks, behind which token, and what is asked."""

    session: Session
    token: str
    asked: Collection[str]


def rating_app(session: Session, *, token: str, asked: Collection[str]) -> FastAPI:
    """The application.

    Args:
        session: Whose tasks.
        token: Begins every address; a request without it learns nothing, not even that a token is missing.
        asked: What raters are asked for, as in `evals.html.rating.rating_html`.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.rating = Rating(session, token, asked)
    app.include_router(_router, prefix="/{token}")
    app.add_exception_handler(RagError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(AnyHTTPException, _http)
    app.add_middleware(Guard)
    return app


def _the_rating(request: Request, token: Annotated[str, Path()]) -> Rating:
    rating: Rating = request.app.state.rating
    # in bytes: compare_digest takes no text beyond ASCII
    if not secrets.compare_digest(token.encode(), rating.token.encode()):
        raise HTTPException(404)
    return rating


TheRating = Annotated[Rating, Depends(_the_rating)]
_router = APIRouter()


@_router.get("/", response_class=HTMLResponse)
def page(rating: TheRating, task: Annotated[int | None, Query(ge=0)] = None) -> HTMLResponse:
    """A task: the one asked for, else the first that is not done."""
    session = rating.session
    number = task if task is not None and task < len(session.tasks) else session.next()
    text = rating_html(session, number, asked=rating.asked)
    allowed = f"{policy('rate')}; frame-ancestors 'none'"
    return HTMLResponse(text.encode("utf-8", "backslashreplace"), headers={"content-security-policy": allowed})


@_router.post("/ratings", status_code=204, response_class=Response)
def rate(rating: TheRating, given: TaskOpinion) -> None:
    """Keep an opinion; it is on the disk before the answer goes out."""
    rating.session.add(given.task, given)


async def _refused(_request: Request, error: Any) -> Response:  # noqa: ANN401  # starlette's signature
    return error_response(error)


async def _http(_request: Request, error: Any) -> Response:  # noqa: ANN401  # starlette's signature
    return http_response(error)


async def _invalid(_request: Request, error: Any) -> Response:  # noqa: ANN401  # starlette's signature
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"][1:])
    return problem_response(
        status=422, title="Invalid request", detail=f"{field}: {first['msg']}", hint="Choose again, and save."
    )
