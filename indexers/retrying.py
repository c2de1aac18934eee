"""Whether, and when, a failed request is worth repeating: pure rules."""

from __future__ import annotations

import datetime as dt
import email.utils
import math
import re
from collections.abc import Callable, Mapping

from indexers.http_errors import HttpError, HttpStatusError, ProtocolError, Unreachable

MAX_ATTEMPTS = 4
BASE_SECONDS = 0.5
MOST_SECONDS = 20.0
RETRYABLE_STATUSES = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
OUT_OF_CREDIT = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_hard_limit"})
_SPAN = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")


def worth_repeating(error: HttpError, attempts: int) -> bool:
    """Whether another attempt may succeed after ``attempts`` have failed, the last one with ``error``."""
    if isinstance(error, HttpStatusError):
        return error.status in RETRYABLE_STATUSES and error.code not in OUT_OF_CREDIT
    if isinstance(error, ProtocolError):
        return attempts < 2  # a page of a proxy that is just starting; a second one is the endpoint's own answer
    return isinstance(error, Unreachable)


def back_off_seconds(attempts: int, retry_after: float | None, jitter: Callable[[float, float], float]) -> float:
    """How long to wait: full jitter, or what the endpoint asked for and up to a quarter more, never less.

    Source: AWS Architecture Blog, "Exponential Backoff And Jitter", 2015.
    """
    if retry_after is not None:
        return retry_after + jitter(0.0, 0.25 * retry_after)
    return jitter(0.0, min(MOST_SECONDS, BASE_SECONDS * 2.0**attempts))


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """The wait that the endpoint asks for, or None; negative and non-finite values count as none."""
    named = [
        _number(headers.get("retry-after-ms"), 0.001),
        _number(headers.get("retry-after"), 1.0),
        _date(headers.get("retry-after")),
    ]
    for seconds in named:
        if seconds is not None:
            return seconds
    resets = [
        seconds
        for part in ("requests", "tokens")
        if headers.get(f"x-ratelimit-remaining-{part}") == "0"
        and (seconds := _span(headers.get(f"x-ratelimit-reset-{part}"))) is not None
    ]
    return max(resets, default=None)


def _number(value: str | None, scale: float) -> float | None:
    try:
        seconds = float(value or "") * scale
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _date(value: str | None) -> float | None:
    try:
        moment = email.utils.parsedate_to_datetime(value or "")
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return max((moment - dt.datetime.now(dt.UTC)).total_seconds(), 0.0)


def _span(value: str | None) -> float | None:
    match = _SPAN.fullmatch(value or "")
    if not value or match is None:
        return None
    hours, minutes, seconds, milliseconds = (float(group or 0) for group in match.groups())
    return hours * 3600 + minutes * 60 + seconds + milliseconds / 1000
