from __future__ import annotations

import json

import pytest

from indexers.scrub import scrub, scrubbed_error

KEY = "hunter2/0123456789abcdef"


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        pytest.param(f"bad key {KEY} given", "bad key [redacted] given", id="whole"),
        pytest.param("bad key hunter2/0123", "bad key [redacted]", id="cut-at-the-end"),
        pytest.param("bad key hunter2/", "bad key [redacted]", id="eight-characters-at-the-end"),
        pytest.param("bad key hunter2", "bad key hunter2", id="seven-characters-are-a-word"),
        pytest.param("hunter2/0123 is bad", "hunter2/0123 is bad", id="a-part-that-was-not-cut"),
        pytest.param("a\ud83db", "a b", id="lone-surrogate"),
    ],
)
def test_scrub(text: str, scrubbed: str) -> None:
    assert scrub(text, [KEY]) == scrubbed


@pytest.mark.parametrize("before", range(470, 505))
def test_a_key_at_the_cut_of_a_message_is_scrubbed_before_the_cut(before: int) -> None:
    message = "x" * before + KEY + " and more"
    body = json.dumps({"error": {"message": message, "code": message, "param": message}}).encode()
    error = scrubbed_error(host="h", status=400, body=body, secrets=[KEY])
    for shown in (error.reason, error.code, error.param):
        assert "hunt" not in shown
        assert len(shown) <= 500
