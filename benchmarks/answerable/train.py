"""Train what decides whether a question is answered, and write it with the record of its training.

``python -m benchmarks.answerable.train --corpus FOLDER [--write]``: FOLDER holds ``faithfulness/`` (the two labelled
sets), ``retrieval/clapnq_dev`` and ``handbook/``; no other set is read. Nothing is drawn by chance: the same files give
the same coefficients. ``--write`` puts ``rag/answerable/model.json`` in its place.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.answerable.training import (
    LOOSENESS,
    SHARES,
    look,
    model_json,
    names_of,
    trained,
    training_sets,
)
from indexers.minilm import WEIGHTS_SHA256, MiniLM
from rag.answerable.scorer import MODEL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.answerable.sets import Posed

FILES = (
    "faithfulness/clapnq_answerability.jsonl",
    "faithfulness/mtragun_answerability.jsonl",
    "retrieval/clapnq_dev/corpus.jsonl",
)
LICENCES = {"clapnq": "Apache-2.0", "clapnq_dev": "Apache-2.0", "mtragun": "Apache-2.0", "handbook": "Apache-2.0"}


def main() -> None:
    """Train both models: with an encoder, and by words alone."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.answerable.train", description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    posed = training_sets(arguments.corpus)
    models = {}
    for name, encoder in (("meaning", MiniLM(precision="f32")), ("words", None)):
        looked = look(posed, encoder)
        models[name] = model_json(trained(looked), names_of(looked))
    content = json.dumps({"models": models, "record": record(arguments.corpus, posed)}, indent=1) + "\n"
    print(f"{len(posed)} questions, sha256 {hashlib.sha256(content.encode()).hexdigest()[:12]}")
    if arguments.write:
        MODEL.write_text(content, encoding="utf-8")


def record(folder: Path, posed: Sequence[Posed]) -> dict[str, Any]:
    """What the coefficients were trained on, and how."""
    counted = Counter((one.set, one.answered) for one in posed if one.stretches)
    return {
        "command": "python -m benchmarks.answerable.train --corpus FOLDER --write",
        "method": "logistic regression, L2 penalty, features of known direction may speak only that way",
        "looseness": LOOSENESS,
        "encoder": {"name": "all-MiniLM-L6-v2", "weights": WEIGHTS_SHA256},
        "sets": {
            name: {
                "answered": counted[name, True],
                "not_answered": counted[name, False],
                "share": share,
                "licence": LICENCES[name],
            }
            for name, share in SHARES.items()
        },
        "sha256": {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES},
    }


if __name__ == "__main__":
    main()
