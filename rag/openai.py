"""The generator that asks an endpoint speaking OpenAI's chat completions format, streamed and not.

An answer is complete when a finish reason was seen; a body or stream without one is an error, whatever it holds.

Source: https://platform.openai.com/docs/api-reference/chat.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import SecretStr, ValidationError

from indexers.http import HttpClient, HttpError, HttpStatusError
from indexers.scrub import MOST_CHARS, redact, scrub
from rag.answer import Usage
from rag.chat_messages import Message
from rag.chat_wire import (
    Completion,
    Part,
    Reply,
    WrittenText,
    adapted_parameter,
    as_generation_error,
    is_content_filter,
)
from rag.errors import ContextTooLong, NotAnAnswer
from rag.generation import Deadline, Draft, DraftSentence
from rag.parse import AnswerParser, says_not_answered
from rag.profiles import ModelProfile
from rag.prompt import messages, overhead_tokens, request_tokens
from retrievers.window import ContextWindow

FINISHED = frozenset({"stop", "length", "content_filter", "tool_calls"})
DONE = "[DONE]"


@dataclass(slots=True)
class _Collected:
    """What has arrived of one answer."""

    content: WrittenText = field(default_factory=WrittenText)
    refusal: WrittenText = field(default_factory=WrittenText)
    finish: str | None = None
    usage: Usage | None = None


class OpenAiGenerator:
    """Writes an answer by one request to ``{base_url}/chat/completions``.

    Parameters that the model turns out not to take are left out or renamed once, and stay so.
    """

    def __init__(
        self,
        *,
        profile: ModelProfile,
        client: HttpClient,
        base_url: str,
        key: SecretStr | None,
        max_output_tokens: int,
        temperature: float,
    ) -> None:
        self._profile = profile
        self._client = client
        self._url = f"{base_url.rstrip('/')}/chat/completions"
        self._key = key
        self._max_output_tokens = min(max_output_tokens, profile.longest_output)
        self._temperature = temperature
        self._output_parameter: str = profile.output_parameter
        self._left_out: set[str] = set() if profile.takes_temperature else {"temperature"}
        self._adapted: set[str] = set()

    @property
    def model(self) -> str:
        """The name that is sent."""
        return self._profile.name

    def overhead_tokens(self, question: str) -> int:
        """Rules, question and per-message wrappers."""
        return overhead_tokens(
            question, count=self._profile.count, message_overhead_tokens=self._profile.message_overhead_tokens
        )

    def generate(self, question: str, window: ContextWindow, *, deadline: Deadline) -> Draft:
        """The whole draft, by one request that is not streamed."""
        collected = _Collected()
        body = self._body(question, window, streamed=False)
        try:
            self._take(self._post(body, deadline), collected)
        except HttpStatusError as error:
            return self._refused(error, question, window)
        parser = self._parser(window)
        sentences = parser.feed(str(collected.content)) + parser.finish()
        return self._draft([self._redacted(sentence) for sentence in sentences], collected, question, window)

    def stream(self, question: str, window: ContextWindow, *, deadline: Deadline) -> Iterator[DraftSentence | Draft]:
        """Sentences as they are completed, then the draft."""
        collected = _Collected()
        parser = self._parser(window)
        sentences: list[DraftSentence] = []
        body = self._body(question, window, streamed=True)
        try:
            for event in self._events(body, deadline):
                for sentence in parser.feed(self._take(event, collected)):
                    sentences.append(self._redacted(sentence))
                    if not says_not_answered(sentence.text):
                        yield sentences[-1]
        except HttpStatusError as error:
            yield self._refused(error, question, window)
            return
        self._check_finished(collected)
        for sentence in parser.finish():
            sentences.append(self._redacted(sentence))
            if not says_not_answered(sentence.text):
                yield sentences[-1]
        yield self._draft(sentences, collected, question, window)

    def write(
        self,
        messages: list[dict[str, str]],
        *,
        max_tokens: int,
        deadline: Deadline,
        schema: Mapping[str, Any] | None = None,
    ) -> tuple[str, Usage]:
        """One JSON text of at most ``max_tokens`` tokens, by one request that is not streamed, and what it took.

        Args:
            messages: The request's, in order.
            max_tokens: Of the text.
            deadline: For the request with its repetitions.
            schema: The text is to keep to it, strictly, where the endpoint can hold a model to one.

        Raises:
            GenerationError: The endpoint failed, timed out, refused, or broke off.
        """
        reply = self.reply(messages, max_tokens=max_tokens, deadline=deadline, form=_response_format(schema))
        if reply.refusal is not None:
            raise NotAnAnswer(reply.refusal)
        if reply.truncated or not reply.text.strip():
            why = "length" if reply.truncated else "stop"
            raise NotAnAnswer(f"{self.model} wrote no whole text (finish reason {why!r})")
        return reply.text, reply.usage

    def reply(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        deadline: Deadline,
        form: Mapping[str, Any] | None = None,
    ) -> Reply:
        """Whatever comes back, by one request that is not streamed; a refusal or a cut is no error here.

        Args:
            messages: The request's, in order; a message may hold a picture (`rag.chat_messages.picture_message`).
            max_tokens: Of the reply.
            deadline: For the request with its repetitions.
            form: What the endpoint is told as ``response_format``; None asks for plain text.

        Raises:
            GenerationError: The endpoint failed, timed out, or broke off.
        """
        collected = _Collected()
        body: dict[str, Any] = {
            "model": self._profile.name,
            "messages": list(messages),
            "temperature": self._temperature,
            "stream": False,
        }
        if form is not None:
            body["response_format"] = dict(form)
        try:
            self._take(self._post(body, deadline, most=max_tokens), collected)
        except HttpStatusError as error:
            reason = error.reason or "the endpoint's content filter refused the request"
            return Reply("", self._counted(messages, ""), refusal=reason)
        self._check_finished(collected)
        content, refusal = str(collected.content), str(collected.refusal).strip()
        if collected.finish == "content_filter":
            refusal = refusal or "the endpoint's content filter stopped the answer"
        return Reply(
            text=redact(content, self._secrets()),
            usage=collected.usage or self._counted(messages, content),
            truncated=collected.finish == "length",
            refusal=scrub(refusal, self._secrets())[:MOST_CHARS] or None,
        )

    def _counted(self, messages: Sequence[Message], content: str) -> Usage:
        return Usage(self._profile.tokens_of(messages), self._profile.count(content), estimated=True)

    def _body(self, question: str, window: ContextWindow, *, streamed: bool) -> dict[str, Any]:
        profile = self._profile
        tokens = request_tokens(
            question, window, count=profile.count, message_overhead_tokens=profile.message_overhead_tokens
        )
        if tokens + self._max_output_tokens > profile.window:
            raise ContextTooLong(
                f"request of {tokens} tokens and answer of {self._max_output_tokens} do not fit the window of "
                f"{profile.window} of {profile.name}"
            )
        body: dict[str, Any] = {
            "model": profile.name,
            "messages": messages(question, window),
            "temperature": self._temperature,
            "stream": streamed,
        }
        if streamed:
            body["stream_options"] = {"include_usage": True}
        return body

    def _sent(self, body: dict[str, Any], most: int) -> dict[str, Any]:
        sent = {name: value for name, value in body.items() if name not in self._left_out}
        if "max_tokens" not in self._left_out:
            sent[self._output_parameter] = min(most, self._profile.longest_output)
        return sent

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._key.get_secret_value()}"} if self._key else {}

    def _post(self, body: dict[str, Any], deadline: Deadline, most: int | None = None) -> object:
        while True:
            try:
                return self._client.post_json(
                    self._url,
                    self._sent(body, self._max_output_tokens if most is None else most),
                    self._headers(),
                    deadline.at_seconds,
                    deadline.cancelled,
                )
            except HttpError as error:
                if not self._adapt(error):
                    self._raise(error)

    def _events(self, body: dict[str, Any], deadline: Deadline) -> Iterator[object]:
        while True:
            try:
                with contextlib.closing(self._opened(body, deadline)) as events:
                    for data in events:
                        if data.strip() == DONE:
                            return  # the endpoint may hold the connection open
                        yield _parsed(data)
                return
            except HttpError as error:
                if not self._adapt(error):
                    self._raise(error)

    def _opened(self, body: dict[str, Any], deadline: Deadline) -> Generator[str, None, None]:
        return self._client.stream_events(
            self._url,
            self._sent(body, self._max_output_tokens),
            self._headers(),
            deadline.at_seconds,
            deadline.cancelled,
        )

    def _raise(self, error: HttpError) -> None:
        if isinstance(error, HttpStatusError) and is_content_filter(error):
            raise error
        raise as_generation_error(error, model=self.model) from error

    def _adapt(self, error: HttpError) -> bool:
        """Change the request where the endpoint named a parameter that it does not take; each parameter once."""
        parameter = adapted_parameter(error)
        if parameter is None or parameter in self._adapted:
            return False
        self._adapted.add(parameter)
        other = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}.get(parameter)
        if other is None:
            self._left_out.add(parameter)
        elif other in self._adapted:
            return False
        else:
            self._output_parameter = other
        return True

    def _take(self, value: object, collected: _Collected) -> str:
        """The content that ``value`` adds to ``collected``."""
        try:
            completion = Completion.model_validate(value)
        except ValidationError as error:
            raise NotAnAnswer(f"{self.model} answered with JSON that is no chat completion") from error
        if completion.error is not None:
            said = scrub(completion.error_text(), self._secrets())[:MOST_CHARS]
            raise NotAnAnswer(f"{self.model} reported an error inside its answer: {said}")
        collected.usage = completion.counted() or collected.usage
        choice = completion.first()
        if choice is None or collected.finish is not None:
            return ""
        part, collected.finish = choice.part() or Part(), choice.finish_reason or None
        last = collected.finish is not None
        collected.refusal.add(part.refusal, last=last)
        return collected.content.add(part.content, last=last)

    def _check_finished(self, collected: _Collected) -> None:
        if collected.finish is None:
            raise NotAnAnswer(f"{self.model} ended its answer without a finish reason, so it may be cut off")
        if collected.finish not in FINISHED:
            finish = scrub(collected.finish, self._secrets())[:40]
            raise NotAnAnswer(f"{self.model} ended its answer with the unknown finish reason {finish!r}")

    def _draft(
        self, sentences: list[DraftSentence], collected: _Collected, question: str, window: ContextWindow
    ) -> Draft:
        self._check_finished(collected)
        content, refusal = str(collected.content), str(collected.refusal).strip()
        if collected.finish == "content_filter":
            refusal = refusal or "the endpoint's content filter stopped the answer"
        if not content.strip() and not refusal:
            raise NotAnAnswer(f"{self.model} wrote nothing (finish reason {collected.finish!r})")
        said = tuple(sentence for sentence in sentences if not says_not_answered(sentence.text))
        return Draft(
            sentences=() if refusal else said,
            abstained=bool(refusal) or (says_not_answered(content) and not any(sentence.cited for sentence in said)),
            model=self.model,
            usage=collected.usage or self._estimated_usage(question, window, content),
            truncated=collected.finish == "length",
            refusal=scrub(refusal, self._secrets())[:MOST_CHARS] or None,
        )

    def _refused(self, error: HttpStatusError, question: str, window: ContextWindow) -> Draft:
        reason = error.reason or "the endpoint's content filter refused the request"
        usage = self._estimated_usage(question, window, "")
        return Draft(sentences=(), abstained=True, model=self.model, usage=usage, refusal=reason)

    def _estimated_usage(self, question: str, window: ContextWindow, content: str) -> Usage:
        profile = self._profile
        tokens = request_tokens(
            question, window, count=profile.count, message_overhead_tokens=profile.message_overhead_tokens
        )
        return Usage(prompt_tokens=tokens, completion_tokens=profile.count(content), estimated=True)

    def _parser(self, window: ContextWindow) -> AnswerParser:
        labels = [sentence.label for source in window.sources for sentence in source.sentences]
        return AnswerParser(labels=labels, evidence=window.text)

    def _secrets(self) -> tuple[str, ...]:
        return (self._key.get_secret_value(),) if self._key else ()

    def _redacted(self, sentence: DraftSentence) -> DraftSentence:
        return replace(sentence, text=redact(sentence.text, self._secrets()))


def _response_format(schema: Mapping[str, Any] | None) -> dict[str, Any]:
    if schema is None:
        return {"type": "json_object"}
    return {"type": "json_schema", "json_schema": {"name": schema["title"], "strict": True, "schema": dict(schema)}}


def _parsed(data: str) -> object:
    try:
        value: object = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise NotAnAnswer("the endpoint streamed something that is not JSON") from error
    return value
