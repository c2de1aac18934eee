"""Any cross-encoder as a ranker: question and chunk read together by one model. Alone knows how such models are run.

Nothing is fetched unless that is allowed, only safetensors are loaded, and no code of a model's folder is run. torch is
imported when the first question is ranked.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import numpy as np

from indexers.context import chunk_context
from indexers.embedders import model_folder
from indexers.errors import DocumentNotFound
from retrievers.errors import RankerUnusable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from sentence_transformers import CrossEncoder

    from indexers.store import Snapshot
    from retrievers.settings import RankingSettings

BATCH_PAIRS = 16


class CrossEncoderRanker:
    """A `Ranker`: the model's logit through a sigmoid, 0 to 1. One call at a time reaches the model."""

    def __init__(self, folder: Path) -> None:
        """Describe it; nothing is loaded yet.

        Args:
            folder: As `save_pretrained` writes a model for sequence classification with one output.
        """
        self._folder = folder
        self._lock = threading.Lock()
        self._model: CrossEncoder | None = None

    @property
    def name(self) -> str:
        """``cross-encoder``."""
        return "cross-encoder"

    def scores(self, question: str, chunk_ids: Sequence[str], *, snapshot: Snapshot) -> NDArray[np.float32]:
        """One score a chunk, in the order given, shape ``(len(chunk_ids),)``; NaN where the chunk has gone since.

        Raises:
            RankerUnusable: The model cannot be loaded, or gives what is no number.
            StoreDamaged: A row or text does not match its checksum.
        """
        found = np.full(len(chunk_ids), np.nan, dtype=np.float32)
        texts = [_text(chunk_id, snapshot) for chunk_id in chunk_ids]
        there = [at for at, text in enumerate(texts) if text is not None]
        if there and question.strip():
            found[there] = self._run([(question, str(texts[at])) for at in there])
        return found

    def _run(self, pairs: list[tuple[str, str]]) -> NDArray[np.float32]:
        import torch

        with self._lock:
            if self._model is None:
                self._model = _loaded(self._folder)
            given = self._model.predict(
                pairs, batch_size=BATCH_PAIRS, show_progress_bar=False, activation_fn=torch.nn.Sigmoid()
            )
        scores = np.asarray(given, dtype=np.float32)
        if not np.isfinite(scores).all():
            raise RankerUnusable(model=str(self._folder), reason="it returned a score that is no number")
        return scores


def open_cross_encoder(settings: RankingSettings) -> CrossEncoderRanker | None:
    """The cross-encoder that the settings name, None where they name none; nothing is loaded yet.

    Raises:
        SettingsError: There is no model of that name on this machine, or it is no folder of one.
        RankerUnusable: It is no cross-encoder, or asks for code of its own.
    """
    if settings.model is None:
        return None
    folder = model_folder(
        settings.model, setting="ranking.model", needs="config.json", allow_download=settings.allow_download
    )
    _check(folder)
    return CrossEncoderRanker(folder)


def _check(folder: Path) -> None:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        kinds, labels = config.get("architectures") or [], config.get("id2label") or {"0": "", "1": ""}
        own_code = "auto_map" in config
    except (OSError, ValueError, AttributeError) as error:
        raise RankerUnusable(model=str(folder), reason=f"config.json cannot be read: {error}") from error
    if own_code:
        raise RankerUnusable(model=str(folder), reason="it needs code of its own (auto_map), which is never run")
    if not any("SequenceClassification" in str(kind) for kind in kinds) or len(labels) != 1:
        told = f"{', '.join(map(str, kinds)) or 'unknown'} with {len(labels)} outputs"
        raise RankerUnusable(model=str(folder), reason=f"it is {told}, not a sequence classifier with one")
    if not list(folder.glob("*.safetensors")):
        raise RankerUnusable(model=str(folder), reason="it has no *.safetensors; other formats of weights may run code")


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


def _text(chunk_id: str, snapshot: Snapshot) -> str | None:
    """Where a chunk stands, then what it says; None where it has gone."""
    try:
        chunk = snapshot.chunk(chunk_id)
        document = snapshot.document(chunk.document_id, version=chunk.version)
    except DocumentNotFound:
        return None
    return f"{chunk_context(document, chunk.headings)}\n{document.text[chunk.start : chunk.end]}".strip()
