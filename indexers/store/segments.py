"""Sealed sets of vectors as FAISS files: immutable, named by the sha256 of their bytes, a cache over the catalogue.

The one module that knows faiss. A segment is built, written, and from then on only searched: adding to an index that
another thread searches crashes the process. FAISS files have no checksums of their own, so the name is one.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from indexers.errors import StoreDamaged, StoreError
from indexers.store.connection import sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from indexers.embed import Matrix, Vector

TIE = 1e-5
"""Scores this close may be equal: float32 sums of 384 products differ by less than 1e-6 with the order of adding."""

UNFINISHED = ".unfinished"


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """One sealed set. ``rows`` are the catalogue's chunk rows, ascending; positions count along them."""

    name: str
    rows: NDArray[np.int64]
    index: Any

    def nearest(self, query: Vector, *, limit: int, allowed: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The positions of the ``limit`` best allowed vectors and of all that may tie with the last; unordered."""
        faiss = _faiss()
        selector = faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
        parameters = None if allowed.all() else faiss.SearchParameters(sel=selector)
        wanted = min(limit + 1, len(self.rows))
        scores, positions = self.index.search(query[None, :], wanted, params=parameters)
        if wanted <= limit or positions[0, limit] < 0 or scores[0, limit] < scores[0, limit - 1] - TIE:
            found = np.asarray(positions[0, :limit], dtype=np.int64)
            return found[found >= 0]
        # Copies of one text tie at the cut, and the heap keeps any of them: take all, so that the order can be kept.
        _, _, tied = self.index.range_search(query[None, :], float(scores[0, limit - 1]) - TIE, params=parameters)
        return np.asarray(tied, dtype=np.int64)

    def vectors(self, positions: NDArray[np.int64]) -> Matrix:
        """The stored vectors at ``positions``, float32."""
        return np.asarray(self.index.reconstruct_batch(positions), dtype=np.float32)


def build_segment(rows: NDArray[np.int64], vectors: NDArray[np.float16]) -> bytes:
    """The bytes of a segment: fp16 rows scored exactly by inner product, under the catalogue's row numbers."""
    faiss = _faiss()
    exact = faiss.IndexScalarQuantizer(vectors.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    numbered = faiss.IndexIDMap2(exact)
    full = vectors.astype(np.float32)
    numbered.train(full)
    numbered.add_with_ids(full, rows)
    return bytes(faiss.serialize_index(numbered).tobytes())


def write_segment(folder: Path, data: bytes) -> str:
    """Write and name a segment; when this returns, file and name survive a power cut.

    ``faiss.write_index`` truncates in place, does not fsync, and can report success on a full disk.

    Raises:
        StoreError: The disk is full or not writable; no named file is left behind.
    """
    name = hashlib.sha256(data).hexdigest()
    unfinished = folder / (name + UNFINISHED)
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(folder / name)
        sync_folder(folder)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise StoreError(f"a segment cannot be written to {folder}: {error.strerror}") from error
    return name


def read_segment(folder: Path, name: str, *, dimension: int) -> Segment:
    """Open a segment after checking that its bytes are the ones that were written.

    Raises:
        StoreDamaged: The file is missing, unreadable, not what its name says, or holds another dimension.
    """
    try:
        data = (folder / name).read_bytes()
    except OSError as error:
        raise StoreDamaged(f"segment {name[:12]} cannot be read: {error.strerror}") from error
    if hashlib.sha256(data).hexdigest() != name:
        raise StoreDamaged(f"segment {name[:12]} does not match its checksum")
    return _parse(name, data, dimension)


def _parse(name: str, data: bytes, dimension: int) -> Segment:
    faiss = _faiss()
    try:
        numbered = faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8))
        rows = np.asarray(faiss.vector_to_array(numbered.id_map), dtype=np.int64)
        exact = faiss.downcast_index(numbered.index)
        # `exact` points into `numbered`, which must therefore live as long.
        exact.referenced_objects = [numbered]
    except (RuntimeError, AttributeError) as error:
        raise StoreDamaged(f"segment {name[:12]} is not a FAISS file of this version") from error
    if exact.d != dimension or exact.ntotal != len(rows):
        raise StoreDamaged(f"segment {name[:12]} holds {exact.d} dimensions, the index has {dimension}")
    return Segment(name, rows, exact)


def remove_unnamed(folder: Path, named: Iterable[str]) -> None:
    """Remove the files that no catalogue row names: what a killed writer left, and folded segments."""
    keep = set(named)
    for path in folder.iterdir():
        if path.name not in keep and (path.is_symlink() or path.is_file()):
            path.unlink(missing_ok=True)


def _faiss() -> Any:  # noqa: ANN401  a library whose stubs do not fit it
    """The library, imported where it is first needed; its stubs do not know its own Python wrappers."""
    import faiss

    return faiss
