"""Train the verifier's scorer: ``python -m benchmarks.verifier.train --corpus FOLDER [--out rag/verify/scorer.json]``.

FOLDER holds the sets as ``NAME.jsonl``. The same sets give the same bytes. Figures are measured by `python -m
benchmarks.verifier`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.verifier.fit import fit, importance
from benchmarks.verifier.sets import FAMILIES, LICENCES, TRAINED_ON, read_table
from rag.verify.features import NAMES, SPEAKS_AGAINST, SUPPORTS
from rag.verify.scorer import FORMAT

if TYPE_CHECKING:
    from benchmarks.verifier.fit import Fitted
    from benchmarks.verifier.sets import Table

LOOSENESS = 25.0
PLACES = 6
SIGNS = [1 if name in SUPPORTS else -1 if name in SPEAKS_AGAINST else 0 for name in NAMES]


def trained(table: Table) -> Fitted:
    """A scorer of these rows."""
    weights = importance(table.sets.tolist(), table.labels, FAMILIES)
    return fit(table.rows, table.labels, weights, SIGNS, looseness=LOOSENESS)


def scorer_json(fitted: Fitted, record: dict[str, Any]) -> str:
    """What ships."""
    columns = zip(NAMES, fitted.centres.tolist(), fitted.spreads.tolist(), fitted.weights.tolist(), strict=True)
    rows = [
        {"name": name, "centre": round(centre, PLACES), "spread": round(spread, PLACES), "weight": _rounded(weight)}
        for name, centre, spread, weight in columns
    ]
    content = {"format": FORMAT, "offset": _rounded(fitted.offset), "features": rows, "record": record}
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def record(folder: Path, table: Table) -> dict[str, Any]:
    """What the coefficients were trained on, and how."""
    sets = {}
    for name in TRAINED_ON:
        here = table.sets == name
        digest = hashlib.sha256((folder / f"{name}.jsonl").read_bytes()).hexdigest()
        sets[name] = {
            "lines": int(here.sum()),
            "supported": int(table.labels[here].sum()),
            "groups": len(set(table.groups[here].tolist())),
            "licence": LICENCES[name],
            "sha256": digest,
        }
    return {
        "command": "python -m benchmarks.verifier.train --corpus FOLDER",
        "method": "logistic regression with an L2 penalty and weights of known sign; sets and labels count alike",
        "looseness": LOOSENESS,
        "random": "nothing is drawn",
        "sets": sets,
    }


def main() -> None:
    """Train, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, help="the folder with the sets")
    parser.add_argument("--out", type=Path, default=Path("rag/verify/scorer.json"))
    arguments = parser.parse_args()
    table = read_table(arguments.corpus, TRAINED_ON)
    content = scorer_json(trained(table), record(arguments.corpus, table))
    arguments.out.write_text(content, encoding="utf-8")
    print(f"{arguments.out}: {len(table.cases)} claims, sha256 {hashlib.sha256(content.encode()).hexdigest()[:12]}")


def _rounded(value: float) -> float:
    return round(value, PLACES) + 0.0  # no -0.0


if __name__ == "__main__":
    main()
