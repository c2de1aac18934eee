"""The verifier's scorer on claims that it was not trained on: ``python -m benchmarks.verifier --corpus FOLDER``.

FOLDER holds the sets as ``NAME.jsonl``. Balanced accuracy is at 0.5, fixed beforehand; intervals are 95%, by bootstrap
over groups of claims. Beside the scorer, trained in the same folds: token overlap, the cosine of the bundled model with
the best sentence, and a plain lexical regression. The figures are kept in benchmarks/out/verifier.json.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path

from benchmarks.verifier.protocols import told, trials
from benchmarks.verifier.sets import NEVER_TRAINED_ON, TRAINED_ON, read_table
from benchmarks.verifier.systems import SYSTEMS, best_cosines
from indexers.minilm import MiniLM

OUT = Path(__file__).resolve().parents[1] / "out" / "verifier.json"


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, help="the folder with the sets")
    parser.add_argument("--without-cosine", action="store_true", help="spare embedding the texts, which takes minutes")
    arguments = parser.parse_args()
    table = read_table(arguments.corpus, (*TRAINED_ON, *NEVER_TRAINED_ON))
    systems = [system for system in SYSTEMS if not (arguments.without_cosine and system.name == "MiniLM cosine")]
    if not arguments.without_cosine:
        cosines = best_cosines([case.context for case in table.cases], [case.claim for case in table.cases], MiniLM())
        table = dataclasses.replace(table, cosines=cosines)
    print(f"{'protocol':17} {'set':10} {'system':17} {'n':>5}  {'balanced acc.':14}  {'AUROC':14}  ECE")
    kept = []
    for system in systems:
        for trial in trials(table, system):
            figures = trial.figures()
            n = sum(len(scores) for _, scores in trial.parts)
            place = f"{trial.protocol:17} {trial.name:10} {system.name:17} {n:5}"
            print(place, "", "  ".join(f"{told(figure):14}" for figure in figures.values()), flush=True)
            kept.append({"protocol": trial.protocol, "set": trial.name, "system": system.name, "n": n, **figures})
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(kept, indent=1, allow_nan=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
