"""The errors of asking and generating.

RagError                      (indexers.errors)
├── SettingsError
│   ├── MissingKey            the configured model needs a key and none is set
│   ├── ScorerDamaged         the verifier's coefficients are missing or of another version
│   └── DecisionDamaged       the coefficients that decide whether to answer cannot be read
├── VerifierUnusable          the cross-encoder that checks claims cannot be loaded, or gives no scores
├── QuestionError             the question is empty or too long
│   ├── MomentMalformed       what is to be searched "as of" is no date
│   └── NothingKept           no version of that moment is kept
└── GenerationError           no answer could be written
    ├── EndpointFailed        the model's endpoint could not be reached, refused, or broke off
    ├── NotAnAnswer           what came back is not a complete answer
    ├── ContextTooLong        the request does not fit the model's window
    ├── BudgetExceeded        the account behind the key has no credit left
    ├── ModelNotFound         the endpoint does not know the model (retired, or misspelt)
    ├── NoVerdict             the judge's answer is no verdict, twice
    ├── OutOfTime             the deadline passed before the answer was complete
    └── Cancelled             the caller set the cancel token
"""

from __future__ import annotations

from indexers.errors import RagError, SettingsError


class MissingKey(SettingsError):
    """The configured model needs a key and none is set."""

    hint = (
        "Set OPENAI_API_KEY (or OPENAI_API_KEY_FILE), or stay offline: generator.model = 'extractive' and "
        "verifier.backend = 'hermetic'."
    )

    def __init__(self, *, model: str, host: str, group: str = "generator") -> None:
        super().__init__(f"{group}.model is {model!r} at {host}, which needs a key, and OPENAI_API_KEY is not set")


class VerifierUnusable(RagError):
    """The model that the settings name for checking claims cannot be loaded, or gives no scores."""

    hint = "Name another model in verifier.model, or set verifier.backend = 'hermetic'."

    def __init__(self, *, model: str, reason: str) -> None:
        super().__init__(f"the cross-encoder {model} cannot be used: {reason}")


class ScorerDamaged(SettingsError):
    """The verifier's coefficients are missing, or not those of this version."""

    hint = "Install the project again: rag/verify/scorer.json is part of it."


class DecisionDamaged(SettingsError):
    """The shipped coefficients that decide whether a question is answered are missing or damaged."""

    hint = "Install the project again: rag/answerable/model.json is part of it."


class QuestionError(RagError):
    """The question is empty or too long."""

    hint = "Ask one question of at most 4,000 characters."


class MomentMalformed(QuestionError):
    """What the index is to be searched as of is neither a date nor a point in time."""

    hint = "Write a day, month or year (2026-03-01, 2026-03, 2026), or a moment: 2026-03-01T12:00:00+00:00."

    def __init__(self, *, written: str) -> None:
        super().__init__(f"{written[:40]!a} is not a date")


class NothingKept(QuestionError):
    """No document has a version of that moment any more, or there was none yet."""

    hint = "Ask for a later date; store.keep_versions says how many versions of a document are kept."

    def __init__(self, *, at: str, made: str) -> None:
        super().__init__(f"no version of any document is kept from {at} (the index was made at {made})")


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


class NoVerdict(GenerationError):
    """A model that judges claims answered twice with something that is no verdict."""

    hint = "Name a model in verifier.model that keeps to a JSON schema, or set verifier.backend = 'hermetic'."


class OutOfTime(GenerationError):
    """The deadline passed before the answer was complete."""

    hint = "Raise generator.deadline_seconds, or choose a faster model."


class Cancelled(GenerationError):
    """The caller set the cancel token."""

    hint = "Nothing is wrong: the request was cancelled on purpose."
