"""A linear map of the question's vector, learned from questions and their evidence; `rag tune` writes it.

Questions are short and ask, passages are long and say: where a corpus has many of both, a matrix near the identity
brings the ones nearer to the others. Only the question is mapped, so that nothing is embedded again.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from retrievers.errors import AdapterUnusable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from indexers.embed import EmbedderIdentity, Matrix, Vector
    from retrievers.settings import AdapterSettings

FILE = "query_adapter"
"""Inside the index folder: one line of JSON, then the matrix, row by row, as little-endian float32."""

FORMAT = 1
_LONGEST_HEADER_BYTES = 4096
_LARGEST_BYTES = 4 * 8192**2
"""Of a matrix for vectors of 8,192 numbers, which no model here has."""


@dataclass(frozen=True, slots=True, eq=False)
class QueryAdapter:
    """``matrix`` maps a question's vector, shape ``(dimension, dimension)``; it is made for one model's vectors."""

    model: str
    weights: str
    matrix: NDArray[np.float32]

    def apply(self, vector: Vector) -> Vector:
        """The mapped vector, of length 1; the vector itself where nothing is left of it."""
        mapped = self.matrix @ vector
        length = float(np.linalg.norm(mapped))
        return (mapped / length).astype(np.float32) if np.isfinite(length) and length > 0 else vector

    def fits(self, identity: EmbedderIdentity) -> bool:
        """Whether it was made for the vectors of this model."""
        return (self.model, self.weights, len(self.matrix)) == (identity.name, identity.weights, identity.dimension)


def learn_adapter(
    questions: Matrix, passages: Matrix, *, strength: float, identity: EmbedderIdentity, weights: Sequence[float] = ()
) -> QueryAdapter:
    """The matrix that brings questions to their evidence, held to the identity: ridge regression in closed form.

    Minimises ``sum |M q - p|^2 + strength * |M - I|^2`` (Frobenius).

    Args:
        questions: One vector a row.
        passages: Of the evidence of each, of length 1.
        strength: How firmly the identity holds, in questions: with far fewer questions little changes.
        identity: The model's.
        weights: What each pair counts; 1 each where none are given.

    Source: Hoerl & Kennard, Ridge regression, Technometrics 12(1), 1970, shrunk to the identity instead of zero.
    """
    asked = questions.astype(np.float64)
    weighted = asked if not len(weights) else asked * np.asarray(weights, dtype=np.float64)[:, None]
    eye = np.eye(asked.shape[1])
    left = weighted.T @ asked + strength * eye
    right = weighted.T @ passages.astype(np.float64) + strength * eye
    matrix = np.linalg.solve(left, right).T
    return QueryAdapter(identity.name, identity.weights, np.ascontiguousarray(matrix, dtype=np.float32))


def write_adapter(adapter: QueryAdapter, path: Path) -> None:
    """Write it, whole or not at all.

    Raises:
        AdapterUnusable: The file cannot be written.
    """
    body = adapter.matrix.astype("<f4").tobytes()
    header = {
        "format": FORMAT,
        "model": adapter.model,
        "weights": adapter.weights,
        "dimension": len(adapter.matrix),
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        unfinished.unlink(missing_ok=True)  # of a killed run, or put there: its rights would stay
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # it knows what was asked
        with open(descriptor, "wb") as file:  # noqa: PTH123  # a descriptor has no Path
            file.write(json.dumps(header).encode() + b"\n" + body)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise AdapterUnusable(path=str(path), reason=error.strerror or type(error).__name__) from error


def read_adapter(path: Path) -> QueryAdapter:
    """The adapter of a file.

    Raises:
        AdapterUnusable: It cannot be read, or is not what was written.
    """
    try:
        with path.open("rb") as file:
            first, body = file.readline(_LONGEST_HEADER_BYTES), file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        raise AdapterUnusable(path=str(path), reason=error.strerror or type(error).__name__) from error
    if len(body) > _LARGEST_BYTES:
        raise AdapterUnusable(path=str(path), reason="it is larger than any query adapter")
    try:
        header = json.loads(first)
        dimension, model, weights = int(header["dimension"]), str(header["model"]), str(header["weights"])
        known = (header["format"], header["sha256"]) == (FORMAT, hashlib.sha256(body).hexdigest())
        matrix = np.frombuffer(body, dtype="<f4").reshape(dimension, dimension).astype(np.float32)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise AdapterUnusable(path=str(path), reason="it is not a query adapter") from error
    if not known or not np.isfinite(matrix).all():
        raise AdapterUnusable(path=str(path), reason="it does not match its own checksum")
    return QueryAdapter(model, weights, matrix)


def open_adapter(index: Path, settings: AdapterSettings, identity: EmbedderIdentity) -> QueryAdapter | None:
    """The adapter that ``settings`` name, or that lies in the folder ``index``; None where there is none to be used.

    One that was made for another model says nothing of this one's vectors, and is passed over.

    Raises:
        AdapterUnusable: It is damaged, or one that is named is not there.
    """
    if not settings.enabled or (settings.file is None and not (index / FILE).is_file()):
        return None
    adapter = read_adapter(settings.file or index / FILE)
    return adapter if adapter.fits(identity) else None
