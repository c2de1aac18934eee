"""The OpenAI chat completions format as a server writes it, for the scripted server."""

from __future__ import annotations

from typing import Any

from tests.scripted_server import json_reply, stream_reply

USAGE = {"prompt_tokens": 900, "completion_tokens": 20, "prompt_tokens_details": {"cached_tokens": 500}}


def completion(content: str | None, *, finish: str | None = "stop", **extra: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": content, **extra}
    return {"id": "x", "choices": [{"index": 0, "message": message, "finish_reason": finish}], "usage": USAGE}


def chunk(content: str | None = None, *, finish: str | None = None, index: int = 0, **extra: Any) -> dict[str, Any]:
    return {"choices": [{"index": index, "delta": {"content": content, **extra}, "finish_reason": finish}]}


def streamed(*contents: str, finish: str = "stop") -> bytes:
    """Role first, a chunk for each content, the finish reason, the usage, and the mark of the end."""
    chunks = [chunk(content) for content in contents]
    return stream_reply(
        chunk(None, role="assistant"), *chunks, chunk(finish=finish), {"choices": [], "usage": USAGE}, "[DONE]"
    )


def refused(status: int, code: str = "", message: str = "", param: str | None = None, headers: str = "") -> bytes:
    error = {"error": {"code": code, "message": message, "param": param, "type": "invalid_request_error"}}
    return json_reply(error, status=status, headers=headers)
