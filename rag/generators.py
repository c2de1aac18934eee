"""From settings to a generator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
        extractive = ExtractiveGenerator(
            embedder, max_sentences=settings.max_sentences, abstain_below=settings.abstain_below
        )
        return extractive, profile
    from rag.openai import OpenAiGenerator  # its client and its types, 0.1 s

    base_url = settings.base_url or environment.get("OPENAI_BASE_URL") or OPENAI_URL
    named = "generator.base_url" if settings.base_url else "OPENAI_BASE_URL"
    try:
        endpoint = check_url(base_url, allow_private=settings.allow_private_base_url)
    except AddressRefused as error:
        refused = SettingsError(f"{named}: {error}")
        refused.hint = error.hint
        raise refused from error
    key = read_key(KEY_NAME, environment)
    if key is None and not endpoint.loopback:
        raise MissingKey(model=settings.model, host=endpoint.authority)
    generator = OpenAiGenerator(
        profile=profile,
        client=client(),
        base_url=base_url,
        key=key,
        max_output_tokens=settings.max_output_tokens,
        temperature=settings.temperature,
    )
    return generator, profile
