"""The JSON of OpenAI-compatible endpoints as strangers send it, and what their errors mean."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from indexers.http import AddressRefused, DeadlineExceeded, HttpError, HttpStatusError, ProtocolError, RequestCancelled
from indexers.retrying import OUT_OF_CREDIT
from rag.answer import Usage
from rag.errors import (
    BudgetExceeded,
    Cancelled,
    ContextTooLong,
    EndpointFailed,
    GenerationError,
    ModelNotFound,
    NotAnAnswer,
    OutOfTime,
)

MOST_TOKENS = 10**9


@dataclass(frozen=True, slots=True)
class Reply:
    """What a request for free text brought. ``refusal`` is the endpoint's reason for not answering.

    ``truncated``: the endpoint stopped at its token limit, and ``text`` is what there is.
    """

    text: str
    usage: Usage
    truncated: bool = False
    refusal: str | None = None


class _Strange(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)


class Part(_Strange):
    """A message, or the part of one that a stream's chunk adds."""

    content: str | None = None
    refusal: str | None = None


class Choice(_Strange):
    """One of the alternatives; only index 0 is read."""

    index: int = 0
    message: Part | None = None
    delta: Part | None = None
    finish_reason: str | None = None

    def part(self) -> Part | None:
        """The message of a body, or the delta of a chunk."""
        return self.message or self.delta


class _PromptDetails(_Strange):
    cached_tokens: int | None = Field(None, ge=0, le=MOST_TOKENS)


class _Usage(_Strange):
    prompt_tokens: int | None = Field(None, ge=0, le=MOST_TOKENS)
    completion_tokens: int | None = Field(None, ge=0, le=MOST_TOKENS)
    prompt_tokens_details: _PromptDetails | None = None


class Completion(_Strange):
    """A completion, or one chunk of a streamed one; a usage chunk has no choices."""

    choices: list[Choice] | None = None
    usage: _Usage | None = None
    error: object | None = None

    def first(self) -> Choice | None:
        """The choice with index 0, if this chunk has it."""
        return next((choice for choice in self.choices or () if choice.index == 0), None)

    def counted(self) -> Usage | None:
        """The usage that is reported, if any."""
        if self.usage is None or not (self.usage.prompt_tokens or self.usage.completion_tokens):
            return None
        details, prompt_tokens = self.usage.prompt_tokens_details, self.usage.prompt_tokens or 0
        return Usage(
            prompt_tokens=prompt_tokens,
            completion_tokens=self.usage.completion_tokens or 0,
            cached_tokens=min((details.cached_tokens or 0) if details else 0, prompt_tokens),
        )

    def error_text(self) -> str:
        """What the error inside says."""
        message = self.error.get("message") if isinstance(self.error, dict) else self.error
        return message if isinstance(message, str) else "no reason given"


class WrittenText:
    """Text as it arrives, in whole characters: JSON may hold half a surrogate pair, which no encoder takes."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._held = ""

    def add(self, text: str | None, *, last: bool) -> str:
        """What ``text`` adds; a high surrogate at its end waits for the next part unless this is the last."""
        text = self._held + (text or "")
        self._held = text[-1:] if not last and "\ud800" <= text[-1:] <= "\udbff" else ""
        text = text[: len(text) - len(self._held)]
        self._parts.append(text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))
        return self._parts[-1]

    def __str__(self) -> str:
        return "".join(self._parts)


_TOO_LONG = re.compile(
    r"(maximum|max)\s+context|context[ _](length|window|size)|prompt is too long|too many (input )?tokens"
    r"|input (is|length).{0,40}(too long|exceed)|exceeds? the (available )?context",
    re.IGNORECASE,
)
_NOT_TAKEN = re.compile(
    r"unsupported|not support|unrecogni[sz]ed|unknown|not permitted|not allowed|extra", re.IGNORECASE
)
_PARAMETER = re.compile(r"\b(max_completion_tokens|max_tokens|temperature|stream_options|response_format)\b")


def adapted_parameter(error: HttpError) -> str | None:
    """The parameter that the endpoint says it does not take, where leaving it out or renaming it may help."""
    if not isinstance(error, HttpStatusError) or error.status not in {400, 422} or is_too_long(error):
        return None
    if error.code not in {"unsupported_parameter", "unsupported_value"} and not _NOT_TAKEN.search(error.reason):
        return None
    named = _PARAMETER.search(error.param) or _PARAMETER.search(error.reason)
    return named.group() if named else None


def is_too_long(error: HttpStatusError) -> bool:
    """Whether the endpoint says that the request does not fit its window, in OpenAI's words or others'."""
    if error.code == "context_length_exceeded" or error.status == 413:
        return True
    return error.status in {400, 422, 500} and bool(_TOO_LONG.search(error.reason))


def is_content_filter(error: HttpStatusError) -> bool:
    """Whether the endpoint refused the request for its content: an outcome, not a failure."""
    return error.status == 400 and error.code in {"content_filter", "content_policy_violation"}


def as_generation_error(error: HttpError, *, model: str) -> GenerationError:
    """What a failed request means for the answer."""
    if isinstance(error, DeadlineExceeded):
        return OutOfTime(str(error))
    if isinstance(error, RequestCancelled):
        return Cancelled(str(error))
    if isinstance(error, ProtocolError):
        return NotAnAnswer(str(error))
    if isinstance(error, AddressRefused) or not isinstance(error, HttpStatusError):
        return _with_hint(EndpointFailed(str(error)), error)
    if is_too_long(error):
        return ContextTooLong(str(error))
    if error.code in OUT_OF_CREDIT or error.status == 402:
        return BudgetExceeded(str(error))
    if error.code == "model_not_found" or error.status in {404, 410}:
        return ModelNotFound(f"{model} is not served there (retired, or misspelt?): {error}")
    return EndpointFailed(str(error))


def _with_hint(raised: GenerationError, cause: HttpError) -> GenerationError:
    raised.hint = cause.hint
    return raised
