"""From settings to an embedder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexers.errors import SettingsError
from indexers.hashing import HashingEmbedder
from indexers.minilm import MiniLM

if TYPE_CHECKING:
    from indexers.embed import Embedder
    from indexers.settings import EmbedderSettings


def open_embedder(settings: EmbedderSettings) -> Embedder:
    """The embedder that ``settings.model`` names; loads nothing yet.

    Raises:
        SettingsError: No embedder has that name.
    """
    if settings.model == "minilm":
        return MiniLM()
    if settings.model == "hashing":
        return HashingEmbedder()
    raise SettingsError(f"embedder.model is {settings.model!r}; there are 'minilm' and 'hashing'")
