"""Learn the projection of a model's token vectors that `indexers/late` ships, and write it with its record.

``python -m benchmarks.projection --corpus FOLDER [--corpus FOLDER ...] [--dimensions 192] [--write]``: a FOLDER holds
``corpus.jsonl`` (BEIR's format) or Markdown pages. Only texts whose licence allows it may teach what ships. Prints how
much of the vectors' energy is kept; ``--write`` puts ``minilm.npy`` and ``minilm.json`` in their place.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from indexers.engines.bert import build_bert
from indexers.engines.folder import read_folder
from indexers.engines.processor import ProcessorEngine
from indexers.minilm import WEIGHTS_SHA256, minilm_folder
from indexers.sentence_model import SentenceModel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

PLACE = Path(__file__).resolve().parent.parent / "indexers" / "late"
PASSAGE_CHARS = 900
"""About what a chunk holds."""

BATCH_TEXTS = 64
SEED = 20_260


def main() -> None:
    """Learn from the corpora that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, action="append", required=True)
    parser.add_argument("--dimensions", type=int, default=192)
    parser.add_argument("--passages", type=int, default=1200, help="the most of each corpus")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    chance = np.random.default_rng(SEED)
    taught = {folder.name: _passages(folder, arguments.passages, chance) for folder in arguments.corpus}
    moments, counted = _second_moments([text for texts in taught.values() for text in texts])
    projection, kept = _projection(moments / counted, arguments.dimensions, chance)
    print(f"{counted} token vectors; {arguments.dimensions} dimensions keep {kept:.3f} of their energy")
    if arguments.write:
        np.save(PLACE / "minilm.npy", projection.astype(np.float16))
        record = {
            "model": "all-MiniLM-L6-v2",
            "weights": WEIGHTS_SHA256,
            "learned_from": {name: len(texts) for name, texts in taught.items()},
            "token_vectors": counted,
            "dimensions": arguments.dimensions,
            "energy_kept": round(kept, 4),
            "sha256": hashlib.sha256((PLACE / "minilm.npy").read_bytes()).hexdigest(),
            "made_by": "python -m benchmarks.projection --corpus clapnq_dev --corpus handbook --write",
        }
        (PLACE / "minilm.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def _passages(folder: Path, most: int, chance: np.random.Generator) -> list[str]:
    texts = [text for text in _texts(folder) if text.strip()]
    chosen = chance.choice(len(texts), min(most, len(texts)), replace=False)
    passages = []
    for at in chosen.tolist():
        first = int(chance.integers(0, max(1, len(texts[at]) - PASSAGE_CHARS)))
        passages.append(texts[at][first : first + PASSAGE_CHARS])
    return passages


def _texts(folder: Path) -> Iterator[str]:
    if (folder / "corpus.jsonl").is_file():
        for line in (folder / "corpus.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            yield f"{row.get('title', '')}\n{row['text']}"
        return
    for path in sorted(folder.rglob("*.md")):
        yield path.read_text(encoding="utf-8")


def _second_moments(texts: list[str]) -> tuple[NDArray[np.float64], int]:
    """The mean outer product, times the count, of unit token vectors without the special ones."""
    model, weights = SentenceModel(minilm_folder(), name="minilm"), read_folder(minilm_folder())
    if weights.shape is None:
        raise SystemExit("the bundled model is no BERT")
    graph = build_bert(weights.shape, weights.weights().__getitem__, projection=np.eye(384, dtype=np.float32))
    engine = ProcessorEngine(graph, precision="f32")
    moments, counted = np.zeros((384, 384)), 0
    for first in range(0, len(texts), BATCH_TEXTS):
        for ids in model.piece_ids(texts[first : first + BATCH_TEXTS]):
            tokens = engine.vector_and_tokens(ids)[1][1:-1].astype(np.float64)
            moments += tokens.T @ tokens
            counted += len(tokens)
    return moments, counted


def _projection(
    moments: NDArray[np.float64], dimensions: int, chance: np.random.Generator
) -> tuple[NDArray[np.float64], float]:
    """The leading directions, then turned at random among themselves so that each has about the same spread."""
    energies, directions = np.linalg.eigh(moments)
    leading = directions[:, ::-1][:, :dimensions]
    turn, upper = np.linalg.qr(chance.standard_normal((dimensions, dimensions)))
    return leading @ (turn * np.sign(np.diag(upper))), float(energies[::-1][:dimensions].sum() / energies.sum())


if __name__ == "__main__":
    main()
