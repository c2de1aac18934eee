"""The errors of asking and generating.

RagError                      (indexers.errors)
├── SettingsError
│   └── MissingKey            the configured model needs a key and none is set
├── QuestionError             the question is empty or too long
└── GenerationError           no answer could be written
    ├── EndpointFailed        the model's endpoint could not be reached, refused, or broke off
    ├── NotAnAnswer           what came back is not a complete answer
    ├── ContextTooLong        the request does not fit the model's window
    ├── BudgetExceeded        the account behind the key has no credit left
    ├── ModelNotFound         the endpoint does not know the model (retired, or misspelt)
    ├── OutOfTime             the deadline passed before the answer was complete
    └── Cancelled             the caller set the cancel token
"""

from __future__ import annotations

from indexers.errors import RagError, SettingsError


class MissingKey(SettingsError):
    """The configured model needs a key and none is set."""

    hint = "Set OPENAI_API_KEY (or OPENAI_API_KEY_FILE), or use the offline generator: generator.model = 'extractive'."

    def __init__(self, *, model: str, host: str) -> None:
        super().__init__(f"generator.model is {model!r} at {host}, which needs a key, and OPENAI_API_KEY is not set")


class QuestionError(RagError):
    """The question is empty or too long."""

    hint = "Ask one question of at most 4,000 characters."


class GenerationError(RagError):
    """No answer could be written."""

    hint = "Try again, or answer offline with generator.model = 'extractive'."


class EndpointFailed(GenerationError):
    """The model's endpoint could not be reached, refused the request, or broke off."""

    hint = "Check generator.base_url, the key and the endpoint's status page, then ask again."


class NotAnAnswer(GenerationError):
    """What came back is not a complete answer: no finish reason, no choice, or not the expected JSON."""

    hint = "Ask again; if it persists, the endpoint does not speak the OpenAI chat completions format."


class ContextTooLong(GenerationError):
    """The request does not fit the model's window, by the endpoint's own word."""

    hint = "Lower window.token_budget or generator.window_tokens, or choose a model with a larger window."


class BudgetExceeded(GenerationError):
    """The account behind the key has no credit left, or a spending limit is reached."""

    hint = "Add credit or raise the limit at the provider; asking again does not help."


class ModelNotFound(GenerationError):
    """The endpoint does not know the model: retired, or misspelt."""

    hint = "Set generator.model to a model that the endpoint serves."


class OutOfTime(GenerationError):
    """The deadline passed before the answer was complete."""

    hint = "Raise generator.deadline_seconds, or choose a faster model."


class Cancelled(GenerationError):
    """The caller set the cancel token."""

    hint = "Nothing is wrong: the request was cancelled on purpose."
