"""Run a graph on this machine's processor with OpenVINO, in bfloat16 where the processor has instructions for it."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import sys
import threading
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import numpy as np

from indexers.errors import EmbedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import openvino as ov
    from numpy.typing import NDArray

    from indexers.embed import Matrix

PAD_TO = 16
"""Lengths are rounded up to a multiple of this: few shapes to prepare, 4% of padding on chunks."""

BATCH_TOKENS = 2048
"""Tokens that are embedded at once, padding included: what stays in a core's second cache."""

BF16_FLAGS = {"amx_bf16", "avx512_bf16"}

MOST_STREAMS = 8
"""Batches under way at once; on more cores than this several work on one batch."""

MOST_QUESTION_CORES = 4
"""What works on one short text; its layers are too small to be shared out further."""

Ids = list[int]

TakeTokens = Callable[[list[int], "NDArray[np.float32]"], None]
"""Is given the places of some texts and their tokens' vectors ``(n, length, narrow)``, which stay valid for the call.

Called from the engine's threads, several at a time.
"""


def load_library() -> None:
    """Import OpenVINO without its telemetry: that writes under HOME and calls a server each time it is imported.

    Its own code does without the package where importing it fails, which is what None among the modules means.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # documented, but not typed
    import openvino  # noqa: F401  # for its effect


class ProcessorEngine:
    """A compiled graph; safe to call from several threads. A question waits for one batch of another thread at most.

    A row is padded by its own length alone and the padding is masked, so no vector depends on the texts beside it.
    """

    def __init__(self, model: ov.Model, *, precision: str | None = None) -> None:
        """Compile ``model`` (see `indexers.engines.bert`).

        Args:
            model: Token ids and mask to vectors.
            precision: ``f32`` or ``bf16``; None takes what the processor computes fastest without losing accuracy.

        Raises:
            EmbedError: The graph cannot be compiled here.
        """
        load_library()
        self._model, self._cores = model, usable_cores()
        self._precision = precision or fastest_precision()
        one = self._compile(streams=1, cores=min(self._cores, MOST_QUESTION_CORES))
        with _told():
            self._one = one.create_infer_request()
        self._compiled = one
        self._one_lock, self._many_lock = threading.Lock(), threading.Lock()
        self._dimension = int(one.output(0).get_partial_shape()[1].get_length())

    def _compile(self, *, streams: int, cores: int) -> ov.CompiledModel:
        import openvino as ov

        wanted: dict[str, Any] = {"NUM_STREAMS": streams, "INFERENCE_NUM_THREADS": cores}
        if self._precision:
            wanted["INFERENCE_PRECISION_HINT"] = self._precision
        with _told():
            return ov.Core().compile_model(self._model, "CPU", wanted)

    @functools.cached_property
    def _many(self) -> ov.AsyncInferQueue:
        """Compiled apart, when there is first much to embed: a question has all cores, of many texts each has one."""
        import openvino as ov

        streams = min(self._cores, MOST_STREAMS)
        return ov.AsyncInferQueue(self._compile(streams=streams, cores=self._cores), streams)

    @property
    def precision(self) -> str:
        """What the layers are computed in: ``bf16``, ``f16`` or ``f32``."""
        return str(self._compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name())

    def vector(self, ids: Ids) -> NDArray[np.float32]:
        """The vector of one text, shape ``(dimension,)``."""
        with self._one_lock, _told():
            self._one.infer(_padded([ids]))
            return np.array(self._one.get_output_tensor(0).data[0], dtype=np.float32)

    def vector_and_tokens(self, ids: Ids) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The vector of one text and those of its tokens, shape ``(len(ids), narrow)``; needs a projection."""
        with self._one_lock, _told():
            self._one.infer(_padded([ids]))
            vector, tokens = (self._one.get_output_tensor(output).data[0] for output in (0, 1))
            return np.array(vector, dtype=np.float32), np.array(tokens[: len(ids)], dtype=np.float32)

    def vectors(
        self,
        texts: Sequence[Ids],
        *,
        progress: Callable[[int], None] | None = None,
        take_tokens: TakeTokens | None = None,
    ) -> Matrix:
        """One row a text, shape ``(n, dimension)``.

        Args:
            texts: Their tokens' ids.
            progress: Told of texts as they are done.
            take_tokens: Given the vectors of the tokens; needs a projection. An error in it is raised here.
        """
        rows = np.empty((len(texts), self._dimension), dtype=np.float32)
        finished: SimpleQueue[int] = SimpleQueue()
        failed: SimpleQueue[Exception] = SimpleQueue()

        def take(request: ov.InferRequest, batch: list[int]) -> None:
            rows[batch] = request.get_output_tensor(0).data
            if take_tokens:
                try:
                    take_tokens(batch, request.get_output_tensor(1).data)
                except Exception as error:  # noqa: BLE001  # raised below: through the library it would end the process
                    failed.put(error)
            finished.put(len(batch))

        def tell() -> None:  # in the caller's thread, where its progress may raise
            while not finished.empty():
                count = finished.get()
                if progress:
                    progress(count)

        with self._many_lock:
            self._many.set_callback(take)
            try:
                for batch in _batches([len(ids) for ids in texts]):
                    with _told():
                        self._many.start_async(_padded([texts[at] for at in batch]), batch)
                    tell()
            finally:
                with _told():
                    self._many.wait_all()
        tell()
        if not failed.empty():
            raise failed.get()
        return rows


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """What the library says on many lines becomes an `EmbedError` of one."""
    try:
        yield
    except RuntimeError as error:
        raise EmbedError(f"OpenVINO cannot run the model here: {' '.join(str(error).split())[-300:]}") from error


def fastest_precision(cpu_facts: Path = Path("/proc/cpuinfo")) -> str | None:
    """``bf16`` where the processor multiplies it natively, else ``f32``; None where it does not say: the library's own.

    Emulating bfloat16, which OpenVINO also offers, is slower than float32.
    """
    try:
        found = re.search(r"^flags\s*:(.*)$", cpu_facts.read_text(encoding="ascii", errors="replace"), re.MULTILINE)
    except OSError:
        return None
    if found is None:  # no x86
        return None
    return "bf16" if BF16_FLAGS & set(found[1].split()) else "f32"


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Positions of texts of the same padded length, the longest first; at most `BATCH_TOKENS` of them at once."""
    alike: dict[int, list[int]] = defaultdict(list)
    for at, length in enumerate(lengths):
        alike[_rounded(length)].append(at)
    for length in sorted(alike, reverse=True):
        most = max(1, BATCH_TOKENS // length)
        for at in range(0, len(alike[length]), most):
            yield alike[length][at : at + most]


def _rounded(length: int) -> int:
    return -(-length // PAD_TO) * PAD_TO


def _padded(texts: Sequence[Ids]) -> dict[int, NDArray[np.int32]]:
    shape = (len(texts), _rounded(max(map(len, texts))))
    ids, mask = np.zeros(shape, dtype=np.int32), np.zeros(shape, dtype=np.int32)
    for row, text in enumerate(texts):
        ids[row, : len(text)] = text
        mask[row, : len(text)] = 1
    return {0: ids, 1: mask}


def usable_cores(quota: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """The cores that this process may use: a container sees all of the machine's, and is given the time of a few."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        time, _, period = quota.read_text(encoding="ascii").partition(" ")
        return max(1, min(allowed, -(-int(time) // int(period))))
    except (OSError, ValueError, ZeroDivisionError):  # no such file, or "max"
        return allowed
