"""The labelled sets, what each may be used for, and the features of their claims."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evals.verifier.labelled import load_labelled
from rag.verify.evidence import Evidence, Sentence
from rag.verify.features import NAMES, features

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from evals.verifier.labelled import Labelled

SUMMEDITS = tuple(
    f"summedits_{domain}"
    for domain in ("ectsum", "news", "podcast", "qmsumm", "sales_call", "sales_email", "samsum", "scitldr")
)
BEGIN = "begin"
TRAINED_ON = (*SUMMEDITS, BEGIN)
NEVER_TRAINED_ON = ("wice_dev", "scifact", "healthver")
"""WiCE so that everyone can check what ships on it; the other two because of their licences."""

LICENCES = {**dict.fromkeys(SUMMEDITS, "Apache-2.0"), BEGIN: "CC BY 4.0 / CDLA-Sharing-1.0"}
FAMILIES = dict.fromkeys(SUMMEDITS, "summedits")


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Labelled claims and their features, a row each; ``cosines`` are of the claim and the sentence most like it."""

    cases: tuple[Labelled, ...]
    rows: NDArray[np.float64]
    labels: NDArray[np.bool_]
    sets: NDArray[np.str_]
    groups: NDArray[np.str_]
    cosines: NDArray[np.float64]

    def only(self, which: NDArray[np.bool_]) -> Table:
        """The rows that are flagged."""
        cases = tuple(case for case, kept in zip(self.cases, which.tolist(), strict=True) if kept)
        return Table(
            cases, self.rows[which], self.labels[which], self.sets[which], self.groups[which], self.cosines[which]
        )


def read_table(folder: Path, names: Sequence[str]) -> Table:
    """The sets ``FOLDER/NAME.jsonl`` in the order of ``names``.

    Raises:
        LabelError: A file cannot be read.
    """
    read = {name: load_labelled(folder / f"{name}.jsonl")[0] for name in names}
    cases = [case for name in names for case in read[name]]
    rows = np.array([list(found) for found in _features(cases)])
    return Table(
        cases=tuple(cases),
        rows=rows.reshape(len(cases), len(NAMES)),
        labels=np.array([case.supported for case in cases], dtype=np.bool_),
        sets=np.array([name for name in names for _ in read[name]]),
        groups=np.array([f"{name} {case.group}" for name in names for case in read[name]]),
        cosines=np.zeros(len(cases)),
    )


def _features(cases: Sequence[Labelled]) -> list[list[float]]:
    found = []
    evidence = Evidence.of([])
    for case in cases:
        if case.context != evidence.texts:  # claims about one text follow each other
            evidence = Evidence.of(case.context)
        found.append(list(features(Sentence(case.claim), evidence).values()))
    return found
