"""Every measure as two sums over cases, so that cases can be drawn anew or exchanged between two runs.

A mean is the sum of the values over the number of cases that have one; abstention precision, recall and F1 are ratios
of counts. Both are `sum(above) / sum(below)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evals.outcome import ABSTAINED, NOT_MEASURABLE, Gap
from evals.scores import ABSTENTION, NOT_AN_ANSWER_AS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from evals.outcome import Outcome
    from evals.scores import Outcomes, Said

Part = tuple[float, float]
"""What a case adds above and below the line; (0, 0) where the measure has no value of it."""


def part_of(name: str, scores: Outcomes, said: Said) -> Part:
    """What one case adds to a measure, as `evals.scores.measure` counts it."""
    if name in ABSTENTION:
        return _detection(name, said)
    value: Outcome = scores.get(name, NOT_MEASURABLE)
    if value is ABSTAINED and name in NOT_AN_ANSWER_AS:
        return NOT_AN_ANSWER_AS[name], 1.0
    return (0.0, 0.0) if isinstance(value, Gap) else (value, 1.0)


def parts_of(name: str, scores: Sequence[Outcomes], said: Sequence[Said]) -> NDArray[np.float64]:
    """Shape ``(cases, 2)``: above and below the line."""
    rows = [part_of(name, one, who) for one, who in zip(scores, said, strict=True)]
    return np.asarray(rows, dtype=np.float64).reshape(len(rows), 2)


def _detection(name: str, said: Said) -> Part:
    due, did = float(not said.answerable), float(said.abstained)
    right = due * did
    return {
        "abstention_precision": (right, did),
        "abstention_recall": (right, due),
        "abstention_f1": (2 * right, due + did),
    }[name]
