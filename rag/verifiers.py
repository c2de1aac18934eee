"""From settings to a verifier."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from rag.verify.verifier import DescribedVerifier, HermeticVerifier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.settings import Settings, VerifierSettings


def open_verifier(settings: VerifierSettings) -> DescribedVerifier:
    """The verifier that ``settings.backend`` names; nothing is loaded and nothing is sent yet."""
    return HermeticVerifier(supported_from=settings.supported_from, partial_from=settings.partial_from)


@contextlib.contextmanager
def opened_verifier(settings: Settings) -> Iterator[DescribedVerifier]:
    """The verifier of ``settings`` without an index; what it opens is closed at the end."""
    yield open_verifier(settings.verifier)
