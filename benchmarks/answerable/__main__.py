"""Whether a question is answered, beside baselines, on questions that the coefficients have not seen.

``python -m benchmarks.answerable --corpus FOLDER``: FOLDER holds ``faithfulness/``, ``retrieval/clapnq_dev``,
``retrieval/xquad_en`` and ``handbook/``. Sets that teach what ships are measured by coefficients fitted without the
question's group (ten folds, three draws), and once more by coefficients fitted without the whole set; ``xquad_en``
teaches nothing and is measured as it ships. Of ``mtragun`` 71 questions come with nothing at all, which any system
tells apart: the set is shown with and without them. Raw scores go to benchmarks/out/answerable.jsonl.
"""

from __future__ import annotations

import argparse
import json
import statistics
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.answerable.sets import windows
from benchmarks.answerable.training import decided, held_out, look, matrix, names_of, trained, training_sets
from evals.outcome import Gap
from evals.verifier.detection import detect
from indexers.minilm import MiniLM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.answerable.training import Looked
    from evals.outcome import Outcome
    from evals.verifier.detection import Detection

OUT = Path(__file__).resolve().parent.parent / "out"
THRESHOLD = 0.5
"""Fixed before any set was opened: probabilities are balanced."""

BASELINES = {
    "cosine of the passage": "cosine",
    "best sentence's cosine": "sentence",
    "least matched word": "late_least",
}
FAMILY = {"clapnq_dev": "clapnq"}


def main() -> None:
    """Measure every set and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.answerable", description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    folder = parser.parse_args().corpus
    encoder = MiniLM(precision="f32")
    looked = look(training_sets(folder), encoder)
    unseen = look(windows(folder / "retrieval" / "xquad_en", every=6), encoder)
    bare = look([one.posed for one in looked], None)
    columns = {
        **{name: _feature(looked, key) for name, key in BASELINES.items()},
        "words alone": held_out(bare).tolist(),
        "other sets alone": _transferred(looked),
        "Plumbline": held_out(looked).tolist(),
    }
    shipped = decided(unseen, trained(looked).probabilities(matrix(unseen, names_of(unseen)))).tolist()
    print("| set | n | answered | " + " | ".join(columns) + " | balanced accuracy at 0.5 | calibration error |")
    print("|" + "---|" * (len(columns) + 5))
    means = []
    for name, rows in _sets(looked).items():
        results = [_detected(looked, scores, rows) for scores in columns.values()]
        print(_row(name, results))
        means += [results[-1].values["auroc"]] if name in {"clapnq", "mtragun"} else []
    never = [*(_feature(unseen, key) for key in BASELINES.values()), None, None, shipped]
    everything = range(len(unseen))
    found = [None if scores is None else _detected(unseen, scores, everything) for scores in never]
    print(_row("xquad_en (never taught)", found))
    print(f"\nmean AUROC of clapnq and mtragun: {statistics.fmean(float(one) for one in means):.3f}")
    _keep(looked, columns["Plumbline"])


def _sets(looked: Sequence[Looked]) -> dict[str, list[int]]:
    names = [one.posed.set for one in looked]
    found = {name: [at for at, one in enumerate(names) if one == name] for name in ("clapnq", "mtragun")}
    found["mtragun, with a passage"] = [at for at in found["mtragun"] if looked[at].features]
    found["handbook headings"] = [at for at, one in enumerate(names) if one == "handbook"]
    return found


def _transferred(looked: Sequence[Looked]) -> list[float]:
    """For each question the probability by coefficients fitted without its set, and without what is made from it."""
    scores = np.zeros(len(looked))
    families = np.array([FAMILY.get(one.posed.set, one.posed.set) for one in looked])
    for family in np.unique(families):
        fitted = trained([one for one, its in zip(looked, families, strict=True) if its != family])
        here = [at for at, its in enumerate(families) if its == family and looked[at].features]
        rows = [looked[at] for at in here]
        scores[here] = decided(rows, fitted.probabilities(matrix(rows, names_of(looked))))
    return scores.tolist()


def _feature(looked: Sequence[Looked], name: str) -> list[float]:
    return [one.features[name] if one.features else -1.0 for one in looked]


def _detected(looked: Sequence[Looked], scores: Sequence[float], rows: Sequence[int]) -> Detection:
    posed = [looked[at].posed for at in rows]
    groups = [one.group for one in posed]
    return detect([scores[at] for at in rows], [one.answered for one in posed], threshold=THRESHOLD, groups=groups)


def _row(name: str, results: Sequence[Detection | None]) -> str:
    last = results[-1]
    if last is None:
        raise ValueError("Plumbline's own column is always measured")
    cells = ["" if one is None else _shown(one.values["auroc"], one.intervals.get("auroc")) for one in results]
    tail = [_shown(last.values[key], last.intervals.get(key)) for key in ("balanced_accuracy", "ece")]
    return "| " + " | ".join([name, str(last.n), str(last.positives), *cells, *tail]) + " |"


def _shown(value: Outcome, ends: tuple[float, float] | None) -> str:
    if isinstance(value, Gap):
        return value.value
    return f"{value:.3f}" + (f" ({ends[0]:.2f} to {ends[1]:.2f})" if ends else "")


def _keep(looked: Sequence[Looked], scores: Sequence[float]) -> None:
    OUT.mkdir(exist_ok=True)
    lines = [
        json.dumps({"set": one.posed.set, "id": one.posed.id, "answered": one.posed.answered, "score": round(score, 6)})
        for one, score in zip(looked, scores, strict=True)
    ]
    (OUT / "answerable.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
