from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from indexers.http import HttpClient
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
from rag.generation import Deadline, Draft, DraftSentence
from rag.openai import OpenAiGenerator
from rag.profiles import model_profile
from rag.prompt import SYSTEM
from tests.rag.chat import chunk, completion, refused, streamed
from tests.rag.windows import window_of
from tests.scripted_server import HANG, ScriptedServer, json_reply, reply, scripted_server, stream_reply

KEY = "sk-MARKED-0123456789abcdef"
WINDOW = window_of(["Leave is 16 weeks.", "It is paid in full."])
QUESTION = "How long is leave?"
SAID = "Leave is 16 weeks [1.1]. It is paid [1.2]."
DRAFTED = (DraftSentence("Leave is 16 weeks.", ("1.1",)), DraftSentence("It is paid.", ("1.2",)))


@pytest.fixture
def client() -> Iterator[HttpClient]:
    opened = HttpClient(jitter=lambda low, _high: low)
    yield opened
    opened.close()


def generator_at(server: ScriptedServer, client: HttpClient, model: str = "gpt-4o-mini") -> OpenAiGenerator:
    return OpenAiGenerator(
        profile=model_profile(model, window_tokens=8192),
        client=client,
        base_url=server.url,
        key=SecretStr(KEY),
        max_output_tokens=256,
        temperature=0.0,
    )


def deadline(seconds: float = 5.0) -> Deadline:
    return Deadline(at_seconds=time.monotonic() + seconds, cancelled=threading.Event())


def ask(generator: OpenAiGenerator, *, stream: bool, seconds: float = 5.0) -> Draft:
    if not stream:
        return generator.generate(QUESTION, WINDOW, deadline=deadline(seconds))
    *sentences, draft = generator.stream(QUESTION, WINDOW, deadline=deadline(seconds))
    assert isinstance(draft, Draft)
    if draft.refusal is None:
        assert tuple(sentences) == draft.sentences
    return draft


both = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


@both
def test_an_answer(client: HttpClient, stream: bool) -> None:
    answer = streamed(*SAID) if stream else json_reply(completion(SAID))
    with scripted_server(answer) as server:
        draft = ask(generator_at(server, client), stream=stream)
    assert draft == Draft(
        sentences=DRAFTED,
        abstained=False,
        model="gpt-4o-mini",
        usage=Usage(prompt_tokens=900, completion_tokens=20, cached_tokens=500),
    )
    body = server.asked[0].body
    assert server.asked[0].line == "POST /v1/chat/completions HTTP/1.1"
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert body["messages"][0] == {"role": "system", "content": SYSTEM}
    assert body["messages"][1]["content"] == f"{WINDOW.text}\n\nQuestion: {QUESTION}\n"
    assert (body["model"], body["max_tokens"], body["temperature"]) == ("gpt-4o-mini", 256, 0.0)
    assert body.get("stream_options") == ({"include_usage": True} if stream else None)


def test_a_reasoning_model_gets_other_parameters(client: HttpClient) -> None:
    with scripted_server(json_reply(completion(SAID))) as server:
        ask(generator_at(server, client, "gpt-6-luna"), stream=False)
    body = server.asked[0].body
    assert body["max_completion_tokens"] == 256
    assert not {"max_tokens", "temperature"} & set(body)


@pytest.mark.parametrize(
    ("error", "absent", "present"),
    [
        pytest.param(
            refused(400, "unsupported_parameter", "Unsupported parameter: 'max_tokens'", "max_tokens"),
            "max_tokens",
            "max_completion_tokens",
            id="max-tokens",
        ),
        pytest.param(
            refused(400, "unsupported_value", "Unsupported value: 'temperature'", "temperature"),
            "temperature",
            "max_tokens",
            id="temperature",
        ),
        pytest.param(
            refused(422, message="Extra inputs are not permitted: stream_options"),
            "stream_options",
            "temperature",
            id="stream-options-by-wording",
        ),
    ],
)
def test_a_parameter_that_is_not_taken_is_changed_once_and_for_good(
    client: HttpClient, error: bytes, absent: str, present: str
) -> None:
    with scripted_server(error, streamed(SAID)) as server:
        generator = generator_at(server, client)
        assert ask(generator, stream=True).sentences == DRAFTED
        assert ask(generator, stream=True).sentences == DRAFTED
    assert [absent in asked.body for asked in server.asked] == [True, False, False]
    assert present in server.asked[1].body


def test_a_parameter_that_is_still_refused_is_an_error(client: HttpClient) -> None:
    still = refused(400, "unsupported_parameter", "Unsupported parameter: 'max_tokens'")
    with scripted_server(still) as server, pytest.raises(EndpointFailed, match="status 400"):
        ask(generator_at(server, client), stream=False)
    assert len(server.asked) == 2


ERRORS = [
    pytest.param(refused(401, "invalid_api_key", f"Incorrect key {KEY}"), EndpointFailed, 1, id="401"),
    pytest.param(refused(403), EndpointFailed, 1, id="403"),
    pytest.param(refused(400, "other"), EndpointFailed, 1, id="400"),
    pytest.param(refused(404, "model_not_found"), ModelNotFound, 1, id="404-model"),
    pytest.param(refused(410), ModelNotFound, 1, id="410-retired"),
    pytest.param(refused(429, "rate_limit_exceeded"), EndpointFailed, 4, id="429-rate"),
    pytest.param(refused(429, "insufficient_quota"), BudgetExceeded, 1, id="429-quota"),
    pytest.param(refused(500), EndpointFailed, 4, id="500"),
    pytest.param(refused(529), EndpointFailed, 4, id="529"),
    pytest.param(refused(400, "context_length_exceeded"), ContextTooLong, 1, id="too-long-openai"),
    pytest.param(
        refused(400, message="This model's maximum context length is 4096 tokens"),
        ContextTooLong,
        1,
        id="too-long-vllm",
    ),
    pytest.param(
        refused(400, message="the request exceeds the available context size"),
        ContextTooLong,
        1,
        id="too-long-llama-cpp",
    ),
    pytest.param(refused(413), ContextTooLong, 1, id="413"),
    pytest.param(reply(b"<html>", content_type="text/html"), NotAnAnswer, 2, id="html-200"),
]


@both
@pytest.mark.parametrize(("answer", "error", "attempts"), ERRORS)
def test_errors(client: HttpClient, answer: bytes, error: type[GenerationError], attempts: int, stream: bool) -> None:
    with scripted_server(answer) as server, pytest.raises(error) as caught:
        ask(generator_at(server, client), stream=stream)
    assert len(server.asked) == attempts
    assert KEY not in f"{caught.value!r} {caught.value.__cause__!r}"
    assert caught.value.hint


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="no-choices"),
        pytest.param({"choices": []}, id="empty-choices"),
        pytest.param({"choices": None}, id="null-choices"),
        pytest.param({"choices": "x"}, id="choices-not-a-list"),
        pytest.param({"choices": [{"finish_reason": "stop"}]}, id="no-message"),
        pytest.param(completion(SAID, finish=None), id="no-finish-reason"),
        pytest.param(completion(SAID, finish="because"), id="unknown-finish-reason"),
        pytest.param(completion(None), id="null-content"),
        pytest.param(completion("  "), id="blank-content"),
        pytest.param(completion("", finish="length"), id="limit-used-up-by-reasoning"),
        pytest.param({"error": {"message": "overloaded"}}, id="error-in-200"),
        pytest.param({"choices": [{"index": 0, "message": {"content": 7}, "finish_reason": "stop"}]}, id="number"),
    ],
)
def test_bodies_that_are_no_answer(client: HttpClient, body: object) -> None:
    with scripted_server(json_reply(body)) as server, pytest.raises(NotAnAnswer):
        ask(generator_at(server, client), stream=False)


STREAMS = [
    pytest.param([chunk(SAID), chunk(finish="stop")], DRAFTED, id="without-done"),
    pytest.param([chunk(SAID), chunk(finish="stop"), "[DONE]", "[DONE]"], DRAFTED, id="done-twice"),
    pytest.param([chunk(role="assistant"), chunk(SAID, finish="stop")], DRAFTED, id="role-only-chunk"),
    pytest.param(
        [chunk(SAID), {"choices": [{"index": 0, "delta": None, "finish_reason": "stop"}]}], DRAFTED, id="null"
    ),
    pytest.param([chunk(SAID), {"choices": [{"finish_reason": "stop"}]}], DRAFTED, id="no-delta"),
    pytest.param([chunk(SAID), chunk(finish="stop"), chunk(" More. [1.1]")], DRAFTED, id="delta-after-finish"),
    pytest.param([chunk(SAID), chunk(finish="stop"), chunk(finish="stop")], DRAFTED, id="finish-twice"),
    pytest.param([chunk(SAID), chunk("No.", index=1), chunk(finish="stop")], DRAFTED, id="second-alternative"),
    pytest.param([chunk(SAID), chunk(finish="stop", index=1)], NotAnAnswer, id="only-the-second-finishes"),
    pytest.param([chunk(SAID), {"error": {"message": "overloaded"}}], NotAnAnswer, id="error-inside"),
    pytest.param([chunk(SAID), "[DONE]"], NotAnAnswer, id="done-without-finish"),
    pytest.param([chunk(SAID)], NotAnAnswer, id="no-finish"),
    pytest.param(["{"], NotAnAnswer, id="not-json"),
    pytest.param(["[1]"], NotAnAnswer, id="not-an-object"),
    pytest.param([chunk(finish="stop")], NotAnAnswer, id="nothing-written"),
]


STREAMS += [
    pytest.param([chunk(SAID), chunk(finish=""), chunk(finish="stop")], DRAFTED, id="empty-finish-goes-on"),
    pytest.param([chunk("Leave is"), chunk(" 16 weeks [1.1].", finish="")], NotAnAnswer, id="empty-finish-is-none"),
    pytest.param(
        [chunk("Leave \ud83d"), chunk("\ude00 is [1.1].", finish="stop")],
        (DraftSentence("Leave \U0001f600 is.", ("1.1",)),),
        id="surrogate-pair-split-between-chunks",
    ),
    pytest.param(
        [chunk("Leave \ud83d"), chunk(" is [1.1].", finish="stop")],
        (DraftSentence("Leave \ufffd is.", ("1.1",)),),
        id="lone-surrogate-in-the-middle",
    ),
    pytest.param(
        [chunk("Leave is [1.1] \ud83d"), chunk(finish="stop")],
        (DraftSentence("Leave is \ufffd", ("1.1",)),),
        id="lone-surrogate-at-the-end",
    ),
]


@pytest.mark.parametrize(("chunks", "expected"), STREAMS)
def test_streams(client: HttpClient, chunks: list[object], expected: object) -> None:
    with scripted_server(stream_reply(*chunks)) as server:
        generator = generator_at(server, client)
        if expected is NotAnAnswer:
            with pytest.raises(NotAnAnswer):
                ask(generator, stream=True)
        else:
            assert ask(generator, stream=True).sentences == expected


@both
def test_a_lone_surrogate_is_replaced(client: HttpClient, stream: bool) -> None:
    content = "Remote work is allowed \ud83d [1.1]."
    with scripted_server(streamed(content) if stream else json_reply(completion(content))) as server:
        draft = ask(generator_at(server, client), stream=stream)
    assert draft.sentences == (DraftSentence("Remote work is allowed \ufffd.", ("1.1",)),)
    with scripted_server(json_reply(completion(None, refusal="No \ud83d."))) as server:
        assert ask(generator_at(server, client), stream=False).refusal == "No \ufffd."


def test_nothing_is_read_after_done(client: HttpClient) -> None:
    said = [streamed(SAID), HANG]
    with scripted_server(said) as server:
        assert ask(generator_at(server, client), stream=True, seconds=30).sentences == DRAFTED
        assert server.closed_by_client.wait(5)


@pytest.mark.parametrize("before", [475, 485, 495])
def test_a_key_at_the_cut_reaches_no_message(client: HttpClient, before: int) -> None:
    key = "hunter2/0123456789abcdef"
    said = "x" * before + key

    def generator(server: ScriptedServer) -> OpenAiGenerator:
        return OpenAiGenerator(
            profile=model_profile("gpt-4o-mini", window_tokens=8192),
            client=client,
            base_url=server.url,
            key=SecretStr(key),
            max_output_tokens=256,
            temperature=0.0,
        )

    with scripted_server(json_reply({"error": {"message": said}})) as server, pytest.raises(NotAnAnswer) as caught:
        ask(generator(server), stream=False)
    assert "hunt" not in str(caught.value)
    with scripted_server(json_reply(completion(None, refusal=said))) as server:
        assert "hunt" not in str(ask(generator(server), stream=False).refusal)
    with scripted_server(json_reply(completion("The key is hunter2/01", finish="length"))) as server:
        assert "hunt" not in repr(ask(generator(server), stream=False))


@pytest.mark.parametrize("usage", [{"prompt_tokens": None, "completion_tokens": 5}, {"prompt_tokens": None}])
def test_usage_tokens_may_be_null(client: HttpClient, usage: dict[str, int | None]) -> None:
    with scripted_server(json_reply({**completion(SAID), "usage": usage})) as server:
        draft = ask(generator_at(server, client), stream=False)
    assert draft.sentences == DRAFTED
    assert draft.usage.estimated == ("completion_tokens" not in usage)
    assert draft.usage.completion_tokens == usage.get("completion_tokens", draft.usage.completion_tokens)


def test_a_stream_cut_off_anywhere_is_never_an_answer(client: HttpClient) -> None:
    whole = stream_reply(chunk("Leave is 16 weeks [1.1]. "), chunk("It is paid [1.2]."), chunk(finish="stop"))
    head = whole.index(b"\r\n\r\n") + 4
    cuts = [whole[:end] for end in range(head, len(whole))]
    with scripted_server(*cuts) as server:
        generator = generator_at(server, client)
        while len(server.asked) < len(cuts):  # an attempt that delivered nothing is repeated, and meets the next cut
            with pytest.raises(GenerationError):
                ask(generator, stream=True)


@both
def test_outcomes_that_are_no_errors(client: HttpClient, stream: bool) -> None:
    def asked(content: str, **how: str) -> Draft:
        finish, refusal = how.get("finish", "stop"), how.get("refusal")
        whole = json_reply(completion(content, finish=finish, refusal=refusal))
        parts = stream_reply(chunk(content, refusal=refusal), chunk(finish=finish))
        with scripted_server(parts if stream else whole) as server:
            return ask(generator_at(server, client), stream=stream)

    cut = asked("Leave is 16 weeks [1.1]. It is", finish="length")
    assert cut.truncated
    assert not cut.abstained
    filtered = asked("Leave is", finish="content_filter")
    assert (filtered.sentences, filtered.abstained) == ((), True)
    assert "content filter" in (filtered.refusal or "")
    declined = asked("", refusal="I cannot help with that.")
    assert (declined.abstained, declined.refusal) == (True, "I cannot help with that.")
    nothing = asked("NOT IN THE SOURCES")
    assert (nothing.sentences, nothing.abstained, nothing.refusal) == ((), True, None)
    echoed = asked(f"Leave is 16 weeks, {KEY} says [1.1].")
    assert KEY not in repr(echoed)


@both
def test_a_request_refused_for_its_content_is_an_outcome(client: HttpClient, stream: bool) -> None:
    with scripted_server(refused(400, "content_filter", "flagged")) as server:
        draft = ask(generator_at(server, client), stream=stream)
    assert (draft.abstained, draft.refusal, draft.usage.estimated) == (True, "flagged", True)


def test_usage_is_estimated_where_none_is_reported(client: HttpClient) -> None:
    with scripted_server(stream_reply(chunk(SAID), chunk(finish="stop"))) as server:
        usage = ask(generator_at(server, client), stream=True).usage
    assert usage.estimated
    assert 250 < usage.prompt_tokens < 350
    assert 10 < usage.completion_tokens < 30


@both
def test_the_deadline(client: HttpClient, stream: bool) -> None:
    with scripted_server(HANG) as server, pytest.raises(OutOfTime):
        ask(generator_at(server, client), stream=stream, seconds=0.2)


def test_cancelling(client: HttpClient) -> None:
    stopped = deadline(30)
    with scripted_server([stopped.cancelled.set, HANG]) as server:
        with pytest.raises(Cancelled):
            generator_at(server, client).generate(QUESTION, WINDOW, deadline=stopped)
        assert server.closed_by_client.wait(5)


def test_a_request_that_cannot_fit_is_not_sent(client: HttpClient) -> None:
    with scripted_server(json_reply(completion(SAID))) as server:
        generator = OpenAiGenerator(
            profile=model_profile("small", window_tokens=1024),
            client=client,
            base_url=server.url,
            key=None,
            max_output_tokens=1000,
            temperature=0.0,
        )
        with pytest.raises(ContextTooLong, match="do not fit the window of 1024 of small"):
            ask(generator, stream=False)
    assert server.asked == []
