"""The one table from error to exit code and HTTP status, and how an error is worded at either edge."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypedDict

from api.errors import (
    GroupsRefused,
    HostRefused,
    OwnerOnly,
    PortUnavailable,
    QueriesError,
    SettingsFileExists,
)
from api.exit_codes import CANNOT_RUN, INTERRUPTED
from evals.errors import EvalError, RatingError
from indexers.errors import (
    DocumentNotFound,
    EmbedError,
    LoadError,
    ParserUnavailable,
    RagError,
    SettingsError,
    StoreBusy,
    StoreError,
)
from indexers.http_errors import HttpError
from indexers.roots import PathNotFound
from rag.errors import BudgetExceeded, Cancelled, GenerationError, OutOfTime, QuestionError, VerifierUnusable
from retrievers.errors import FilterError, RetrievalError

PROBLEM_TYPES = "urn:plumbline:problem:"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an error means to a shell and to an HTTP client."""

    exit_code: int
    http_status: int


MEANINGS: dict[type[RagError], Meaning] = {
    RagError: Meaning(CANNOT_RUN, 500),
    SettingsError: Meaning(CANNOT_RUN, 500),
    LoadError: Meaning(CANNOT_RUN, 422),
    ParserUnavailable: Meaning(CANNOT_RUN, 503),
    PathNotFound: Meaning(CANNOT_RUN, 404),
    EmbedError: Meaning(CANNOT_RUN, 503),
    StoreError: Meaning(CANNOT_RUN, 503),
    StoreBusy: Meaning(CANNOT_RUN, 409),
    DocumentNotFound: Meaning(CANNOT_RUN, 404),
    QuestionError: Meaning(CANNOT_RUN, 422),
    VerifierUnusable: Meaning(CANNOT_RUN, 503),
    GenerationError: Meaning(CANNOT_RUN, 502),
    BudgetExceeded: Meaning(CANNOT_RUN, 402),
    OutOfTime: Meaning(CANNOT_RUN, 504),
    Cancelled: Meaning(INTERRUPTED, 503),
    HttpError: Meaning(CANNOT_RUN, 502),
    RetrievalError: Meaning(CANNOT_RUN, 503),
    FilterError: Meaning(CANNOT_RUN, 422),
    EvalError: Meaning(CANNOT_RUN, 500),
    RatingError: Meaning(CANNOT_RUN, 422),
    SettingsFileExists: Meaning(CANNOT_RUN, 500),
    QueriesError: Meaning(CANNOT_RUN, 500),
    GroupsRefused: Meaning(CANNOT_RUN, 403),
    OwnerOnly: Meaning(CANNOT_RUN, 403),
    HostRefused: Meaning(CANNOT_RUN, 500),
    PortUnavailable: Meaning(CANNOT_RUN, 500),
}
"""By class; an error that is not listed means what its nearest ancestor means."""


class FieldProblem(TypedDict):
    """What is wrong with one field of a request."""

    field: str
    message: str


class ProblemJson(TypedDict, total=False):
    """An error as RFC 9457 words it, with the hint that every error of the project carries."""

    type: str
    title: str
    status: int
    detail: str
    hint: str
    errors: list[FieldProblem]


def meaning(error: RagError) -> Meaning:
    """What ``error`` means, by the nearest class in its line that the table lists."""
    return next(MEANINGS[kind] for kind in type(error).__mro__ if kind in MEANINGS)


def problem_json(error: RagError) -> ProblemJson:
    """The body of an ``application/problem+json`` response."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).lower()
    return {
        "type": PROBLEM_TYPES + words.replace(" ", "-"),
        "title": words.capitalize(),
        "status": meaning(error).http_status,
        "detail": str(error),
        "hint": error.hint,
    }
