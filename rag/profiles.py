"""What is known of a model, from the data table `rag/data/models.toml`: never constants in code."""

from __future__ import annotations

import datetime as dt
import functools
import math
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal

from indexers.tokens import count_tokens
from rag.answer import Usage
from rag.chat_messages import Message, texts_and_pictures

EXTRACTIVE = "extractive"
GENERIC = "openai-compatible"
WARN_DAYS = 90
"""A retirement this near is said with every answer."""

PICTURE_TOKENS = 3000
"""What a picture at low detail is taken for where the model's own figure is not known: above every figure that is."""

SAFETY_FACTOR = 1.35
"""Of other tokenizers' counts over o200k_base's on English prose and tables; applied where the tokenizer is unknown."""

OutputParameter = Literal["max_tokens", "max_completion_tokens"]


@dataclass(frozen=True, slots=True)
class ModelProfile:
    """A model's window and longest answer in tokens, its prices in USD per million tokens, and its parameters.

    A price is None where it is not known. ``tokenizer`` None means that counts are estimates. ``picture_tokens`` are
    those of a picture read at low detail; None where the model is not known to see. ``reasoning_tokens`` is the room
    that a model which thinks before it writes needs beside its reply.
    """

    name: str
    window: int
    longest_output: int
    tokenizer: str | None = None
    message_overhead_tokens: int = 0
    input_usd: float | None = None
    cached_input_usd: float | None = None
    output_usd: float | None = None
    output_parameter: OutputParameter = "max_tokens"
    takes_temperature: bool = True
    picture_tokens: int | None = None
    reasoning_tokens: int = 0
    shutdown: dt.date | None = None
    successor: str | None = None

    @property
    def count(self) -> Callable[[str], int]:
        """Tokens of a text: exact with a known tokenizer, else o200k_base's count and a safety factor, rounded up."""
        return count_tokens if self.tokenizer == "o200k_base" else _estimated_tokens

    @property
    def estimated(self) -> bool:
        """Whether `count` estimates."""
        return self.tokenizer is None

    def cost_usd(self, usage: Usage) -> float | None:
        """What ``usage`` costs, cached input at its own price; None where a price is not known."""
        if self.input_usd is None or self.output_usd is None:
            return None
        cached_usd = self.input_usd if self.cached_input_usd is None else self.cached_input_usd
        fresh = max(usage.prompt_tokens - usage.cached_tokens, 0)
        millions = fresh * self.input_usd + usage.cached_tokens * cached_usd + usage.completion_tokens * self.output_usd
        return millions / 1e6

    def tokens_of(self, messages: Sequence[Message]) -> int:
        """Of a request of these messages, counted or estimated as `count` does."""
        texts, pictures = texts_and_pictures(messages)
        written = sum(self.count(text) for text in texts) + self.message_overhead_tokens * len(messages)
        return written + pictures * (PICTURE_TOKENS if self.picture_tokens is None else self.picture_tokens)

    def warnings(self, today: dt.date) -> tuple[str, ...]:
        """A line if the model retires within 90 days of ``today``, or has retired."""
        if self.shutdown is None or (self.shutdown - today).days > WARN_DAYS:
            return ()
        verb = "was retired" if self.shutdown <= today else "is to be retired"
        instead = f"; its successor is {self.successor}" if self.successor else ""
        return (f"{self.name} {verb} on {self.shutdown.isoformat()}{instead}",)


def model_profile(name: str, *, window_tokens: int) -> ModelProfile:
    """The profile of ``name``; a name not in the table gets the generic one with a window of ``window_tokens``."""
    table = _table()
    if name in table and name != GENERIC:
        return ModelProfile(name=name, **table[name])
    return ModelProfile(name=name, window=window_tokens, longest_output=window_tokens, **table[GENERIC])


@functools.lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, Any]]:
    return tomllib.loads(resources.files("rag").joinpath("data", "models.toml").read_text(encoding="utf-8"))


def _estimated_tokens(text: str) -> int:
    return math.ceil(count_tokens(text) * SAFETY_FACTOR)
