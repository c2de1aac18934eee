"""From settings to a verifier."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexers.errors import SettingsError
from rag.verify.verifier import DescribedVerifier, HermeticVerifier

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from indexers.http import HttpClient
    from rag.settings import Settings, VerifierSettings


@dataclass(frozen=True, slots=True)
class OpenedVerifier:
    """A verifier, and the connection that it asks through, if any."""

    verifier: DescribedVerifier
    client: HttpClient | None = None

    def close(self) -> None:
        """Close the connection; may be called twice."""
        if self.client is not None:
            self.client.close()


def open_verifier(settings: VerifierSettings, environment: Mapping[str, str]) -> OpenedVerifier:
    """The verifier that ``settings.backend`` names; nothing is loaded and nothing is sent yet.

    Args:
        settings: The verifier group.
        environment: Holds ``OPENAI_API_KEY`` (or ``OPENAI_API_KEY_FILE``) and ``OPENAI_BASE_URL``.

    Raises:
        SettingsError: The backend needs a model and none is named, or there is none of that name on this machine; the
            endpoint's URL is not one that is called, or needs a key that is not there.
        VerifierUnusable: The model named is no cross-encoder that can judge.
    """
    if settings.backend == "hermetic":
        return OpenedVerifier(
            HermeticVerifier(supported_from=settings.supported_from, partial_from=settings.partial_from)
        )
    if settings.model is None:
        raise SettingsError(f"verifier.backend is {settings.backend!r}, which needs a model: set verifier.model")
    if settings.backend == "model":
        return _judge(settings, settings.model, environment)
    from rag.verify.cross_encoder import open_cross_encoder

    return OpenedVerifier(open_cross_encoder(settings, settings.model))


@contextlib.contextmanager
def opened_verifier(settings: Settings) -> Iterator[DescribedVerifier]:
    """The verifier of ``settings`` without an index; what it opens is closed at the end."""
    opened = open_verifier(settings.verifier, os.environ)
    try:
        yield opened.verifier
    finally:
        opened.close()


def _judge(settings: VerifierSettings, name: str, environment: Mapping[str, str]) -> OpenedVerifier:
    from indexers.http import HttpClient  # only where a model is asked
    from rag.generators import Endpoint, open_model
    from rag.profiles import model_profile
    from rag.verify.model_judge import MOST_TOKENS, ModelJudge

    client = HttpClient(allow_private=settings.allow_private_base_url)
    profile = model_profile(name, window_tokens=settings.window_tokens)
    endpoint = Endpoint("verifier", settings.base_url, settings.allow_private_base_url, MOST_TOKENS, 0.0)
    try:
        model = open_model(endpoint, profile, lambda: client, environment)
    except SettingsError:
        client.close()
        raise
    return OpenedVerifier(ModelJudge(model, profile, deadline_seconds=settings.deadline_seconds), client)
