"""Replies in free text: a picture goes along in OpenAI's form, and a refusal or a cut is an outcome, not an error."""

from __future__ import annotations

import base64
import threading
import time
from typing import Any

import pytest
from pydantic import SecretStr

from indexers.http import HttpClient
from rag.chat_messages import picture_message, texts_and_pictures
from rag.chat_wire import Reply
from rag.errors import NotAnAnswer
from rag.generation import Deadline
from rag.openai import OpenAiGenerator
from rag.profiles import PICTURE_TOKENS, model_profile
from tests.scripted_server import json_reply, scripted_server


def completion(message: dict[str, Any], finish: str | None = "stop", **more: object) -> bytes:
    return json_reply({"choices": [{"index": 0, "message": message, "finish_reason": finish}], **more})


def reply_to(sent: bytes, *, picture: bytes | None = None) -> tuple[Reply, dict[str, Any]]:
    client = HttpClient()
    try:
        with scripted_server(sent) as server:
            model = OpenAiGenerator(
                profile=model_profile("gpt-4o-mini", window_tokens=8192),
                client=client,
                base_url=server.url,
                key=SecretStr("sk-secret"),
                max_output_tokens=100,
                temperature=0.0,
            )
            asked = picture_message("What is it?", picture) if picture else {"role": "user", "content": "What is it?"}
            deadline = Deadline(time.monotonic() + 10, threading.Event())
            return model.reply([asked], max_tokens=20, deadline=deadline), server.asked[0].body
    finally:
        client.close()


def test_a_picture_goes_along_as_a_part_of_the_message() -> None:
    _, body = reply_to(completion({"content": "A slip."}), picture=b"\x89PNG")
    text, picture = body["messages"][0]["content"]
    assert text == {"type": "text", "text": "What is it?"}
    kind, _, data = picture["image_url"]["url"].partition(",")
    assert (picture["type"], kind, base64.b64decode(data)) == ("image_url", "data:image/png;base64", b"\x89PNG")
    assert body["max_tokens"] == 20
    assert "response_format" not in body


def test_a_picture_counts_as_the_model_counts_it() -> None:
    asked = [picture_message("What is it?", b"x")]
    assert texts_and_pictures(asked) == (["What is it?"], 1)
    known = model_profile("gpt-4o-mini", window_tokens=8192)
    assert known.picture_tokens is not None
    assert known.tokens_of(asked) == known.picture_tokens + known.count("What is it?") + known.message_overhead_tokens
    other = model_profile("some-model", window_tokens=8192)
    assert other.picture_tokens is None
    assert other.tokens_of(asked) > PICTURE_TOKENS


@pytest.mark.parametrize(
    ("sent", "text", "truncated", "refusal"),
    [
        pytest.param(completion({"content": "It is 5."}), "It is 5.", False, None, id="whole"),
        pytest.param(completion({"content": "It is"}, "length"), "It is", True, None, id="cut-off"),
        pytest.param(completion({"refusal": "No."}), "", False, "No.", id="declined"),
        pytest.param(
            completion({"content": ""}, "content_filter"),
            "",
            False,
            "the endpoint's content filter stopped the answer",
            id="filtered",
        ),
        pytest.param(
            json_reply({"error": {"message": "policy", "code": "content_filter"}}, status=400),
            "",
            False,
            "policy",
            id="request-filtered",
        ),
        pytest.param(completion({"content": "sk-secret"}), "[redacted]", False, None, id="the-key-said-back"),
    ],
)
def test_what_comes_back_is_told_apart(sent: bytes, text: str, truncated: bool, refusal: str | None) -> None:
    reply, _ = reply_to(sent)
    if refusal == "policy":
        assert reply.refusal is not None
        assert "policy" in reply.refusal
    else:
        assert reply.refusal == refusal
    assert "sk-secret" not in reply.text
    assert reply.truncated == truncated
    if text != "[redacted]":
        assert reply.text == text


def test_a_reply_without_a_finish_reason_is_an_error() -> None:
    with pytest.raises(NotAnAnswer, match="without a finish reason"):
        reply_to(completion({"content": "It is"}, None))
