"""From settings to a generator, and to any model behind an endpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexers.addresses import check_url
from indexers.embed import Embedder
from indexers.errors import SettingsError
from indexers.http_errors import AddressRefused
from indexers.keys import read_key
from rag.errors import MissingKey
from rag.extractive import ExtractiveGenerator
from rag.generation import Generator
from rag.profiles import EXTRACTIVE, ModelProfile, model_profile
from rag.settings import GeneratorSettings

if TYPE_CHECKING:
    from indexers.http import HttpClient
    from rag.openai import OpenAiGenerator

OPENAI_URL = "https://api.openai.com/v1"
KEY_NAME = "OPENAI_API_KEY"


def open_generator(
    settings: GeneratorSettings, embedder: Embedder, client: Callable[[], HttpClient], environment: Mapping[str, str]
) -> tuple[Generator, ModelProfile]:
    """The generator that ``settings.model`` names, and its profile; nothing is sent yet.

    Args:
        settings: The generator group.
        embedder: Scores sentences where no model writes.
        client: Opens what sends the requests, with ``allow_private=settings.allow_private_base_url``; called only
            where a model writes.
        environment: Holds ``OPENAI_API_KEY`` (or ``OPENAI_API_KEY_FILE``) and ``OPENAI_BASE_URL``.

    Raises:
        SettingsError: The endpoint's URL is not one that is called, or the key's file cannot be read.
        MissingKey: The endpoint is not on this machine and no key is set.
    """
    profile = model_profile(settings.model, window_tokens=settings.window_tokens)
    if settings.model == EXTRACTIVE:
        return ExtractiveGenerator(embedder, max_sentences=settings.max_sentences), profile
    model = open_model(
        Endpoint(
            group="generator",
            base_url=settings.base_url,
            allow_private=settings.allow_private_base_url,
            max_output_tokens=settings.max_output_tokens,
            temperature=settings.temperature,
        ),
        profile,
        client,
        environment,
    )
    return model, profile


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model is asked, and how; ``group`` is the settings group that names it, for messages."""

    group: str
    base_url: str | None
    allow_private: bool
    max_output_tokens: int
    temperature: float


def open_model(
    endpoint: Endpoint, profile: ModelProfile, client: Callable[[], HttpClient], environment: Mapping[str, str]
) -> OpenAiGenerator:
    """The model of ``profile`` behind an endpoint; arguments and errors as for `open_generator`."""
    from rag.openai import OpenAiGenerator  # its client and its types, 0.1 s

    base_url = endpoint.base_url or environment.get("OPENAI_BASE_URL") or OPENAI_URL
    named = f"{endpoint.group}.base_url" if endpoint.base_url else "OPENAI_BASE_URL"
    try:
        address = check_url(base_url, allow_private=endpoint.allow_private)
    except AddressRefused as error:
        refused = SettingsError(f"{named}: {error}")
        refused.hint = error.hint
        raise refused from error
    key = read_key(KEY_NAME, environment)
    if key is None and not address.loopback:
        raise MissingKey(model=profile.name, host=address.authority, group=endpoint.group)
    return OpenAiGenerator(
        profile=profile,
        client=client(),
        base_url=base_url,
        key=key,
        max_output_tokens=endpoint.max_output_tokens,
        temperature=endpoint.temperature,
    )
