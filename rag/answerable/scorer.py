"""The two regressions that decide, whose coefficients ship as data with the record of their training."""

from __future__ import annotations

import functools
import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from rag.errors import DecisionDamaged
from rag.verify.scorer import Scorer

MODEL = Path(__file__).resolve().parent / "model.json"


@functools.lru_cache(maxsize=1)
def shipped() -> dict[str, Scorer]:
    """The regressions by what may be looked at: ``meaning`` needs an encoder, ``words`` does not.

    Raises:
        DecisionDamaged: The file is missing, or is not one.
    """
    try:
        return read_models(MODEL.read_bytes())
    except OSError as error:
        raise DecisionDamaged(f"{MODEL.name} cannot be read: {error}") from error


def read_models(content: bytes) -> dict[str, Scorer]:
    """Out of the file's content; errors as for `shipped`."""
    try:
        models = json.loads(content)["models"]
        return {name: _model(models[name], hashlib.sha256(content).hexdigest()[:12]) for name in ("meaning", "words")}
    except (ValueError, KeyError, TypeError) as error:
        raise DecisionDamaged(f"{MODEL.name} is damaged: {type(error).__name__} {error}") from error


def _model(told: Mapping[str, list[dict[str, float | str]] | float], version: str) -> Scorer:
    rows = told["features"]
    if not isinstance(rows, list) or not isinstance(offset := told["offset"], float):
        raise TypeError("no coefficients")
    names = tuple(str(row["name"]) for row in rows)
    centres, spreads, weights = (np.array([float(row[key]) for row in rows]) for key in ("centre", "spread", "weight"))
    finite = all(np.isfinite(column).all() for column in (centres, spreads, weights)) and math.isfinite(offset)
    if not finite or (spreads <= 0).any():
        raise ValueError("numbers that are no coefficients")
    return Scorer(names, centres, spreads, weights, offset, version)
