"""The weights of a model: safetensors files, mapped into memory and never copied where they are float32 already.

Source: https://huggingface.co/docs/safetensors (eight bytes of length, a JSON header, the tensors).
"""

from __future__ import annotations

import hashlib
import json
import mmap
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from indexers.errors import EmbedError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

MOST_HEADER_BYTES = 100_000_000
"""The format's own limit."""

KINDS: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "BF16": np.dtype("<u2")}


class Weights:
    """The tensors of one or more safetensors files, by name; the name of the whole (``bert.``) is left off.

    The library of that name copies every tensor that numpy is given: 90 MB and 0.1 s before anything is embedded.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        """Map the files.

        Raises:
            EmbedError: A file is missing, or is no safetensors file.
        """
        self._maps: list[mmap.mmap] = []
        self._tensors: dict[str, tuple[mmap.mmap, int, dict[str, Any]]] = {}
        for path in paths:
            try:
                with path.open("rb") as file:
                    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)  # OpenVINO asks for writable memory
                self._add(mapped)
            except (OSError, ValueError, KeyError, TypeError, struct.error) as error:
                raise EmbedError(f"{path} cannot be read as safetensors: {error}") from error

    def sha256(self) -> str:
        """Of the files' bytes, one after the other (hex)."""
        digest = hashlib.sha256()
        for mapped in self._maps:
            digest.update(mapped)
        return digest.hexdigest()

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        """The tensor as float32.

        Raises:
            KeyError: There is none of that name, or its numbers are of another kind.
        """
        mapped, start, facts = self._tensors[name]
        begin, end = facts["data_offsets"]
        kind = KINDS[facts["dtype"]]
        flat = np.frombuffer(mapped, dtype=kind, count=(end - begin) // kind.itemsize, offset=start + begin)
        if facts["dtype"] == "BF16":
            flat = (flat.astype("<u4") << 16).view("<f4")
        tensor: NDArray[np.float32] = flat.astype(np.float32, copy=False).reshape(facts["shape"])
        return tensor

    def _add(self, mapped: mmap.mmap) -> None:
        (length,) = struct.unpack("<Q", mapped[:8])
        if length > min(MOST_HEADER_BYTES, len(mapped) - 8):
            raise ValueError("its header is longer than the file")
        header = json.loads(mapped[8 : 8 + length])
        header.pop("__metadata__", None)
        self._maps.append(mapped)
        for name, facts in header.items():
            begin, end = facts["data_offsets"]
            if 8 + length + end > len(mapped):
                raise ValueError(f"it ends before {name}")
            if not 0 <= begin <= end:
                raise ValueError(f"{name} ends before it begins")
            self._tensors[name.removeprefix("bert.").removeprefix("roberta.")] = (mapped, 8 + length, facts)
