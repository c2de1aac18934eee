"""Any cross-encoder as a ranker: question and chunk read together by one model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from indexers.context import chunk_context
from indexers.embedders import model_folder
from indexers.errors import DocumentNotFound
from retrievers.errors import RankerUnusable
from retrievers.pair_model import PairModel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from indexers.store import Snapshot
    from retrievers.settings import RankingSettings


class CrossEncoderRanker:
    """A `Ranker`: the model's logit through a sigmoid, 0 to 1."""

    def __init__(self, folder: Path) -> None:
        """Describe it; nothing is loaded yet.

        Args:
            folder: As `save_pretrained` writes a model for sequence classification with one output.

        Raises:
            RankerUnusable: It is no cross-encoder, asks for code of its own, or has several outputs.
        """
        self._model = PairModel(folder)
        if len(self._model.labels) != 1:
            told = f"it is a classifier with {len(self._model.labels)} outputs, not with one"
            raise RankerUnusable(model=str(folder), reason=told)

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
            found[there] = self._scored([(question, str(texts[at])) for at in there])
        return found

    def _scored(self, pairs: list[tuple[str, str]]) -> NDArray[np.float32]:
        return (1.0 / (1.0 + np.exp(-self._model.outputs(pairs)[:, 0]))).astype(np.float32)


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
    return CrossEncoderRanker(folder)


def _text(chunk_id: str, snapshot: Snapshot) -> str | None:
    """Where a chunk stands, then what it says; None where it has gone."""
    try:
        chunk = snapshot.chunk(chunk_id)
        document = snapshot.document(chunk.document_id, version=chunk.version)
    except DocumentNotFound:
        return None
    return f"{chunk_context(document, chunk.headings)}\n{document.text[chunk.start : chunk.end]}".strip()
