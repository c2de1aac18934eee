"""The projection of a model's token vectors to the few dimensions that are stored, for the models that have one.

It was learned once (`benchmarks/projection.py`; the record beside the data says from what), and is data like weights:
another one makes other codes.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from indexers.errors import EmbedError
from indexers.late.codes import CODING

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """``matrix`` has shape ``(dimension, narrow)``; ``coding`` names all that makes codes of a model's states."""

    matrix: NDArray[np.float32]
    coding: str


def read_projection(name: str) -> Projection:
    """The projection that ships under ``name``.

    Raises:
        EmbedError: It is missing, or is not what its record says.
    """
    path = _FOLDER / f"{name}.npy"
    try:
        data = path.read_bytes()
        wanted = str(json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["sha256"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EmbedError(f"the projection {path} cannot be read: {error}") from error
    if hashlib.sha256(data).hexdigest() != wanted:
        raise EmbedError(f"the projection {path} is not the one that its record describes")
    matrix = np.load(path, allow_pickle=False).astype(np.float32)
    return Projection(np.ascontiguousarray(matrix), f"{CODING}/{wanted[:16]}")
