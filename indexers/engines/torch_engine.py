"""Run a sentence model with torch: on a GPU, and for families whose graph `indexers.engines.bert` does not know."""

from __future__ import annotations

import importlib.util
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from indexers.errors import EmbedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer

    from indexers.embed import Matrix
    from indexers.engines.processor import TakeTokens

BATCH_TOKENS = {"cuda": 65_536, "mps": 16_384, "cpu": 8192}
"""Tokens that are embedded at once, padding included."""

GPU_FILES = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")
"""NVIDIA's driver, AMD's, and either under WSL: asking torch itself takes seconds."""

Ids = list[int]


class TorchEngine:
    """A sentence-transformers model; one call at a time reaches it."""

    def __init__(self, folder: Path, *, device: str, projection: NDArray[np.float32] | None = None) -> None:
        """Load the model: seconds.

        Args:
            folder: A sentence-transformers folder; code in it is never run.
            device: ``cuda``, ``mps`` or ``cpu``.
            projection: Of the tokens' vectors, shape ``(dimension, narrow)``, where they are asked for.

        Raises:
            EmbedError: The model cannot be loaded.
        """
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # else a fork warns on every later subprocess
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers leaves it untyped
        self._lock = threading.Lock()
        self._device = device
        self._projection = projection
        try:
            self._model: SentenceTransformer = SentenceTransformer(
                str(folder), device=device, local_files_only=True, trust_remote_code=False
            )
        except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
            raise EmbedError(f"{folder} cannot be loaded: {error}") from error

    def vector(self, ids: Ids) -> NDArray[np.float32]:
        """The vector of one text, shape ``(dimension,)``."""
        row: NDArray[np.float32] = self.vectors([ids])[0]
        return row

    def vector_and_tokens(self, ids: Ids) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The vector of one text and those of its tokens, shape ``(len(ids), narrow)``; needs a projection."""
        tokens: list[NDArray[np.float32]] = []
        rows = self.vectors([ids], take_tokens=lambda _, found: tokens.append(found[0, : len(ids)]))
        return rows[0], tokens[0]

    def vectors(
        self,
        texts: Sequence[Ids],
        *,
        progress: Callable[[int], None] | None = None,
        take_tokens: TakeTokens | None = None,
    ) -> Matrix:
        """One unit row a text, in the order given, the longest computed first; arguments as of `ProcessorEngine`."""
        rows: list[NDArray[np.float32]] = [np.empty(0, dtype=np.float32)] * len(texts)
        waiting = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        while waiting:
            most = max(1, BATCH_TOKENS[self._device] // max(1, len(texts[waiting[-1]])))
            batch, waiting = waiting[-most:], waiting[:-most]
            found, tokens = self._run([texts[at] for at in batch], tokens=take_tokens is not None)
            for at, row in zip(batch, found, strict=True):
                rows[at] = row
            if take_tokens:
                take_tokens(batch, tokens)
            if progress:
                progress(len(batch))
        return np.stack(rows) if rows else np.empty((0, 0), dtype=np.float32)

    def _run(self, texts: list[Ids], *, tokens: bool) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """In half precision on a GPU, but for what autocast keeps: norms, pooling and normalising are float32."""
        import torch

        ids = torch.zeros((len(texts), max(map(len, texts))), dtype=torch.long)
        mask = torch.zeros_like(ids)
        ids += getattr(self._model.tokenizer, "pad_token_id", None) or 0
        for row, text in enumerate(texts):
            ids[row, : len(text)] = torch.tensor(text)
            mask[row, : len(text)] = 1
        features = {"input_ids": ids.to(self._device), "attention_mask": mask.to(self._device)}
        half = torch.autocast("cuda", dtype=torch.float16, enabled=self._device == "cuda")
        with self._lock, torch.inference_mode(), half:
            found = self._model(features)
        rows = torch.nn.functional.normalize(found["sentence_embedding"].float(), dim=-1)
        if not tokens or self._projection is None:
            return rows.cpu().numpy(), np.empty((len(texts), 0, 0), dtype=np.float32)
        narrow = found["token_embeddings"].float() @ torch.from_numpy(self._projection).to(self._device)
        return rows.cpu().numpy(), torch.nn.functional.normalize(narrow, dim=-1).cpu().numpy()


def gpu() -> str | None:
    """The device of a GPU that torch can use, None where there is none; torch is imported only if a driver is there."""
    driver = any(Path(file).exists() for file in GPU_FILES) or sys.platform == "darwin"
    if not driver or importlib.util.find_spec("torch") is None:
        return None
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else None
