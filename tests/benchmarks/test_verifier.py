"""Training the scorer: signs are kept, sets and labels count alike, the same sets give the same bytes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.verifier import train
from benchmarks.verifier.fit import fit, importance
from benchmarks.verifier.sets import TRAINED_ON, read_table
from rag.verify.scorer import read_scorer


def test_a_weight_never_takes_the_sign_that_it_may_not_have() -> None:
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(400, 3))
    labels = rows @ np.array([1.5, -1.0, 1.0]) > 0
    free = fit(rows, labels, np.ones(400), [0, 0, 0], looseness=100.0)
    bound = fit(rows, labels, np.ones(400), [1, 1, -1], looseness=100.0)
    assert (np.sign(free.weights) == [1, -1, 1]).all()
    assert bound.weights[0] > 0
    assert bound.weights[1:].tolist() == [0.0, 0.0]


def test_sets_and_labels_weigh_alike_however_many_lines_they_have() -> None:
    sets = ["a"] * 3 + ["b1"] * 2 + ["b2"] * 4
    labels = np.array([True, False, False, True, False, True, True, True, False])
    weights = importance(sets, labels, {"b1": "b", "b2": "b"})
    named = np.array(sets)
    assert weights[named == "a"].sum() == pytest.approx(weights[named != "a"].sum())
    assert weights[named == "b1"].sum() == pytest.approx(weights[named == "b2"].sum())
    assert weights[labels].sum() == pytest.approx(weights[~labels].sum())


def test_training_twice_gives_the_same_bytes_and_a_scorer_that_can_be_read(tmp_path: Path) -> None:
    for at, name in enumerate(TRAINED_ON):
        lines = [
            {
                "context": f"The mill {at} grinds {corn} at dawn.",
                "claim": f"The mill {at} grinds {said}.",
                "label": label,
            }
            for corn in ("rye", "oats", "spelt")
            for said, label in ((corn, 1), ("coffee beans", 0))
        ]
        content = "".join(json.dumps({**line, "set": name, "group": str(n)}) + "\n" for n, line in enumerate(lines))
        (tmp_path / f"{name}.jsonl").write_text(content, encoding="utf-8")
    table = read_table(tmp_path, TRAINED_ON)
    first, second = (train.scorer_json(train.trained(table), train.record(tmp_path, table)) for _ in range(2))
    assert first == second
    scorer = read_scorer(first.encode())
    right, wrong = (dict(zip(scorer.names, table.rows[at].tolist(), strict=True)) for at in (0, 1))
    assert scorer.probability_of(right) > 0.5 > scorer.probability_of(wrong)
