"""Any cross-encoder: two texts read together by one model. Alone knows how such models are checked, loaded and run.

Nothing is fetched unless that is allowed, only safetensors are loaded, and no code of a model's folder is run. torch is
imported when the first pair is read.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import numpy as np

from retrievers.errors import RankerUnusable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from sentence_transformers import CrossEncoder

BATCH_PAIRS = 16
MOST_TOKENS = 512
"""Of a pair, where the model does not say how much it reads."""


class PairModel:
    """A sequence classifier in a folder, as `save_pretrained` writes it. One call at a time reaches the model."""

    def __init__(self, folder: Path) -> None:
        """Check that it can be run; nothing is loaded yet.

        Raises:
            RankerUnusable: It is no sequence classifier, asks for code of its own, or has no safe weights.
        """
        self.folder = folder
        self.labels = _labels(folder)
        self._lock = threading.Lock()
        self._model: CrossEncoder | None = None

    def outputs(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
        """The model's raw outputs, shape ``(pairs, labels)``; what is longer than it reads is cut.

        Raises:
            RankerUnusable: The model cannot be loaded, or gives what is no number.
        """
        import torch

        with self._lock:
            given = self._loaded().predict(
                list(pairs), batch_size=BATCH_PAIRS, show_progress_bar=False, activation_fn=torch.nn.Identity()
            )
        found = np.asarray(given, dtype=np.float64).reshape(len(pairs), len(self.labels))
        if not np.isfinite(found).all():
            raise RankerUnusable(model=str(self.folder), reason="it returned a score that is no number")
        return found

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """The tokens of each text, special ones not counted; errors as for `outputs`."""
        with self._lock:
            tokenizer = self._loaded().tokenizer
            return [len(tokenizer.tokenize(text)) for text in texts]

    @property
    def longest(self) -> int:
        """The most tokens of a pair, special ones included; errors as for `outputs`."""
        with self._lock:
            return self._loaded().max_seq_length or MOST_TOKENS

    def _loaded(self) -> CrossEncoder:
        if self._model is None:
            self._model = _loaded(self.folder)
        return self._model


def _labels(folder: Path) -> tuple[str, ...]:
    """The names of the outputs, in order."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        kinds, named = config.get("architectures") or [], config.get("id2label") or {"0": "", "1": ""}
        labels = tuple(str(named[str(at)]) for at in range(len(named)))
        own_code = "auto_map" in config
    except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
        raise RankerUnusable(model=str(folder), reason=f"config.json cannot be read: {error}") from error
    if own_code:
        raise RankerUnusable(model=str(folder), reason="it needs code of its own (auto_map), which is never run")
    if not any("SequenceClassification" in str(kind) for kind in kinds):
        told = ", ".join(map(str, kinds)) or "of an unknown kind"
        raise RankerUnusable(model=str(folder), reason=f"it is {told}, not a sequence classifier")
    if not list(folder.glob("*.safetensors")):
        raise RankerUnusable(model=str(folder), reason="it has no *.safetensors; other formats of weights may run code")
    return labels


def _loaded(folder: Path) -> CrossEncoder:
    from safetensors import SafetensorError
    from sentence_transformers import CrossEncoder
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers leaves it untyped
    try:
        model: CrossEncoder = CrossEncoder(
            str(folder), local_files_only=True, trust_remote_code=False, model_kwargs={"use_safetensors": True}
        )
    except (OSError, ValueError, KeyError, ImportError, RuntimeError, SafetensorError) as error:
        raise RankerUnusable(model=str(folder), reason=" ".join(str(error).split())[:300]) from error
    return model
